"""The base of every error that a user of a command can mend."""

from __future__ import annotations


class InputError(Exception):
    """Something given cannot be used. The message is one line: what was found, what was expected, what to do."""


def one_line(text: str) -> str:
    """Return `text` as it can stand in one line: what cannot be printed is spelled out."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)
