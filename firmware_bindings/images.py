"""The boards' images: ELF files for the STM32F405, built when the toolchain is there.

`image("adcs")` builds what has changed and returns the file. Without the ARM toolchain it returns what was built
before.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from firmware_bindings.errors import EmulatorError, MissingProgramError

HERE = Path(__file__).resolve().parent
COMPILER = "arm-none-eabi-gcc"
BUILD_S = 600.0


def boards() -> tuple[str, ...]:
    """Return the names of the boards, each of which has an image."""
    return tuple(sorted(folder.name for folder in (HERE / "boards").iterdir() if folder.is_dir()))


def default_out() -> Path:
    """Return where images are built: in a source tree `build-firmware`, in an installation the user's cache."""
    if (HERE.parent / "pyproject.toml").is_file():
        return HERE.parent / "build-firmware"
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return cache / "smartsat" / "firmware"


def toolchain() -> bool:
    """Tell whether images can be built here."""
    return all(shutil.which(program) for program in (COMPILER, "make"))


def image(board: str, out: Path | None = None, defines: Sequence[str] = ()) -> Path:
    """Return the image of `board` in the folder `out`, built if need be; raise `EmulatorError` with one line.

    `defines` (`NAME=VALUE`) change constants of one build, which needs a folder of its own.
    """
    if board not in boards():
        raise EmulatorError(f"board {board!r}: no such firmware, expected one of: {', '.join(boards())}")
    if defines and out is None:
        raise EmulatorError("an image with other constants needs another folder: give `out`")
    out = (out or default_out()).absolute()
    path = out / "arm" / f"{board}.elf"
    if toolchain():
        _build(out, defines)
    elif not path.is_file():
        raise MissingProgramError(
            f"{COMPILER} or make not found, and {path} was not built before: "
            "install the ARM toolchain (Debian: apt install make gcc-arm-none-eabi libnewlib-arm-none-eabi)"
        )
    return path


def _build(out: Path, defines: Sequence[str]) -> None:
    """Build all images in `out`, one process at a time."""
    out.mkdir(parents=True, exist_ok=True)
    # From the folder where `make` runs: its targets must have no blanks, as the path of that folder may have.
    rules, folder = (os.path.relpath(path, HERE.parent) for path in (HERE / "firmware.mk", out))
    if " " in folder:
        raise EmulatorError(f"{out}: a path with a blank, expected one without: make cannot build there")
    command = ["make", "--silent", f"--file={rules}", f"OUT={folder}", "firmware"]
    command.append("DEFINES=" + " ".join(f"-D{define}" for define in defines))
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    with (out / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, timeout=BUILD_S, env=environment, cwd=HERE.parent
        )
    if done.returncode != 0:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        first = next((line for line in lines if "error" in line), lines[0] if lines else "no output")
        raise EmulatorError(f"firmware: the images cannot be built: {first}")
