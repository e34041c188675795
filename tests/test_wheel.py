"""A wheel is built, installed where nothing else of this tree is, and flies as the tree does."""

import json
import os
import subprocess
import sys
import venv
from pathlib import Path

import numpy
import pytest

ROOT = Path(__file__).resolve().parents[1]
PATIENCE_S = 900.0


def run(*command, cwd):
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    clean["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), clean["PATH"]))
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=clean, capture_output=True, text=True, timeout=PATIENCE_S,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def flown(program, folder):
    run(program, "fly", "--scenario", "nadir", "--duration", "20", "--no-report", "--out", folder / "run", cwd=folder)
    result = json.loads((folder / "run" / "result.json").read_text("utf-8"))
    return result["recording_sha256"], result["cadu_sha256"]


@pytest.mark.proof
def test_a_wheel_flies_from_another_folder(tmp_path):
    """In an environment whose path has a blank, with the libraries of this one and none of its paths."""
    folder, tree = tmp_path / "a blank", tmp_path / "tree"
    folder.mkdir()
    tree.mkdir()
    pip = (sys.executable, "-m", "pip", "--disable-pip-version-check")
    run(*pip, "wheel", "--no-build-isolation", "--no-deps", "--wheel-dir", folder, ".", cwd=ROOT)
    (wheel,) = folder.glob("smartsat-*.whl")
    venv.create(folder / "env", with_pip=False, symlinks=True)
    python = folder / "env" / "bin" / "python"
    run(*pip, "--python", python, "install", "--no-index", "--no-deps", wheel, cwd=folder)
    (site,) = (folder / "env" / "lib").glob("python*/site-packages")
    # A path of a path file is searched, and its own path files, such as the tree's editable install, are not read.
    (site / "libraries.pth").write_text(f"{Path(numpy.__file__).parents[1]}\n")
    assert run(python, "-c", "import hal; print(hal.__file__)", cwd=folder).strip() == str(site / "hal" / "__init__.py")
    assert flown(folder / "env" / "bin" / "smartsat", folder) == flown(Path(sys.executable).with_name("smartsat"), tree)
