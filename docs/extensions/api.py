"""The Python interface: one page a package, made of the docstrings of its public modules."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = {
    "hal": "the hardware boundary",
    "firmware_bindings": "board firmware for hosts and emulators",
    "ccsds": "protocol engines of the space link",
    "fsw": "what flies",
    "sim": "the truth",
    "ground": "the operator's side",
}
CODE = re.compile(r"``.*?``|`[^`]*`", re.DOTALL)


def modules(package: str) -> Iterator[str]:
    """Yield the public modules of a package: no part of their name begins with an underscore."""
    for path in sorted((ROOT / package).rglob("*.py")):
        parts = path.relative_to(ROOT).with_suffix("").parts
        if not any(part.startswith(("_", ".")) for part in parts) and "templates" not in parts:
            yield ".".join(parts)


def page(package: str) -> str:
    """Return the page of one package."""
    out = [f"# `{package}`: {PACKAGES[package]}\n\nWhat public modules say of themselves.\n"]
    out += [f"## `{name}`\n\n```{{eval-rst}}\n.. automodule:: {name}\n```\n" for name in modules(package)]
    return "\n".join(out)


def plain(_app: object, _what: str, _name: str, _object: object, _options: object, lines: list[str]) -> None:
    """Keep what docstrings say from being read as markup: code in single quotes is, and lists; nothing else."""
    text, out, last = "\n".join(lines), [], 0
    for code in CODE.finditer(text):
        follows = text[code.end() : code.end() + 1]
        out += [escaped(text[last : code.start()]), code.group(), "\\ " if follows.isalnum() else ""]
        last = code.end()
    lines[:] = "".join([*out, escaped(text[last:])]).split("\n")


def escaped(text: str) -> str:
    """Take the meaning of markup from stars, bars and trailing underscores."""
    text = re.sub(r"(?m)(?<!^)([*|])", r"\\\1", text)
    return re.sub(r"(?<=\w)_(?=\W|$)", r"\\_", text)
