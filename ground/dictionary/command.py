"""`smartsat dict`: shows, exports and compares dictionaries."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ground.common.paths import PATH
from hal import json_text
from hal.files import write_whole
from hal.output import write_octets

app = typer.Typer(no_args_is_help=True)
OF = typer.Option("--of", help="Shipped vehicle, vehicle file (.toml) or exported dictionary (.json).")


class Form(StrEnum):
    """Forms of an exported dictionary."""

    JSON = "json"
    CSV = "csv"
    MARKDOWN = "markdown"


@app.command()
def show(
    name: Annotated[
        str | None, typer.Argument(help="Part of a name, a glob (attitude.*) or an identifier (TM[3,25]).")
    ] = None,
    of: Annotated[str, OF] = "reference",
) -> None:
    """Show the sections of a dictionary, or the entries that a name matches; exit 1 when none does."""
    from ground.dictionary import files  # noqa: PLC0415 - keeps `--help` fast
    from ground.dictionary import show as shown  # noqa: PLC0415

    content = files.of(of)
    if shown.show(content, name, shown.make_console()):
        print(f"smartsat: {name}: no entry of the dictionary of {content['vehicle']} matches", file=sys.stderr)
        raise typer.Exit(1)


@app.command()
def export(
    to: Annotated[Form, typer.Option(help="Form; only json is complete and can be read again.")] = Form.JSON,
    of: Annotated[str, OF] = "reference",
    out: Annotated[Path | None, typer.Option(**PATH, help="File to write; default: standard output.")] = None,
) -> None:
    """Write a dictionary as JSON, as CSV or as a Markdown document."""
    from ground.dictionary import files, markdown, spreadsheet  # noqa: PLC0415

    content = files.of(of)
    text = {Form.JSON: files.dumps, Form.CSV: spreadsheet.dumps, Form.MARKDOWN: markdown.dumps}[to](content)
    if out is None:
        write_octets(text.encode())
        return
    write_whole(out, text)


@app.command()
def diff(
    before: Annotated[str, typer.Argument(help="Shipped vehicle, vehicle file (.toml) or dictionary (.json).")],
    after: Annotated[str, typer.Argument(help="Another one, to compare with.")],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output.")] = False,
) -> None:
    """Print the differences of two dictionaries; exit 1 when there are any."""
    from ground.dictionary import diff, files  # noqa: PLC0415

    changes = diff.differences(files.of(before), files.of(after))
    if as_json:
        print(json_text.dumps({"equal": not changes, "changes": [change._asdict() for change in changes]}))
    else:
        print("\n".join(map(str, changes)) if changes else "the dictionaries are equal")
    raise typer.Exit(1 if changes else 0)
