"""What is installed from this tree flies as the tree does: a wheel anywhere, and a checkout in a path with a blank.

Nothing is fetched: the libraries are those of the environment that runs the tests, without its install of this tree.
"""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests import wheel
from tests.docs.place import NOT_SOURCES
from tests.pil.machine import needs_arm, needs_emulator

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 900.0
HALS = ["sim", pytest.param("qemu", marks=[needs_arm, needs_emulator])]


def run(*command, cwd):
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=wheel.clean(), capture_output=True, text=True, timeout=PATIENCE_S,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def flown(program, folder, hal):
    folder.mkdir(exist_ok=True)
    flight = ("--scenario", "nadir", "--duration", "20", "--hal", hal, "--no-report", "--force")
    run(program, "fly", *flight, "--out", folder / "run", cwd=folder)
    result = json.loads((folder / "run" / "result.json").read_text("utf-8"))
    return result["recording_sha256"], result["cadu_sha256"]


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """The program `smartsat` of an installed wheel, in a folder whose path has a blank."""
    folder = tmp_path_factory.mktemp("wheel") / "a blank"
    folder.mkdir()
    python = wheel.install(folder)
    (site,) = (folder / "env" / "lib").glob("python*/site-packages")
    assert run(python, "-c", "import hal; print(hal.__file__)", cwd=folder).strip() == str(site / "hal" / "__init__.py")
    return python.with_name("smartsat")


@pytest.mark.proof
@pytest.mark.parametrize("hal", HALS)
def test_a_wheel_flies_from_another_folder(installed, tmp_path, hal):
    """Over QEMU it builds the boards' images itself, from the sources in it."""
    there = flown(installed, tmp_path / "else where", hal)
    assert there == flown(Path(sys.executable).with_name("smartsat"), tmp_path / "tree", hal)


@pytest.mark.proof
def test_tests_run_against_a_wheel(installed, tmp_path):
    """What they import is the wheel's."""
    wheel.copy_tests(tmp_path)
    (tmp_path / "tests" / "test_where.py").write_text(
        f"import hal\n\ndef test_where():\n    assert hal.__file__.startswith({str(installed.parents[1])!r})\n"
    )
    python, ran = installed.with_name("python"), ("tests/test_where.py", "tests/hal/test_packet.py")
    assert " passed" in run(python, "-m", "pytest", "-q", *ran, cwd=tmp_path)


def test_what_needs_the_tree_is_there():
    assert [name for name in wheel.NEED_THE_TREE if not (ROOT / "tests" / name).exists()] == []


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of the sources in a folder whose path has a blank, in which `make fly` has built and flown."""
    root = tmp_path_factory.mktemp("checkout") / "a blank" / "smartsat"
    shutil.copytree(ROOT, root, ignore=NOT_SOURCES, symlinks=True)
    wheel.environment(root / ".venv")
    (root / ".venv" / ".base").touch()  # tools and libraries are there
    assert "all requirements met" in run("make", "fly", cwd=root)
    return root


@pytest.mark.proof
@pytest.mark.parametrize("hal", HALS)
def test_a_checkout_in_a_path_with_a_blank_flies(checkout, tmp_path, hal):
    there = flown(checkout / ".venv" / "bin" / "smartsat", tmp_path / "there", hal)
    assert there == flown(Path(sys.executable).with_name("smartsat"), tmp_path / "tree", hal)
