"""`smartsat campaign`: flies many flights, shows their results, flies one of them again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ground.common.paths import PATH
from hal import json_text

app = typer.Typer(no_args_is_help=True)
RESULTS = "File of a campaign's results."


@app.command()
def run(
    definition: Annotated[Path, typer.Argument(**PATH, help="Campaign file (.toml).")],
    results: Annotated[Path, typer.Argument(**PATH, help=RESULTS + " What is in it already is not flown again.")],
    workers: Annotated[
        int | None, typer.Option(min=1, max=1024, help="Flights at a time; default: one a core.")
    ] = None,
) -> None:
    """Fly a campaign; exit 1 when a flight is not as it must be. After any end, the same command continues it."""
    from rich.console import Console  # noqa: PLC0415 - keeps `--help` fast

    from ground.campaign.file import load_campaign  # noqa: PLC0415
    from ground.campaign.progress import ConsoleProgress  # noqa: PLC0415
    from ground.campaign.runner import run as fly_all  # noqa: PLC0415

    console = Console(stderr=True, highlight=False, markup=False)
    summary = fly_all(load_campaign(definition), results, workers=workers, progress=ConsoleProgress(console))
    _print(results)
    raise typer.Exit(summary.exit_code)


@app.command()
def show(results: Annotated[Path, typer.Argument(**PATH, help=RESULTS)]) -> None:
    """Print the table of a campaign, also while it flies."""
    _print(results)


@app.command()
def fly(
    results: Annotated[Path, typer.Argument(**PATH, help=RESULTS)],
    number: Annotated[int, typer.Argument(min=0, help="Which flight.")],
) -> None:
    """Fly one flight of a campaign again, in this process, and print its result; exit 1 when the result differs."""
    from ground.campaign.runner import again  # noqa: PLC0415

    shown, same = again(results, number)
    print(json_text.dumps(shown, indent=1))
    raise typer.Exit(0 if same else 1)


def _print(results: Path) -> None:
    from ground.campaign.store import Store  # noqa: PLC0415
    from ground.campaign.table import table  # noqa: PLC0415

    with Store(results) as store:
        print(table(store), end="")
