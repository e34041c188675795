"""Builds smartsat with meson-python; an editable install starts through `_smartsat_editable.py` (PEP 517, PEP 660)."""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import zipfile
from pathlib import Path
from typing import Any

from mesonpy import build_editable as _build_editable
from mesonpy import (
    build_sdist,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
)

__all__ = [
    "build_editable", "build_sdist", "build_wheel", "get_requires_for_build_editable", "get_requires_for_build_sdist",
    "get_requires_for_build_wheel",
]  # fmt: skip

START = Path(__file__).with_name("_smartsat_editable.py")


def build_editable(
    wheel_directory: str, config_settings: dict[Any, Any] | None = None, metadata_directory: str | None = None
) -> str:
    """Make the wheel of an editable install; return its name."""
    name = _build_editable(wheel_directory, config_settings, metadata_directory)
    start_here(Path(wheel_directory) / name)
    return name


def start_here(wheel: Path) -> None:
    """Put `START` into a wheel of meson-python, and let its start file name that instead of the loader."""
    with zipfile.ZipFile(wheel) as file:
        members = {entry: file.read(entry) for entry in file.namelist()}
    (record,) = (entry for entry in members if entry.endswith(".dist-info/RECORD"))
    (start,) = (entry for entry in members if entry.endswith(("-editable.pth", "-editable.start")))
    members[start] = members[start].replace(b"_smartsat_editable_loader", START.stem.encode())
    members = {START.name: START.read_bytes()} | members
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
