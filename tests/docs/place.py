"""A place where a document is followed: a copy of the sources with an environment of its own.

What was compiled is linked from this tree's build; the boards' images are copied with their times, so that `make`
builds what the document changes. Everything else is the copy's. What the document changes or installs stays there.
The sources come with their bytecode, made once in a process: the many commands of a document need not compile them.
"""

from __future__ import annotations

import atexit
import compileall
import functools
import json
import shutil
import sys
import sysconfig
import tempfile
from pathlib import Path

import hal._packet
from firmware_bindings import images
from tests.docs.documents import ROOT

BUILD = Path(hal._packet.__file__).parents[1]
NOT_SOURCES = shutil.ignore_patterns(
    ".git", ".venv", "build", "build-*", "runs", "__pycache__", ".*_cache", ".hypothesis", "*.so", "generated"
)
COMPILED = ("ccsds", "firmware_bindings", "fsw", "ground", "hal", "sim")
STAMPS = (".base", ".ground", ".test", ".check", ".docs")


def make(root: Path) -> Path:
    """Copy the sources to `root`, with `.venv` in them; return it."""
    shutil.copytree(_sources(), root, symlinks=True)
    environment = root / ".venv"
    packages = environment / "lib" / f"python{sys.version_info.major}.{sys.version_info.minor}" / "site-packages"
    packages.mkdir(parents=True)
    # Plain lines: the copy, then all that is installed here, without the .pth file that leads back to this tree.
    (packages / "place.pth").write_text(f"{root}\n{sysconfig.get_path('purelib')}\n")
    plan = json.loads((BUILD / "meson-info/intro-install_plan.json").read_text())
    for built, where in plan["targets"].items():
        (root / where["destination"].removeprefix("{py_platlib}/")).symlink_to(built)
    for module, where in plan.get("python", {}).items():
        copy = root / Path(module).relative_to(ROOT)
        (packages / where["destination"].removeprefix("{py_platlib}/")).symlink_to(copy)
    shutil.copy(Path(sys.prefix) / "pyvenv.cfg", environment)
    (environment / "bin").mkdir()
    for program in (Path(sys.prefix) / "bin").iterdir():
        _copy_program(program, environment / "bin" / program.name, environment)
    for stamp in STAMPS:  # what `make` finds done
        (environment / stamp).touch()
    if images.toolchain():
        images.image("adcs")  # builds all of them
        shutil.copytree(images.default_out(), root / images.default_out().name)
    return root


@functools.cache
def _sources() -> Path:
    """Return a copy of the sources with bytecode that is theirs by time and size, which further copies keep."""
    folder = Path(tempfile.mkdtemp(prefix="smartsat-sources-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy = Path(shutil.copytree(ROOT, folder / "smartsat", ignore=NOT_SOURCES, symlinks=True))
    for package in COMPILED:
        compileall.compile_dir(copy / package, quiet=1)
    return copy


def _copy_program(program: Path, copy: Path, environment: Path) -> None:
    """Give the other environment a program of this one; scripts know where they belong."""
    octets = program.read_bytes() if program.is_file() else b""
    if program.is_symlink() or not (octets.startswith(b"#!") or program.name.startswith("activate")):
        copy.symlink_to(program.resolve())
        return
    copy.write_bytes(octets.replace(sys.prefix.encode(), bytes(environment)))
    copy.chmod(program.stat().st_mode)
