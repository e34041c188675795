"""`smartsat new`: a folder that builds on smartsat, copied from a live template under a name of its own."""

from __future__ import annotations

import json
import keyword
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from fsw.core.registry import first_id, flight_sections

TEMPLATES = Path(__file__).parent / "templates"
KINDS = ("app", "device", "board")
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST = 24  # characters of a name: also that of a vehicle's unit
OURS = (
    "hal", "firmware_bindings", "fsw", "sim", "ground", "tests", "adcs", "eps", "ping", "star_tracker", "gnss", "radio",
    "truth", "executive", "exchange", "sense", "estimate", "guide", "actuate", "boards", "fdir", "uplink", "downlink",
)  # fmt: skip
LEFT_OUT = ("__pycache__", ".pytest_cache", ".hypothesis", "build")


class NewError(ValueError):
    """A folder that cannot be made; the message is one line, and nothing was written."""


def create(kind: str, name: str, into: Path) -> Path:
    """Make the folder `into`/`name` from the template of `kind` and return its path; raise `NewError`."""
    _check(name)
    folder = into / name
    if folder.exists() or folder.is_symlink():
        raise NewError(f"{folder}: exists already, expected a name that is free; nothing was written")
    if not into.is_dir():
        raise NewError(f"--into {into}: no such folder, expected one that exists")
    texts = dict(_texts(kind, name))
    try:
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            with (folder / path).open("x", encoding="utf-8") as file:
                file.write(text)
    except OSError as error:
        raise NewError(f"{folder}: cannot be written: {error.strerror}") from None
    return folder


def _check(name: str) -> None:
    """Raise `NewError` for a name that is none for a package, a unit and a section alike."""
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        shown = "".join(c if c.isprintable() else "?" for c in name[:40])
        raise NewError(
            f"name {shown!r}: expected lower-case letters, digits and single _, a letter first, at most {LONGEST}"
        )
    sections = [section.section for section in flight_sections()]
    if keyword.iskeyword(name) or name in sys.stdlib_module_names or name in (*OURS, *sections):
        raise NewError(f"name {name!r}: Python or smartsat has something of that name, expected another")


def _texts(kind: str, name: str) -> Iterator[tuple[str, str]]:
    """Yield path and text of every file of the new folder."""
    template = TEMPLATES / kind
    for path in sorted(template.rglob("*")):
        place = path.relative_to(template)
        if not path.is_file() or any(part in LEFT_OUT or part.endswith(".egg-info") for part in place.parts):
            continue
        text = _renamed(path.read_text(encoding="utf-8"), kind, name)
        if path.name == "registry.json":
            text = _renumbered(text, name)
        yield _renamed(str(place), kind, name), text


def _renamed(text: str, kind: str, name: str) -> str:
    """Put the name in the place of the template's, in all its spellings."""
    camel = "".join(part.capitalize() for part in name.split("_"))
    for old, new in (
        (f"my_{kind}", name), (f"My{kind.capitalize()}", camel), (f"MY_{kind.upper()}", name.upper()),
    ):  # fmt: skip
        text = text.replace(old, new)
    return text


def _renumbered(text: str, name: str) -> str:
    """Give the parameters of a registry the ids that a package of this name begins with."""
    first = first_id(name)
    return json.dumps({parameter: first + i for i, parameter in enumerate(json.loads(text))}, indent=1) + "\n"
