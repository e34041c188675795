"""Samples and driver state follow the list of devices."""

from __future__ import annotations

import dataclasses

from hypothesis import given
from hypothesis import strategies as st

from fsw.core.device_sections import DriversSection, SamplesSection, device_sections
from fsw.core.pool import Pool
from fsw.core.registry import DEVICE_FIRST_ID, EXTENSION_FIRST_ID, flight_sections, load_registry, with_devices
from fsw.core.samples import SampleNames
from fsw.core.section import matching
from hal.samples import GyroSample, StarTrackerSample
from hal.vehicle.load import load_vehicle

VEHICLE = load_vehicle()
NAMES = [d.name for d in VEHICLE.devices]


def without(*names):
    return dataclasses.replace(VEHICLE, devices=tuple(d for d in VEHICLE.devices if d.name not in names))


def fields(section):
    return [f.name for f in section.fields]


def test_the_order_of_the_list_is_the_order_of_the_samples():
    samples, drivers = device_sections(VEHICLE)
    health = ["adcs_health", "eps_health", "star_tracker_health", "gnss_health"]
    assert fields(samples) == [*NAMES, *health]
    assert fields(drivers) == ["adcs", "eps", "star_tracker", "gnss"]
    turned = dataclasses.replace(VEHICLE, devices=VEHICLE.devices[::-1])
    assert fields(device_sections(turned)[0])[: len(NAMES)] == NAMES[::-1]


@given(st.sets(st.sampled_from(NAMES)))
def test_what_is_not_there_has_no_record(absent):
    vehicle = without(*absent)
    pool = Pool(flight_sections(vehicle))
    names = {p.name.split(".")[1] for p in pool.parameters() if p.section.section in ("samples", "drivers")}
    expected = {d.name for d in vehicle.devices} | {f"{link}_health" for link in vehicle.links} | set(vehicle.links)
    assert names == expected
    assert SampleNames(pool).all_of(GyroSample) == (() if "gyro" in absent else ("samples.gyro",))
    for section in pool.sections:
        for rule in ("gap_clears", "cold_keeps"):
            matching(section, rule)  # raises for a pattern that names nothing


def test_equal_lists_have_equal_classes_and_a_pool_finds_them_by_their_base():
    assert device_sections(VEHICLE) == device_sections(load_vehicle())
    pool = Pool(flight_sections())
    assert pool.array(SamplesSection)["gyro"].dtype == GyroSample.dtype()
    assert pool.offset(DriversSection) > pool.offset(SamplesSection)


def test_ids_of_the_reference_are_committed_and_others_do_not_move():
    committed = load_registry()
    assert with_devices(committed, flight_sections()) == committed
    second = dataclasses.replace(VEHICLE.device("star_tracker"), name="second", link="loop://second")
    more = dataclasses.replace(VEHICLE, devices=(*VEHICLE.devices, second))
    ids = with_devices(committed, flight_sections(more))
    added = {name: number for name, number in ids.items() if name not in committed}
    assert all(name.split(".")[1] in ("second", "second_health") for name in added)
    assert len(set(ids.values())) == len(ids)
    assert all(DEVICE_FIRST_ID <= number < EXTENSION_FIRST_ID for number in added.values())
    fewer = dataclasses.replace(without("gyro", "gnss"), devices=(second, *without("gyro", "gnss").devices))
    again = with_devices(committed, flight_sections(fewer))
    assert {name: again[name] for name in added} == added
    pool = Pool(flight_sections(more))
    assert SampleNames(pool).all_of(StarTrackerSample) == ("samples.star_tracker", "samples.second")
