"""The base class of every error that the user of a command can correct."""

from __future__ import annotations


class InputError(Exception):
    """Something given cannot be used. The message is one line: what was found, what was expected, what to do."""


def one_line(text: str) -> str:
    """Return `text` in one line; characters that cannot be printed are spelled out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
