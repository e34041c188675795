"""Kinds of devices are found by entry points, shipped ones and others alike (HAL-23)."""

from __future__ import annotations

import importlib.metadata

import pytest

from hal.devices import registry
from hal.devices.device import Device
from hal.devices.kind import DeviceKind
from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from tests.hal.kinds import FINE

SHIPPED = {
    "gyro", "magnetometer", "coarse_sun_sensors", "star_tracker", "gnss", "reaction_wheels", "magnetorquers", "power",
}  # fmt: skip


@pytest.fixture
def offers(monkeypatch):
    """Installed packages offer exactly these kinds: name and object."""
    entries = []

    def of_group(group):
        assert group == "smartsat.devices"
        return entries

    monkeypatch.setattr(registry, "_found", {})
    monkeypatch.setattr(importlib.metadata, "entry_points", of_group)
    registry._offered.cache_clear()
    yield lambda name, value: entries.append(importlib.metadata.EntryPoint(name, value, registry.GROUP))
    registry._offered.cache_clear()


def test_shipped_kinds_are_installed_under_their_own_names():
    assert set(registry.kind_names()) >= SHIPPED
    for name in SHIPPED:
        kind = registry.find_kind(name, "", "")
        assert kind.name == name
        assert issubclass(kind.settings, Device)


def test_a_kind_of_another_package_is_found_by_its_entry_point(offers):
    offers("fine", "tests.hal.kinds:FINE")
    assert registry.find_kind("fine", "x.toml", "kind") is FINE
    assert registry.find_kind("tests.hal.kinds:FINE", "x.toml", "kind") is FINE


def test_an_install_that_is_older_than_its_sources_says_what_to_do(offers):
    with pytest.raises(SchemaError) as error:
        load_vehicle()
    assert str(error.value) == (
        "reference.toml: device[0] \"gyro\": kind: found 'gyro', expected a kind of device; "
        "no installed package offers a kind of device: after an update run make environment"
    )


def test_an_entry_point_that_leads_to_no_kind_is_one_line(offers):
    offers("gyro", "tests.hal.kinds:NOT_A_KIND")
    with pytest.raises(SchemaError, match=r"kinds:NOT_A_KIND is 7, expected a hal\.devices\.kind\.DeviceKind"):
        load_vehicle()
    offers("gyro", "tests.hal.gone:KIND")
    registry._offered.cache_clear()
    with pytest.raises(SchemaError, match=r"found 'tests\.hal\.gone:KIND', but there is no module 'tests\.hal\.gone'"):
        load_vehicle()


def test_a_similar_name_is_suggested(offers):
    offers("gyro", "tests.hal.kinds:FINE")
    with pytest.raises(SchemaError, match=r"found 'gyros', expected one of: gyro; or package.module:OBJECT; did you"):
        registry.find_kind("gyros", "x.toml", "kind")


def test_a_kind_is_read_only():
    with pytest.raises(AttributeError):
        FINE.name = "other"
    assert isinstance(FINE, DeviceKind)
