"""The command line: what the program says of every command."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

os.environ["TYPER_USE_RICH"] = "0"  # plain words: no frames, no colours

import typer
from table import table
from typer.testing import CliRunner

from ground.cli.commands import app
from hal.exit_codes import ExitCode

ABOUT = "What `smartsat --help` and `smartsat COMMAND --help` print.\n"


def page() -> str:
    """Return the page of all commands."""
    codes = table(("code", "name", "meaning"), ((int(code), f"`{code.name}`", code.meaning) for code in ExitCode))
    all_commands = "".join(commands(typer.main.get_command(app), ()))
    return f"# Command line\n\n{ABOUT}\n## Exit codes of every command\n\n{codes}{all_commands}"


def commands(command: Any, words: tuple[str, ...]) -> Iterator[str]:  # noqa: ANN401
    """Yield the Markdown of a command and of those below it."""
    below = getattr(command, "commands", None)
    if below is None:
        said = CliRunner(env={"COLUMNS": "110"}).invoke(app, [*words, "--help"], prog_name="smartsat").output
        yield f"## `smartsat {' '.join(words)}`\n\n```text\n{said.strip()}\n```\n\n"
        return
    for word, inner in below.items():
        yield from commands(inner, (*words, word))
