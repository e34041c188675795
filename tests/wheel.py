"""Runs the tests against an installed wheel: `python -m tests.wheel [PYTEST OPTION...]`, or `make test WHEEL=1`.

The wheel, an environment with it and a copy of the tests lie in `build-wheel`; nothing else of the tree is found there.
Libraries are those of the environment that runs this. Tests that read the sources of the tree do not run.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "build-wheel"
PIP = ("-m", "pip", "--disable-pip-version-check")
OF_THE_TREE = ("smartsat", "_smartsat", "__pycache__")
NEED_THE_TREE = (
    "docs", "mutation", "test_declared_once.py", "test_editable_install.py", "test_files_are_told.py",
    "test_fuzz_matrix.py", "test_import_rules.py", "test_mutants.py", "test_progress.py", "test_property_profiles.py",
    "test_requirements.py", "test_wheel.py", "firmware_bindings/test_device_drivers.py",
    "firmware_bindings/test_firmware_image.py",
    "firmware_bindings/test_firmware_rules.py", "firmware_bindings/test_sanitize.py",
    "firmware_bindings/test_stimulus_exchange.py", "fsw/restart/test_service_unit.py", "fsw/test_alone.py",
    "fsw/test_extensions.py", "ground/link/test_ground_client.py", "ground/pytest_plugin/test_example_repository.py",
    "hal/test_json_text.py", "pil/test_image_alone.py", "sil/test_sanitized_board.py",
)  # fmt: skip


def main(*options: str) -> int:
    """Build the wheel, install it, run pytest with `options`; return its exit code."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    python = install(FOLDER)
    copy_tests(FOLDER)
    print("These tests need the tree and do not run against a wheel:", *NEED_THE_TREE, sep="\n  ", flush=True)
    return subprocess.run([python, "-m", "pytest", *options], cwd=FOLDER, env=clean(), check=False).returncode


def install(folder: Path) -> Path:
    """Build the wheel in `folder` and install it in an environment there; return its Python."""
    where = ("--wheel-dir", folder, ".")
    subprocess.run([sys.executable, *PIP, "wheel", "--no-build-isolation", "--no-deps", *where],
                   cwd=ROOT, env=clean(), check=True)  # fmt: skip
    (wheel,) = folder.glob("smartsat-*.whl")
    python = environment(folder / "env")
    subprocess.run([python, *PIP, "install", "--no-deps", wheel], cwd=folder, env=clean(), check=True)
    return python


def environment(folder: Path) -> Path:
    """Make an environment with the libraries of this one and none of its paths; return its Python."""
    libraries = folder.with_name("libraries")
    libraries.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.startswith(OF_THE_TREE) and entry.suffix != ".pth":
            (libraries / entry.name).symlink_to(entry)
    venv.create(folder, with_pip=False, symlinks=True)
    (site,) = (folder / "lib").glob("python*/site-packages")
    (site / "libraries.pth").write_text(f"{libraries}\n")
    return folder / "bin" / "python"


def copy_tests(folder: Path) -> None:
    """Copy the tests that run without the tree, and the options of pytest, into `folder`."""
    gone = {ROOT / "tests" / name for name in NEED_THE_TREE}

    def ignore(where: str, names: list[str]) -> list[str]:
        return [name for name in names if name == "__pycache__" or Path(where) / name in gone]

    shutil.copytree(ROOT / "tests", folder / "tests", ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", folder)


def clean() -> dict[str, str]:
    """Return the environment without what leads a Python or pip elsewhere; nothing is fetched."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "PIP_", "MAKE"))}
    kept["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), kept["PATH"]))
    return kept | {"PIP_NO_INDEX": "1"}


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
