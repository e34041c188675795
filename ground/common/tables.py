"""Tables in a terminal of any width: a table that does not fit is printed entry by entry, and nothing is cut off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.console import Console
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

WIDEST = 10_000  # columns, of a terminal that fits any table


@dataclass
class Listing:
    """A table: names of columns, rows of plain text. `right`: columns to the right; `lines`: a line after each row."""

    columns: Sequence[str]
    title: str = ""
    right: Sequence[str] = ()
    lines: bool = False
    head: bool = True
    rows: list[tuple[str, ...]] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)  # of the last cell of each row

    def add(self, *cells: str, style: str = "") -> None:
        """Append a row."""
        self.rows.append(cells)
        self.styles.append(style)


def show(console: Console, listing: Listing) -> None:
    """Print a listing: as a table where no word of it has to be broken, else one entry after the other."""
    table = _table(listing)
    if Measurement.get(console, console.options.update_width(WIDEST), table).minimum <= console.width:
        console.print(table)
        return
    if listing.title:
        console.print(listing.title, soft_wrap=True, markup=False)
    width = max(map(len, listing.columns))
    for row, style in zip(listing.rows, listing.styles, strict=True):
        if listing.head:
            console.print(row[0], soft_wrap=True, markup=False)
            for name, cell in zip(listing.columns[1:], row[1:], strict=True):
                last = name == listing.columns[-1]
                _field(console, name.ljust(width), cell, style if last else "")
        else:
            _field(console, row[0], " ".join(row[1:]) if "\n" not in row[1] else row[1], style)


def _field(console: Console, name: str, cell: str, style: str) -> None:
    text = cell.replace("\n", "\n    ")
    console.print(f"  {name}  {text}", style=style or None, soft_wrap=True, markup=False)


def _table(listing: Listing) -> Table:
    table = Table(title=listing.title or None, title_justify="left", show_lines=listing.lines, show_header=listing.head)
    for name in listing.columns:
        table.add_column(name, justify="right" if name in listing.right else "left", overflow="fold")
    for row, style in zip(listing.rows, listing.styles, strict=True):
        table.add_row(*(_plain(cell) for cell in row[:-1]), _plain(row[-1], style))
    return table


def _plain(cell: str, style: str = "") -> Text:
    return Text(cell, style=style, overflow="fold")
