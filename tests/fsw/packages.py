"""Packages with applications and units: copies of the live templates under names of their own."""

import itertools
import json
import re
from pathlib import Path

import ground
from fsw.core.registry import EXTENSION_FIRST_ID
from hal.vehicle.load import load_vehicle

TEMPLATES = Path(ground.__file__).with_name("templates")
COUNT = itertools.count(1)


def make_package(folder, template, edit=lambda _name, text: text, first=None):
    """Make a package in `folder`, which is on the path; return the path of its vehicle file."""
    old, number = f"my_{template}", next(COUNT)
    new, camel = f"extra{number}", {"app": "MyApp", "device": "MyDevice"}[template]
    package = folder / new
    package.mkdir()
    for path in (TEMPLATES / template / old).iterdir():
        if path.is_file():
            text = re.sub(rf"\b{old}", new, path.read_text()).replace(camel, f"Extra{number}")
            if path.name == "registry.json":
                names = json.loads(text)
                text = json.dumps({n: i for i, n in enumerate(names, first or EXTENSION_FIRST_ID + 64 * number)})
            (package / path.name).write_text(edit(path.name, text))
    return package / "vehicle.toml"


def both(app, device):
    """A vehicle with the application on the vehicle of the device."""
    path = app.with_name("both.toml")
    path.write_text(app.read_text().replace('"reference"', f'"{device}"'))
    return load_vehicle(path)
