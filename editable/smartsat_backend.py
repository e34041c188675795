"""Builds smartsat with meson-python; an editable install starts through `_smartsat_editable.py` (PEP 517, PEP 660)."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from _smartsat_lock import one_at_a_time
from mesonpy import (
    _tags,
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)
from mesonpy import build_editable as _build_editable

__all__ = [
    "build_editable", "build_sdist", "build_wheel", "get_requires_for_build_editable", "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]  # fmt: skip

START = Path(__file__).with_name("_smartsat_editable.py")
SKIP = "MESONPY_EDITABLE_SKIP"  # meson-python: build folders whose packages are not to be found, nor built
LOCK = START.with_name("_smartsat_lock.py")


def build_editable(
    wheel_directory: str, config_settings: dict[Any, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """Make the wheel of an editable install; return its name."""
    settings = dict(config_settings or {})
    if "builddir" not in settings:
        settings.setdefault("build-dir", f"build/{_tags.get_abi_tag()}")  # where meson-python builds without settings
    with alone(Path(settings.get("build-dir") or settings["builddir"]).absolute()):
        name = _build_editable(wheel_directory, settings, metadata_directory)
    start_here(Path(wheel_directory) / name)
    return name


@contextmanager
def alone(build: Path) -> Iterator[None]:
    """Keep others from building in the folder `build`: those that import what is installed, and other installs.

    What the build itself starts must not wait for it: an import there builds nothing, as in a build by an import.
    """
    try:
        (build / "meson-private").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SystemExit(
            f"{error.filename}: {error.strerror}: expected a folder to build in that may be written"
        ) from None
    before = os.environ.get(SKIP)
    with one_at_a_time(build):
        os.environ[SKIP] = os.pathsep.join((before or "", str(build)))
        try:
            yield
        finally:
            del os.environ[SKIP]
            if before is not None:
                os.environ[SKIP] = before


def start_here(wheel: Path) -> None:
    """Put `START` into a wheel of meson-python, and let its start file name that instead of the loader."""
    with zipfile.ZipFile(wheel) as file:
        members = {entry: file.read(entry) for entry in file.namelist()}
    (record,) = (entry for entry in members if entry.endswith(".dist-info/RECORD"))
    (start,) = (entry for entry in members if entry.endswith(("-editable.pth", "-editable.start")))
    members[start] = members[start].replace(b"_smartsat_editable_loader", START.stem.encode())
    members = {file.name: file.read_bytes() for file in (START, LOCK)} | members
    members[record] = _record(members, record)
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as file:
        for entry, octets in members.items():
            file.writestr(entry, octets)


def _record(members: dict[str, bytes], record: str) -> bytes:
    """Return the list of a wheel's files with their hashes and sizes."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    for entry, octets in members.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(octets).digest()).rstrip(b"=").decode()
        rows.writerow((entry, "", "") if entry == record else (entry, f"sha256={digest}", len(octets)))
    return text.getvalue().encode()
