"""`smartsat faults list`: the catalogue of faults as a table or as JSON."""

from __future__ import annotations

import json

from rich.console import Console
from rich.table import Table

from sim.faults.catalogue import CATALOGUE
from sim.faults.kind import FaultKind, Parameter


def show(as_json: bool) -> None:
    """Print every fault of the catalogue."""
    if as_json:
        print(json.dumps({"faults": [kind.as_dict() for kind in CATALOGUE]}))
        return
    table = Table(title="Faults that can be injected", title_justify="left", show_lines=True)
    for name in ("target", "fault", "level", "parameters", "effect"):
        table.add_column(name, overflow="fold")
    for kind in CATALOGUE:
        table.add_row("\n".join(kind.targets), kind.name, kind.level, _parameters(kind), f"{kind.effect}.")
    Console(highlight=False, markup=False).print(table)


def _parameters(kind: FaultKind) -> str:
    words = [_parameter(p) for p in kind.parameters]
    return "\n".join(words) if words else "none"


def _parameter(p: Parameter) -> str:
    unit = f" [{p.unit}]" if p.unit not in {"", "1"} else ""
    default = "all" if p.default is None else f"{p.default:g}"
    return f"{p.name} = {default}{unit}: {p.doc}"
