"""The editable install: what is built when a module is imported, with which tools, and what is said meanwhile."""

import fcntl
import importlib.util
import marshal
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 600.0
PYPROJECT = """
[build-system]
build-backend = "smartsat_backend"
backend-path = ["editable"]
requires = []

[project]
name = "smartsat"
version = "1.0"
"""
MESON = """
project('smartsat', version: '1.0')
py = import('python').find_installation()
foreach name : ['one', 'two']
  custom_target(
    input: name + '.in', output: 'part_' + name + '.py', command: ['cp', '@INPUT@', '@OUTPUT@'],
    install: true, install_dir: py.get_install_dir(),
  )
endforeach
"""


class Install:
    """A small project of two modules that are built, and its editable install."""

    def __init__(self, folder):
        self.source, self.site, self.tools = folder / "source", folder / "site", folder / "tools"
        self.source.mkdir()
        shutil.copytree(ROOT / "editable", self.source / "editable")
        for name, text in {"pyproject.toml": PYPROJECT, "meson.build": MESON, "one.in": "X=1", "two.in": "X=2"}.items():
            (self.source / name).write_text(text + "\n")
        self._python(*self.building(folder))
        (wheel,) = folder.glob("*.whl")
        with zipfile.ZipFile(wheel) as file:
            file.extractall(self.site)
        (self.build,) = (self.source / "build").iterdir()
        self.called = self.tools / "called"  # by whoever takes the ninja of the PATH
        self.tools.mkdir()
        ninja = self.tools / "ninja"
        ninja.write_text(f"#!/bin/sh\necho x >> {self.called}\necho 1.11.1\n")
        ninja.chmod(0o755)

    def building(self, folder):
        """The arguments and the environment of a Python that builds the wheel of the editable install in `folder`."""
        code = f"import sys; sys.path[0] = 'editable'; import smartsat_backend as b; b.build_editable({str(folder)!r})"
        path = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        return ["-c", code], dict(os.environ, PATH=path)

    def start(self, folder):
        """Begin to build the wheel of the editable install in `folder`."""
        arguments, environment = self.building(folder)
        return subprocess.Popen(
            [sys.executable, *arguments], cwd=self.source, env=environment, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip

    def importing(self, code):
        """Begin to run `code` in a Python that has nothing but the install."""
        start = f"import site; site.addsitedir({str(self.site)!r}); {code}"
        return subprocess.Popen(
            [sys.executable, "-I", "-S", "-c", start], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def _python(self, arguments, environment):
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.source, env=environment, capture_output=True, text=True,
            timeout=PATIENCE_S, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        return done

    def run(self, code, before=""):
        """Run `code` in a Python that has nothing but the install, with other tools on the PATH."""
        start = f"import site; {before}site.addsitedir({str(self.site)!r}); {code}"
        return self._python(["-I", "-S", "-c", start], {"PATH": f"{self.tools}:/usr/bin:/bin"})

    def times(self):
        """When each module was built last."""
        return [(self.build / f"part_{name}.py").stat().st_mtime_ns for name in ("one", "two")]


@pytest.fixture(scope="module")
def install(tmp_path_factory):
    return Install(tmp_path_factory.mktemp("install"))


def test_a_changed_file_is_built_and_no_other(install):
    before = install.times()
    (install.source / "two.in").write_text("X=3\n")
    assert install.run("import part_two; print(part_two.X)").stdout == "3\n"
    after = install.times()
    assert after[0] == before[0]
    assert after[1] > before[1]


def test_a_changed_build_file_builds_nothing_again_whatever_ninja_is_on_the_path(install):
    install.run("import part_one")
    before = install.times()
    (install.source / "meson.build").write_text(MESON + "# changed\n")
    done = install.run("import part_one; print(part_one.X)")
    assert done.stdout == "1\n"
    assert done.stderr.splitlines()[-1] == "smartsat: meson.build has changed: built again: nothing"
    assert "Regenerating" in (install.build / "meson-logs" / "meson-python-build-log.txt").read_text()
    assert install.times() == before
    assert not install.called.exists()


def test_a_changed_build_file_says_in_one_line_what_it_builds(install):
    command = "name == 'two' ? ['cp', '-f', '@INPUT@', '@OUTPUT@'] : ['cp', '@INPUT@', '@OUTPUT@']"
    (install.source / "meson.build").write_text(MESON.replace("['cp', '@INPUT@', '@OUTPUT@']", command))
    done = install.run("import part_one")
    (install.source / "meson.build").write_text(MESON)
    install.run("import part_one")
    assert done.stderr.splitlines()[-1] == "smartsat: meson.build has changed: built again: part_two.py"
    assert not install.run("import part_one").stderr


def test_the_second_process_waits_for_the_build_of_the_first(install):
    lock = (install.build / "meson-private" / "editable.lock").open("w")
    fcntl.flock(lock, fcntl.LOCK_EX)
    said = []
    first = "import _smartsat_editable as e; e.progress.__wrapped__.__defaults__ = (0.01, 60.0); "
    code = first + "import part_one; print(part_one.X)"
    with subprocess.Popen(
        [sys.executable, "-I", "-S", "-c", f"import site; site.addsitedir({str(install.site)!r}); {code}"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    ) as process:  # fmt: skip
        said.append(process.stderr.readline())  # comes while the lock is held
        assert process.poll() is None
        lock.close()
        out, _ = process.communicate(timeout=PATIENCE_S)
    assert said[0].startswith("smartsat: building what has changed")
    assert (process.returncode, out) == (0, "1\n")


@pytest.fixture
def slow(install):
    """Every build of a changed part takes a while, and fails when another is under way; it imports what it builds."""
    command = (
        "set -e; mkdir @OUTPUT@.busy; trap 'rmdir @OUTPUT@.busy' EXIT; sleep 0.5; cp @INPUT@ @OUTPUT@; "
        f'{sys.executable} -I -S -c \'import site; site.addsitedir("{install.site}")\ntry: import part_one\n'
        "except ModuleNotFoundError: pass'"
    )
    text = MESON.replace("['cp', '@INPUT@', '@OUTPUT@']", "['sh', '-c', " + repr_meson(command) + "]")
    assert text != MESON
    (install.source / "meson.build").write_text(text)
    one = (install.source / "one.in").read_text()
    yield install
    (install.source / "meson.build").write_text(MESON)
    (install.source / "one.in").write_text(one)
    install.run("import part_one")


def repr_meson(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'").replace("\n", "\\n") + "'"


def ended(*processes):
    said = [process.communicate(timeout=PATIENCE_S)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes), "\n".join(said)
    return said


@pytest.mark.parametrize("first", ["install", "import"])
def test_an_install_and_an_import_at_once_build_one_after_the_other(slow, tmp_path, first):
    (slow.source / "one.in").write_text(f"X={first!r}\n")
    starts = {
        "install": lambda: slow.start(tmp_path),
        "import": lambda: slow.importing("import part_one as p; print(p.X)"),
    }
    order = sorted(starts, key=lambda name: name != first)
    running = {name: starts[name]() for name in order}
    ended(running["install"])
    assert ended(running["import"])[0].endswith(f"{first}\n")
    assert len(list(tmp_path.glob("*.whl"))) == 1


def test_two_installs_and_an_import_into_a_new_build_folder_all_succeed(slow, tmp_path):
    shutil.rmtree(slow.build)
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    ended(*map(slow.start, folders))
    assert all(len(list(folder.glob("*.whl"))) == 1 for folder in folders)
    assert ended(slow.importing("import part_two")) is not None


def test_an_install_waits_while_another_process_builds_and_not_for_one_that_was_killed(install, tmp_path):
    path = str(install.build / "meson-private" / "editable.lock")
    code = f"import fcntl; f = open({path!r}, 'w'); fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        process = install.start(tmp_path)
        assert process.stdout.readline().startswith("smartsat: building what has changed")
        assert not list(tmp_path.glob("*.whl"))
        holder.kill()
    ended(process)
    assert list(tmp_path.glob("*.whl"))


def test_a_build_folder_that_cannot_be_made_is_one_line(install, tmp_path):
    (_, code), environment = install.building(tmp_path)
    code = code.replace(")", ", {'build-dir': 'one.in/b'})")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=install.source, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "Not a directory: expected a folder to build in" in done.stderr


def test_a_tree_that_may_not_be_written_is_used_as_it_was_built(install):
    (install.source / "one.in").write_text("X=7\n")
    before = install.times()
    done = install.run("import part_one; print(part_one.X)", "import os; os.access = lambda *_: False; ")
    assert done.stdout == "1\n"
    assert install.times() == before
    install.run("import part_one")


PRINTED = "import part_two; print(part_two.X, part_two.__spec__.loader.get_code('part_two').co_filename)"


def kept_of(install):
    (kept,) = (install.build / "code").glob("part_two.*")
    return kept


def test_what_was_compiled_is_taken_by_the_next_process(install):
    """Shown by code that its text does not make; another text, as long and of the same time, is compiled."""
    (install.source / "two.in").write_text("X=5\n")
    said = install.run(PRINTED).stdout
    assert said == f"5 {install.build / 'part_two.py'}\n"
    kept, part = kept_of(install), install.build / "part_two.py"
    before = kept.stat()
    assert install.run(PRINTED).stdout == said
    assert (kept.stat().st_mtime_ns, kept.stat().st_ino) == (before.st_mtime_ns, before.st_ino)
    code = marshal.dumps(compile("X=6", str(part), "exec"))
    head = kept.read_bytes()[: len(importlib.util.MAGIC_NUMBER) + 8]
    kept.write_bytes(head + code)
    assert install.run(PRINTED).stdout == said.replace("5", "6", 1)
    stat = part.stat()
    part.write_text("X=4\n")
    os.utime(part, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert install.run(PRINTED).stdout == said.replace("5", "4", 1)
    assert [file.name for file in kept.parent.glob("part_two.*")] == [kept.name]


@pytest.mark.parametrize("left", [0, 5, 12, 40])
def test_compiled_code_that_is_not_whole_is_made_again(install, left):
    said = install.run(PRINTED).stdout
    kept = kept_of(install)
    octets = kept.read_bytes()
    kept.write_bytes(octets[:left])
    assert install.run(PRINTED).stdout == said
    assert kept.read_bytes() == octets


def test_a_folder_of_compiled_code_that_may_not_be_written_costs_time_only(install):
    said = install.run(PRINTED).stdout
    shutil.rmtree(install.build / "code")
    (install.build / "code").touch()
    before = "import pathlib; pathlib.Path.mkdir = lambda *_, **__: None; "
    assert install.run(PRINTED, before).stdout == said
    (install.build / "code").unlink()


def test_a_build_folder_that_is_gone_is_one_line(install):
    install.run("import part_one")
    install.build.rename(install.build.with_name("gone"))
    try:
        said = install.run("\ntry: import part_one\nexcept ImportError as error: print(error)").stdout
    finally:
        install.build.with_name("gone").rename(install.build)
    assert said.endswith("no such file: smartsat is not built, run `make environment`\n")
    assert said.count("\n") == 1


def test_the_record_of_the_wheel_is_right(install):
    (wheel,) = install.site.parent.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        names = set(file.namelist())
        (record,) = (name for name in names if name.endswith("/RECORD"))
        rows = [line.split(",") for line in file.read(record).decode().splitlines()]
        assert {row[0] for row in rows} == names
        for name, digest, size in rows:
            assert name == record or (digest.startswith("sha256=") and int(size) == file.getinfo(name).file_size)


REPOSITORY = """
import sys

def test_nothing_of_a_flight_is_imported_for_a_test_that_does_not_fly():
    assert not {"numpy", "matplotlib", "hal", "fsw", "sim", "ground"} & set(sys.modules)

def test_plugin(pytestconfig):
    assert pytestconfig.pluginmanager.has_plugin("smartsat")
"""


@pytest.mark.parametrize(
    "options",
    [
        ["-W", "error", "--strict-config", "--strict-markers"],
        ["-n", "2"],
        ["--assert=plain"],
    ],
    ids=" ".join,
)
def test_a_repository_whose_warnings_are_errors_is_tested(tmp_path, options):
    """PLUG-035: pytest starts with our plugin, says nothing of it, and imports nothing of ours."""
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    (tmp_path / "test_it.py").write_text(REPOSITORY)
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON"))}
    line = [sys.executable, "-m", "pytest", "-q", "-p", "no:hypothesispytest", *options]
    done = subprocess.run(
        line, cwd=tmp_path, env=clean, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    assert "warning" not in (done.stdout + done.stderr).lower()
