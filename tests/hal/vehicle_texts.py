"""Texts of vehicle files, and what loading says of them."""

from __future__ import annotations

import pytest

from hal.schema import SchemaError
from hal.vehicle.load import VEHICLES, load_vehicle

REFERENCE = (VEHICLES / "reference.toml").read_text()


def refusal(tmp_path, text: str) -> str:
    """Load `text` as a vehicle file and return the one line that refuses it."""
    path = tmp_path / "broken.toml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(SchemaError) as error:
        load_vehicle(path)
    message = str(error.value)
    assert message.startswith("broken.toml: ")
    assert message.isprintable()
    return message.removeprefix("broken.toml: ")


def changed(old: str, new: str) -> str:
    assert old in REFERENCE
    return REFERENCE.replace(old, new, 1)


def load_text(tmp_path, text):
    path = tmp_path / "any.toml"
    path.write_text(text)
    return load_vehicle(path)
