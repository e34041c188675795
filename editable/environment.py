"""Make a virtual environment with pip in it: `environment.py FOLDER CONSTRAINTS`.

The pip that comes with Python is old: its search for releases takes longer than all downloads. Here it installs the
pip of CONSTRAINTS only, and no bytecode of either is made before it is used.
"""

from __future__ import annotations

import ensurepip
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

PIP = ("--disable-pip-version-check", "install", "--no-compile", "--upgrade", "--constraint")


def main(folder: str, constraints: str) -> int:
    """Make the environment, or bring one that is there up to date; return the exit code of pip."""
    python, pip = Path(folder) / "bin" / "python", bundled()
    venv.create(folder, symlinks=True, with_pip=pip is None)
    program = ["-m", "pip"] if pip is None else [str(pip / "pip")]
    return subprocess.run([python, *program, *PIP, constraints, "pip"], check=False).returncode


def bundled() -> Path | None:
    """Return the wheel of pip that comes with this Python, or None where it is not known."""
    folders = (Path(ensurepip.__file__).with_name("_bundled"), Path(sysconfig.get_config_var("WHEEL_PKG_DIR") or "/-"))
    return next((wheel for folder in folders for wheel in sorted(folder.glob("pip-*.whl"))), None)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
