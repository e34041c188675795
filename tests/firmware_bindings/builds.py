"""Builds of the firmware by `firmware.mk`, of the sources here or of a copy of them."""

import fcntl
import shutil
import subprocess
from pathlib import Path

import pytest

from firmware_bindings.images import default_out, image

ROOT = Path(__file__).parents[2]
FIRMWARE = ROOT / "firmware_bindings"
NO_C = ("firmware.mk", "stack.awk", "budget.awk")
C_FOLDERS = ("core", "boards", "devices", "ports")

needs_arm = pytest.mark.skipif(
    shutil.which("arm-none-eabi-gcc") is None,
    reason="arm-none-eabi-gcc is not installed: apt-get install gcc-arm-none-eabi libnewlib-arm-none-eabi",
)


def make(out, *arguments, home=FIRMWARE):
    """Run `make` with the firmware's makefile."""
    return subprocess.run(
        ["make", "--silent", "--file", str(home / "firmware.mk"), f"OUT={out}", *map(str, arguments)],
        cwd=home.parent,
        capture_output=True,
        text=True,
        check=False,
    )


def make_shared(*arguments):
    """Run `make` in the folder that all workers and all runs share: only what has changed is made."""
    out = default_out()
    out.mkdir(parents=True, exist_ok=True)
    with (out / ".lock").open("w") as lock:  # as `image` does
        fcntl.flock(lock, fcntl.LOCK_EX)
        return out, make(out, *arguments)


def copy_sources(home):
    """The firmware's sources alone, under another path, as old as they are here."""
    home.mkdir(parents=True)
    for name in NO_C:
        shutil.copy2(FIRMWARE / name, home / name)
    for name in C_FOLDERS:
        shutil.copytree(FIRMWARE / name, home / name)
    return home


class Copy:
    """The sources and what has been compiled of them, copied: what a test changes is compiled alone."""

    def __init__(self, folder):
        image("adcs")
        self.home, self.out = copy_sources(folder / "firmware_bindings"), folder / "out"
        shutil.copytree(default_out() / "arm", self.out / "arm")
        shutil.copy2(default_out() / "build_identity.h", self.out)

    def add(self, source):
        """Add a file to `core`, as old as others: the fingerprint, on which everything depends, stays what it was."""
        path = self.home / "core/bad.c"
        path.write_text(source)
        shutil.copystat(self.home / "core/board.c", path)
        self._forget("rules.o")

    def change(self, name, after, more):
        """Add text to a file of the sources, after the one place with the text `after`; as old as it was."""
        path, original = self.home / name, FIRMWARE / name
        text = path.read_text()
        assert text.count(after) == 1
        path.write_text(text.replace(after, after + more))
        shutil.copystat(original, path)
        self._forget(str(Path(name).with_suffix(".o")), "rules.o")

    def _forget(self, *objects):
        """Remove objects, and what is made of all of them."""
        arm = self.out / "arm"
        for made in [*(arm / name for name in objects), *arm.glob("*.elf"), *arm.glob("*.bin")]:
            made.unlink()

    def make(self, *arguments):
        """Build the images; return the status and what was said."""
        done = make(self.out, "firmware", *arguments, home=self.home)
        return done.returncode, done.stdout + done.stderr
