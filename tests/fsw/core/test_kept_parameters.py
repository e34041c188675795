"""What ground set is kept across a restart: two copies, judged anew, and never half."""

import dataclasses
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.core.events import EventId, EventQueue
from fsw.core.parameters import ParameterStore
from fsw.core.persistence import DirectoryStorage, StorageError
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.core.sections import ParametersSection
from hal.vehicle import load_vehicle

VEHICLE = load_vehicle()
DEFAULT = VEHICLE.autonomy.fine_hold_s


class Memory(dict):
    """A storage; `refuses` makes every write fail."""

    refuses = False

    def read(self, name):
        return self.get(name)

    def write(self, name, octets):
        if self.refuses:
            raise StorageError("no room")
        self[name] = octets


class Flight:
    """One start of the flight software's parameters on a storage."""

    def __init__(self, storage, vehicle=VEHICLE, snapshot=None):
        self.pool = Pool(flight_sections())
        self.events = EventQueue(self.pool)
        self.store = ParameterStore(self.pool, vehicle, self.events, storage)
        if snapshot is not None:
            self.pool.restore(snapshot)
        self.store.load()
        self.said = [(e.id, e.values) for e in self.events.drain()]


def test_a_first_start_has_the_defaults_and_writes_nothing():
    storage = Memory()
    flight = Flight(storage)
    assert flight.store.get("fine_hold_s") == DEFAULT
    assert (storage, flight.said) == ({}, [])


@pytest.mark.parametrize("storage", ["memory", "folder"])
def test_what_ground_set_is_there_after_a_restart(tmp_path, storage):
    kept = Memory() if storage == "memory" else DirectoryStorage(tmp_path / "state")
    first = Flight(kept)
    first.store.set("fine_hold_s", 12.0)
    first.store.set_all([("safe_rate_radps", 0.5), ("rate_hold_s", 3.0)])
    second = Flight(kept)
    names = ("fine_hold_s", "safe_rate_radps", "rate_hold_s", "board_silent_s")
    assert [second.store.get(n) for n in names] == [12.0, 0.5, 3.0, VEHICLE.limits.board_silent_s]
    assert second.said == [(EventId.PARAMETERS_RESTORED, (3.0, 2.0))]


def test_what_is_kept_is_newer_than_any_snapshot():
    """A checkpoint of before the telecommand does not undo it, nor does one of a value that was put back."""
    storage = Memory()
    flight = Flight(storage)
    early = flight.pool.snapshot()
    flight.store.set("fine_hold_s", 12.0)
    late = flight.pool.snapshot()
    assert Flight(storage, snapshot=early).store.get("fine_hold_s") == 12.0
    flight.store.set("fine_hold_s", DEFAULT)
    assert Flight(storage, snapshot=late).store.get("fine_hold_s") == DEFAULT


def test_only_what_differs_from_the_vehicle_file_is_kept():
    """A new vehicle file changes what ground never touched."""
    storage = Memory()
    Flight(storage).store.set("fine_hold_s", 12.0)
    other = dataclasses.replace(VEHICLE, limits=dataclasses.replace(VEHICLE.limits, safe_rate_radps=0.3))
    flight = Flight(storage, other)
    assert (flight.store.get("fine_hold_s"), flight.store.get("safe_rate_radps")) == (12.0, 0.3)


def kept_file(*pairs, generation=1):
    octets = b"".join(struct.pack("<Hd", *pair) for pair in pairs)
    check = zlib.crc32(octets, zlib.crc32(struct.pack("<I", generation)))
    return struct.pack("<4sII", b"SSPM", generation, check) + octets


def test_a_kept_value_that_no_longer_fits_is_refused_with_an_event():
    """Limits of newer flight software: the value out of them is left, the others are taken."""
    pool = Pool(flight_sections())
    hold, rate = (pool.parameter(f"parameters.{n}").id for n in ("fine_hold_s", "safe_rate_radps"))
    flight = Flight(Memory({"parameters.1": kept_file((hold, -1.0), (rate, 0.5), (999, 1.0), (hold, float("nan")))}))
    assert (flight.store.get("fine_hold_s"), flight.store.get("safe_rate_radps")) == (DEFAULT, 0.5)
    assert [e for e, _ in flight.said] == [EventId.PARAMETER_NOT_RESTORED] * 3 + [EventId.PARAMETERS_RESTORED]
    assert flight.said[0][1] == (hold, -1.0, 3.0)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_a_damaged_copy_leaves_the_one_before(data):
    storage = Memory()
    flight = Flight(storage)
    for value in (1.0, 2.0, 3.0):
        flight.store.set("fine_hold_s", value)
    name = "parameters.1"  # of generation 3
    octets = bytearray(storage[name])
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= data.draw(st.integers(1, 255))
    storage[name] = bytes(octets)
    again = Flight(storage)
    assert again.store.get("fine_hold_s") == 2.0
    assert again.said[0] == (EventId.PARAMETERS_DAMAGED, (1.0,))
    again.store.set("fine_hold_s", 4.0)
    assert Flight(storage).store.get("fine_hold_s") == 4.0


@given(st.binary(max_size=60), st.binary(max_size=60))
@settings(max_examples=40, deadline=None)
def test_any_octets_on_the_storage_leave_values_within_limits(one, two):
    flight = Flight(Memory({"parameters.0": one, "parameters.1": kept_file() + two}))
    for f in ParametersSection.fields:
        assert f.low <= flight.store.get(f.name) <= f.high


def test_when_both_copies_are_damaged_the_values_of_the_snapshot_hold():
    storage = Memory()
    flight = Flight(storage)
    flight.store.set("fine_hold_s", 12.0)
    snapshot = flight.pool.snapshot()
    assert Flight(Memory({"parameters.1": b"x"}), snapshot=snapshot).store.get("fine_hold_s") == 12.0


def test_a_storage_that_refuses_is_an_event_and_the_value_holds_for_now():
    storage = Memory()
    flight = Flight(storage)
    flight.store.set("fine_hold_s", 11.0)
    storage.refuses = True
    flight.events.drain()
    flight.store.set("fine_hold_s", 12.0)
    assert flight.store.get("fine_hold_s") == 12.0
    assert [e.id for e in flight.events.drain()] == [EventId.PARAMETER_SET, EventId.PARAMETERS_NOT_SAVED]
    storage.refuses = False
    assert Flight(storage).store.get("fine_hold_s") == 11.0
