"""A copy of the source tree that runs beside it: its modules are compiled already, and one can be compiled again."""

from __future__ import annotations

import hashlib
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD_S = 600.0
CODE = ("hal/", "firmware_bindings/", "fsw/", "sim/", "ground/")


class TreeError(Exception):
    """A copy that cannot be made, or a module that cannot be compiled; one line."""


class Tree:
    """The copy at `folder`. Faults are put into it, never into the tree itself."""

    def __init__(self, folder: Path) -> None:
        self.root = folder
        self._build, self._ninja = _editable_install()
        self._copied_build = folder / self._build.relative_to(ROOT)
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True,
            check=True,
        ).stdout  # fmt: skip
        shutil.rmtree(folder, ignore_errors=True)
        self._files = [name for name in listed.decode().split("\0") if name]
        for name in self._files:
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
        for module in self._build.rglob("*.so"):
            copied = folder / module.relative_to(self._build)
            if copied.parent.is_dir():  # meson has some of its own
                shutil.copy2(module, copied)
        for header in self._build.rglob("*.h"):
            copied = folder / header.relative_to(ROOT)
            copied.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(header, copied)

    def digest(self, tests: Sequence[str]) -> str:
        """Return a hash of the code and of `tests`, files or folders."""
        digest = hashlib.sha256()
        for name in sorted(self._files):
            if name.startswith((*CODE, *tests)) and (self.root / name).is_file():
                digest.update(name.encode() + self.read(name))
        return digest.hexdigest()

    def environment(self) -> dict[str, str]:
        """Return what a Python needs to import our packages from the copy."""
        path = f"{self.root}:{self.root / 'ground' / 'pytest_plugin'}"
        return {"MESONPY_EDITABLE_SKIP": str(self._build), "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1"}

    def read(self, file: str) -> bytes:
        """Return a file of the copy."""
        return (self.root / file).read_bytes()

    def write(self, file: str, source: bytes) -> None:
        """Write a file of the copy."""
        (self.root / file).write_bytes(source)

    def module_of(self, file: str) -> Path:
        """Return the compiled module of a .pyx file, in the copy."""
        (module,) = (self.root / file).parent.glob(f"{Path(file).stem}.*.so")
        return module

    def compile(self, file: str) -> None:
        """Compile the module of a .pyx file again; raise `TreeError` where that fails."""
        target = self.module_of(file).relative_to(self.root)
        commands = subprocess.run(
            [*self._ninja, "-C", str(self._build), "-t", "commands", str(target)], capture_output=True, text=True,
            check=True,
        ).stdout  # fmt: skip
        for command in commands.splitlines():
            if str(target) not in command or command.startswith("ninja:"):
                continue  # makes a header of declarations, which is copied
            words = [self._copied(word) for word in shlex.split(command)]
            for word in words:
                if word.startswith(f"{target}.p/"):
                    (self._copied_build / word).parent.mkdir(parents=True, exist_ok=True)
            done = subprocess.run(
                words, cwd=self._copied_build, capture_output=True, text=True, timeout=BUILD_S, check=False
            )  # fmt: skip
            if done.returncode:
                raise TreeError(f"{file}: not compiled: {(done.stderr or done.stdout).strip().splitlines()[-1:]}")
        shutil.copy2(self._copied_build / target, self.root / target)

    def _copied(self, word: str) -> str:
        """Return a word of a command with our paths led to the copy; what is installed stays where it is."""
        if word == "-O3":
            return "-O0"  # compiled sooner, and the same results (-ffp-contract=off)
        return word if sys.prefix in word else word.replace(str(ROOT), str(self.root))


def _editable_install() -> tuple[Path, list[str]]:
    """Return the build folder of this environment's editable install, and its ninja."""
    for finder in sys.meta_path:
        if type(finder).__name__ in ("Finder", "MesonpyMetaFinder") and hasattr(finder, "_build_path"):
            build = Path(finder._build_path)
            if build.is_relative_to(ROOT):
                return build, list(finder._build_cmd)
    raise TreeError(f"no editable install of {ROOT}: run `make environment`")
