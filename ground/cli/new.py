"""`smartsat new`: copies a working template to a new folder, under a name of its own."""

from __future__ import annotations

import functools
import importlib.metadata
import importlib.util
import io
import json
import keyword
import os
import re
import shutil
import sys
import tokenize
from collections.abc import Callable, Iterator
from pathlib import Path

from firmware_bindings.images import HERE as FIRMWARE
from fsw.core.registry import first_id, flight_sections
from hal import json_text
from hal.errors import InputError
from hal.files import WriteError, write_whole
from hal.vehicle.load import vehicle_names
from sim.scenario.scenario import scenario_names

TEMPLATES = Path(__file__).parents[1] / "templates"
KINDS = ("app", "device", "board")
NAME = re.compile(r"[a-z][a-z0-9]*(_[a-z0-9]+)*")
LONGEST = 24  # characters of a name: also that of a vehicle's unit
OURS = (
    "hal", "ccsds", "firmware_bindings", "fsw", "sim", "ground", "tests", "adcs", "eps", "ping", "star_tracker", "gnss",
    "radio", "truth", "executive", "exchange", "sense", "estimate", "guide", "actuate", "boards", "fdir",
    "uplink", "downlink",
)  # fmt: skip
C_WORDS = (  # of the language, and headers of its library, which a board's header would hide
    "auto", "case", "char", "const", "default", "do", "double", "enum", "extern", "float", "goto", "inline", "int",
    "long", "main", "register", "restrict", "short", "signed", "sizeof", "static", "struct", "switch", "typedef",
    "union", "unsigned", "void", "volatile", "complex", "ctype", "errno", "fenv", "inttypes", "iso646", "limits",
    "setjmp", "stdalign", "stdarg", "stdatomic", "stdbool", "stddef", "stdint", "stdio", "stdlib", "stdnoreturn",
    "tgmath", "threads", "uchar", "wchar", "wctype",
)  # fmt: skip
OF_TOOLS = ("conftest", "setup", "build", "dist", "runs", "smartsat", "satellite")  # what tools look for by name
LEFT_OUT = ("__pycache__", ".pytest_cache", ".hypothesis", "build")


class NewError(InputError, ValueError):
    """A folder that cannot be made; the message is one line, and nothing was written."""


def create(kind: str, name: str, into: Path) -> Path:
    """Make the folder `into`/`name` from the template of `kind` and return its path.

    Raises `NewError` for a name or a folder that cannot be, `hal.files.WriteError` when the files cannot be written.
    """
    _check(kind, name)
    folder = into / name
    if os.path.lexists(folder):
        raise NewError(f"{folder}: already exists, expected a free name; nothing was written")
    if not into.is_dir():
        raise NewError(f"--into {into}: no such folder, expected one that exists")
    texts = dict(_texts(kind, name))
    try:
        for path, text in texts.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            write_whole(folder / path, text)
    except WriteError:
        shutil.rmtree(folder, ignore_errors=True)  # of ours alone: it was not there before
        raise
    except OSError as error:
        raise WriteError(f"{folder}: cannot be made: {error.strerror}; give --into a folder you may write to") from None
    return folder


def _check(kind: str, name: str) -> None:
    """Raise `NewError` for a name that a package, a unit and a section cannot all have, or that hides another."""
    if not NAME.fullmatch(name) or len(name) > LONGEST:
        shown = "".join(c if c.isprintable() else "?" for c in name[:40])
        raise NewError(
            f"name {shown!r}: expected lower-case letters, digits and single _, a letter first, at most {LONGEST}"
        )
    taken = next((whose for whose, is_taken in TAKEN if is_taken(kind, name)), None)
    if taken is not None:
        raise NewError(f"name {name!r}: {taken} already uses this name, expected another")


def _is_ours(_kind: str, name: str) -> bool:
    sections = [section.section for section in flight_sections()]
    return name in (*OURS, *OF_TOOLS, *sections, *vehicle_names(), *scenario_names())


def _is_pythons(_kind: str, name: str) -> bool:
    return keyword.iskeyword(name) or name in sys.stdlib_module_names


def _is_installed(_kind: str, name: str) -> bool:
    """Whether a package, a distribution or a plugin of pytest that is installed here has the name."""
    spec = importlib.util.find_spec(name)
    return (spec is not None and spec.origin is not None) or name in _installed()


@functools.cache
def _installed() -> frozenset[str]:
    """Names of packages, distributions and plugins of pytest, looked for once."""
    told = [d.metadata["Name"] or "" for d in importlib.metadata.distributions() if d.metadata is not None]
    names = {name.lower().replace("-", "_").replace(".", "_") for name in told}
    plugins = {entry.name.replace("-", "_") for entry in importlib.metadata.entry_points(group="pytest11")}
    return frozenset(names | plugins | set(importlib.metadata.packages_distributions()))


def _is_cs(_kind: str, name: str) -> bool:
    """Return whether the name is a word of C or a name of our firmware, with which a board is built."""
    return name in C_WORDS or name in {path.stem for path in FIRMWARE.rglob("*.[ch]")}


def _is_templates(kind: str, name: str) -> bool:
    """Return whether the template uses the name for something else."""
    for path in sorted((TEMPLATES / kind).rglob("*.py")):
        tokens = tokenize.generate_tokens(io.StringIO(path.read_text(encoding="utf-8")).readline)
        if any(token.type == tokenize.NAME and token.string == name for token in tokens):
            return True
    return False


TAKEN: tuple[tuple[str, Callable[[str, str], bool]], ...] = (
    ("Python", _is_pythons), ("smartsat", _is_ours), ("the language C or the firmware", _is_cs),
    ("a package that is installed here", _is_installed), ("the code of the template", _is_templates),
)  # fmt: skip


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
    """Replace the template's name by the new one, in all spellings."""
    camel = "".join(part.capitalize() for part in name.split("_"))
    for old, new in (
        (f"my_{kind}", name), (f"My{kind.capitalize()}", camel), (f"MY_{kind.upper()}", name.upper()),
    ):  # fmt: skip
        text = text.replace(old, new)
    return text


def _renumbered(text: str, name: str) -> str:
    """Give the parameters of a registry the first ids of this package."""
    first = first_id(name)
    return json_text.dumps({parameter: first + i for i, parameter in enumerate(json.loads(text))}, indent=1) + "\n"
