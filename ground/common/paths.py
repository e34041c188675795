"""Paths on the command line; an empty word is no path."""

from __future__ import annotations

from pathlib import Path

import typer


def given_path(text: str) -> Path:
    """Return the path that a word of the command line gives; an empty word gives none."""
    if not str(text):
        raise typer.BadParameter("found '', expected a path")
    return Path(text)


PATH = {"parser": given_path, "metavar": "PATH"}
