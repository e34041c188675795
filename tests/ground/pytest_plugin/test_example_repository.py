"""docs/examples/lantern from a copy outside the tree: its own `sim` folder, both worlds, its failure, its workflow."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from firmware_bindings.images import toolchain

ROOT = Path(__file__).resolve().parents[3]
LANTERN = ROOT / "docs" / "examples" / "lantern"
PATIENCE_S = 600.0
IN_OUR_CI = {  # run lines of the workflow that our own CI runs elsewhere, and where
    "make -C smartsat .venv/.test": ROOT / "Makefile",
    "sudo apt-get update && sudo apt-get install -y gcc-arm-none-eabi libnewlib-arm-none-eabi qemu-system-arm":
        ROOT / ".ci" / "run",
}  # fmt: skip


def site_packages(python):
    """The folder of installed packages of an interpreter."""
    code = "import sysconfig; print(sysconfig.get_path('platlib'))"
    return Path(subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip())


def make_environment(folder, paths):
    """A virtual environment with nothing but what is at `paths`, lines of a .pth file, and the two programs."""
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder)], check=True, timeout=PATIENCE_S)
    python = folder / "bin" / "python"
    (site_packages(python) / "smartsat_of_the_tests.pth").write_text("\n".join(paths) + "\n")
    for name, module, call in (("pytest", "pytest", "console_main"), ("smartsat", "ground.cli.main", "main")):
        program = folder / "bin" / name
        program.write_text(f"#!{python}\nimport sys\nfrom {module} import {call}\nsys.exit({call}())\n")
        program.chmod(0o755)
    return folder / "bin"


def run(line, folder):
    """Run one command of a document in `folder`, as a shell does."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "PYTHON"))}
    shell = ["bash", "-e", "-c", line]
    return subprocess.run(
        shell, cwd=folder, env=clean, capture_output=True, text=True, timeout=PATIENCE_S, check=False
    )  # fmt: skip


def workflow():
    """The steps of the example's workflow."""
    document = yaml.safe_load((LANTERN / ".github" / "workflows" / "tests.yml").read_text())
    (job,) = document["jobs"].values()
    return job


def lines(world):
    """The run lines of the workflow for one world, those that our CI runs elsewhere left out."""
    found = [step["run"].replace("${{ matrix.world }}", world) for step in workflow()["steps"] if "run" in step]
    return [line for line in found if line not in IN_OUR_CI]


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """A copy of the example outside the tree, with smartsat in `smartsat/.venv` as its workflow has it; installed."""
    folder = tmp_path_factory.mktemp("elsewhere") / "lantern"
    shutil.copytree(LANTERN, folder, ignore=shutil.ignore_patterns("runs", "*.egg-info", "__pycache__"))
    ours = site_packages(sys.executable)
    make_environment(folder / "smartsat" / ".venv", [f"import site; site.addsitedir({str(ours)!r})"])
    done = run(lines("sim")[0], folder)
    assert done.returncode == 0, done.stderr
    return folder


def test_the_workflow_runs_what_our_ci_runs():
    """PLUG-040: a workflow in YAML; every command of it is run by these tests, or by our CI as it stands."""
    job = workflow()
    assert job["strategy"]["matrix"]["world"] == ["sim", "qemu"]
    assert [line.split()[0] for line in lines("sim")] == ["smartsat/.venv/bin/python", "smartsat/.venv/bin/pytest"]
    assert all("uses" in step or "run" in step for step in job["steps"])
    given = [step["run"] for step in job["steps"] if "run" in step]
    assert set(IN_OUR_CI) < set(given)
    assert "test: $(VENV)/.test" in (ROOT / "Makefile").read_text()
    for package in re.findall(r"\S*(?:arm)\S*", given[0]):
        assert package in (ROOT / ".ci" / "run").read_text()


@pytest.mark.parametrize("world", ["sim", "qemu"])
def test_its_tests_pass_in_both_worlds(copy, world):
    """PLUG-041: installed against smartsat, with a folder `sim` of its own; the commands of the workflow."""
    if world == "qemu" and not (toolchain() and shutil.which("qemu-system-arm")):
        pytest.skip("QEMU or the ARM toolchain is missing: apt install qemu-system-arm gcc-arm-none-eabi")
    *_, line = lines(world)
    done = run(line, copy)
    assert done.returncode == 0, done.stdout
    assert re.search(r"^2 passed, 1 deselected", done.stdout.splitlines()[-1].strip("= ")), done.stdout
    assert f"2 of them fly, boards: {world}" in done.stdout
    assert [p.name for p in (copy / "runs").iterdir()] == ["tests.xml"]
    assert (copy / "runs" / "tests.xml").read_text().count(f'name="smartsat.world" value="{world}"') == 2


def test_its_failure_is_reproduced_by_the_command_that_it_prints(copy):
    """PLUG-042: the replay is identical and shows the condition that failed; the test runs again to the same end."""
    line = "smartsat/.venv/bin/pytest -m on_purpose"
    assert line in (LANTERN / "README.md").read_text()
    failed = run(line, copy)
    assert failed.returncode == 1, failed.stdout
    condition = "assert <SystemMode.SAFE: 1> == <SystemMode.NOMINAL: 2>"
    assert condition in failed.stdout
    said = dict(text.split(": ", 1) for text in failed.stdout.splitlines() if text.startswith(("replay: ", "again: ")))
    assert shlex.split(said["replay"])[1] == "replay"
    replayed = run(said["replay"], copy)
    assert (replayed.returncode, replayed.stdout.split(":")[0]) == (0, "identical"), replayed.stderr
    assert "recorded by the test tests/test_on_purpose.py::test_the_lantern_needs_no_board" in replayed.stdout
    assert re.search(r"mode\.system at \d+\.\d s: SAFE", replayed.stdout)
    repeated = run(said["again"], copy)
    assert repeated.returncode == 1
    assert condition in repeated.stdout
    assert said["replay"] in repeated.stdout


# ------------------------------------------------------------------ names that hide each other


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """An environment with smartsat installed as a wheel installs it: its files in a folder of the path."""
    folder = tmp_path_factory.mktemp("installed")
    build = next((ROOT / "build").glob("cp3*"))
    meson = [str(Path(sys.executable).with_name("meson")), "install", "-C", str(build), "--no-rebuild", "--quiet"]
    subprocess.run([*meson, "--destdir", str(folder)], check=True, timeout=PATIENCE_S)
    (module,) = (p for p in folder.rglob("smartsat_pytest.py") if p.parent.name != "pytest_plugin")
    return make_environment(folder / "venv", [str(module.parent), str(site_packages(sys.executable))]), module.parent


def one_line(done):
    """The only line in which the plugin explains."""
    (line,) = {t.partition("smartsat: ")[2] for t in (done.stdout + done.stderr).splitlines() if " hides " in t}
    return line


def test_their_folder_that_hides_ours_is_one_line(installed, tmp_path):
    """PLUG-043: beside an installed smartsat, the working folder comes first on the path of `python -m pytest`."""
    programs, ours = installed
    shutil.copytree(LANTERN / "sim", tmp_path / "sim")
    (tmp_path / "test_it.py").write_text("def test_it(satellite):\n    satellite.advance(seconds=1)\n")
    (tmp_path / "test_other.py").write_text("from sim.lamp import LAMP_CD\ndef test_it():\n    assert LAMP_CD > 0\n")
    done = run(f"{programs}/python -m pytest -q", tmp_path)
    assert done.returncode == 1
    assert "1 passed, 1 error" in done.stdout
    assert one_line(done).startswith(f"{tmp_path / 'sim'} hides our package 'sim': import yours as a part of a package")
    done = run(f"{programs}/python -m pytest -q --smartsat-hal sim", tmp_path)
    assert done.returncode == 4
    assert "hides our package 'sim'" in one_line(done)
    cured = run(f"{programs}/pytest -q --import-mode=importlib test_it.py", tmp_path)
    assert cured.returncode == 0, cured.stdout
    assert ours.is_dir()


def test_our_package_that_hides_theirs_is_one_line(copy, tmp_path):
    """PLUG-044: an editable smartsat comes before every folder of the path; in a test module and in a conftest."""
    programs = copy / "smartsat" / ".venv" / "bin"
    shutil.copytree(LANTERN / "sim", tmp_path / "sim")
    (tmp_path / "test_it.py").write_text("from sim.lamp import LAMP_CD\ndef test_it(): pass\n")
    done = run(f"{programs}/python -m pytest -q", tmp_path)
    assert done.returncode == 2
    assert one_line(done).startswith(f"our package 'sim' hides {tmp_path / 'sim'}: import yours as a part of a package")
    (tmp_path / "test_it.py").rename(tmp_path / "conftest.py")
    done = run(f"{programs}/python -m pytest -q", tmp_path)
    assert done.returncode == 4
    assert one_line(done).startswith(f"our package 'sim' hides {tmp_path / 'sim'}")
    assert "Traceback" not in done.stdout + done.stderr
