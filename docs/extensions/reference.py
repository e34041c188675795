"""The reference pages, made anew from the code with every build: nothing of them is written by hand.

`PAGES` names the function that returns each page in Markdown; `setup` has them written to `docs/reference/generated`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path

import api
import commands
import schemas
from sphinx.application import Sphinx
from table import table

from ground.dictionary import markdown
from ground.dictionary.build import dictionary
from hal.vehicle.load import load_vehicle
from hal.vehicle.vehicle import Vehicle
from sim.devices.fault_kind import FaultKind
from sim.faults.catalogue import Catalogue
from sim.scenario.scenario import Scenario

ROOT = Path(__file__).parents[2]
ROOMS = ("hal", "ccsds", "firmware_bindings", "fsw", "sim", "ground", "tests")


def vehicle_file() -> str:
    """The vehicle file."""
    about = """One TOML file describes one satellite; flight, simulator, boards and ground all read it. Rules that need
more than one key are in `hal/vehicle/rules.py` and `hal/vehicle/physical_rules.py`. Unusual values
are accepted with a warning. A shipped example is `hal/vehicles/reference.toml`."""
    return schemas.page("Vehicle file", about, Vehicle)


def scenario_file() -> str:
    """The scenario file."""
    about = """One TOML file describes one mission: what only the truth knows, and what the ground does when. `at` names
an event: `separation`, `target`, `eclipse_entry:N`, `eclipse_exit:N` or `ascending_node:N`, N from 1. A shipped example
is `sim/scenarios/reference.toml`."""
    return schemas.page("Scenario file", about, Scenario)


@cache
def dictionary_pages() -> dict[str, str]:
    """The dictionary of the reference vehicle, section by section, as `smartsat dict export --to markdown` has it."""
    return markdown.pages(dictionary(), level=1)


def dictionary_page(*sections: str) -> str:
    """Sections of the dictionary, those after the first one level down."""
    first, *others = (dictionary_pages()[section] for section in sections)
    return "\n\n".join([first, *map(one_level_down, others)])


def faults() -> str:
    """The catalogue of faults, of the reference vehicle."""
    kinds = Catalogue(load_vehicle()).kinds
    out = "# Faults\n\nWhat `inject` and `[[fault]]` accept, as `smartsat faults list` prints it.\n\n"
    for level in ("physics", "board", "link"):
        rows = (
            (", ".join(f"`{target}`" for target in kind.targets), f"`{kind.name}`", fault_parameters(kind), kind.effect)
            for kind in kinds
            if kind.level == level
        )
        out += f"## Level: {level}\n\n" + table(("target", "fault", "parameters", "effect"), rows)
    return out


def fault_parameters(kind: FaultKind) -> str:
    """Return the parameters of a fault as one cell."""
    words = []
    for p in kind.parameters:
        unit = "" if p.unit == "1" else f" {p.unit}"
        words.append(f"`{p.name}`: {p.doc}" + ("" if p.default is None else f" (default {p.default:g}{unit})"))
    return "; ".join(words)


def rooms(package: str) -> str:
    """The READMEs of a package: what each of its folders must do, and which test proves it."""
    texts = []
    for path in sorted((ROOT / package).rglob("README.md"), key=lambda path: path.parent):
        text = seen_from_generated(path.read_text(encoding="utf-8"), path.parent)
        if path.parent == ROOT / package:
            texts.append(text)
        elif "templates" not in path.parts:
            texts.append(one_level_down(text))
    return "\n\n".join(texts)


def seen_from_generated(text: str, folder: Path) -> str:
    """Return the Markdown of a folder with its links to pages of `docs` as a generated page must write them."""

    def link(match: re.Match[str]) -> str:
        target = (folder / match[1]).resolve()
        if not target.is_relative_to(ROOT / "docs"):
            return match[0]
        return f"]({os.path.relpath(target, ROOT / 'docs/reference/generated')})"

    return re.sub(r"\]\(([^):#]+\.md)\)", link, text)


def one_level_down(text: str) -> str:
    """Return Markdown with its headings one level down; comments in its code are no headings."""
    return re.sub(r"^```.*?^```$|^#+ ", lambda m: m[0] if m[0][0] == "`" else "#" + m[0], text, flags=re.M | re.S)


PAGES: dict[str, Callable[[], str]] = {
    "vehicle-file": vehicle_file, "scenario-file": scenario_file, "command-line": commands.page, "faults": faults,
    "parameters": partial(dictionary_page, "parameters"), "enumerations": partial(dictionary_page, "enumerations"),
    "telecommands": partial(dictionary_page, "telecommands", "functions", "failures"),
    "telemetry": partial(dictionary_page, "telemetry", "housekeeping"),
    "events": partial(dictionary_page, "events"), "monitors": partial(dictionary_page, "monitors"),
    "link": partial(dictionary_page, "link"),
}  # fmt: skip
PAGES |= {f"api-{package}": partial(api.page, package) for package in api.PACKAGES}
PAGES |= {f"rooms-{package}": partial(rooms, package) for package in ROOMS}


def write(app: Sphinx) -> None:
    """Write the pages that are not as they should be, so that Sphinx reads anew only what changed."""
    folder = Path(app.srcdir) / "reference/generated"
    folder.mkdir(exist_ok=True)
    for name, make in PAGES.items():
        path, text = folder / f"{name}.md", make()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
    for path in folder.glob("*.md"):
        if path.stem not in PAGES:
            path.unlink()


def setup(app: Sphinx) -> dict[str, bool]:
    """Have the pages written before Sphinx looks for sources."""
    app.connect("builder-inited", write)
    app.connect("autodoc-process-docstring", api.plain)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
