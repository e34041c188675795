"""What ground set is kept across a restart: two copies, judged anew, and never half."""

import dataclasses
import math
import struct
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.core.events import EventId, EventQueue
from fsw.core.parameters import NAMES, ParameterError, ParameterRefusal, ParameterStore
from fsw.core.persistence import DirectoryStorage, StorageError
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.core.sections import ParametersSection
from fsw.dictionary.event_words import describe
from hal.vehicle.load import load_vehicle
from hal.vehicle.onboard_limits import Relation, relation_defects
from hal.vehicle.rules import first_defect

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


def test_with_nothing_kept_the_defaults_hold_whatever_a_snapshot_says():
    flight = Flight(Memory())
    flight.pool.view("parameters.fine_hold_s")[...] = 12.0
    assert Flight(Memory(), snapshot=flight.pool.snapshot()).store.get("fine_hold_s") == DEFAULT


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


def test_of_a_sound_copy_that_ends_within_an_entry_the_whole_ones_are_taken():
    pool = Pool(flight_sections())
    hold, rate = (pool.parameter(f"parameters.{n}").id for n in ("fine_hold_s", "safe_rate_radps"))
    entries = struct.pack("<Hd", hold, 12.0) + struct.pack("<Hd", rate, 0.5)
    for whole, octets in ((2, entries + b"end"), (1, entries[:-1]), (2, entries)):
        check = zlib.crc32(octets, zlib.crc32(struct.pack("<I", 1)))
        flight = Flight(Memory({"parameters.1": struct.pack("<4sII", b"SSPM", 1, check) + octets}))
        assert flight.said == [(EventId.PARAMETERS_RESTORED, (float(whole), 1.0))]
        assert flight.store.get("fine_hold_s") == 12.0


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
    assert not flight.store.keep()
    storage.refuses = False
    assert Flight(storage).store.get("fine_hold_s") == 11.0


def vehicle_with(key, value, vehicle=VEHICLE):
    """The vehicle with one key, "limits.board_silent_s", changed."""
    table, _, rest = key.partition(".")
    if table in {d.name for d in getattr(vehicle, "devices", ())}:
        return vehicle.changed(table, **{rest: value})
    inner = getattr(vehicle, table)
    changed = dataclasses.replace(inner, **{rest: value}) if "." not in rest else vehicle_with(rest, value, inner)
    return dataclasses.replace(vehicle, **{table: changed})


def value_of(key, vehicle):
    return vehicle.value(key)


EXIT = VEHICLE.control.detumble_exit_radps
ALONE = {  # what else the file says, where another relation would be broken first
    Relation.DETUMBLE_EXIT_BELOW_SAFE_RATE: {
        "autonomy.detumble_enter_radps": 5.0, "control.slew_rate_max_radps": EXIT / 2,
    },
    Relation.SLEW_RATE_BELOW_SAFE_RATE: {"control.slew_rate_max_radps": EXIT * 2},
    Relation.ADCS_PERIOD_BELOW_BOARD_SILENT: {
        "boards.adcs.period_ms": 800, "boards.adcs.command_timeout_ms": 900, "boards.adcs.watchdog_ms": 1600,
        "boards.adcs.reflex_after_ms": 0, "boards.eps.period_ms": 200,
    },
}  # fmt: skip


def sides():
    """Each relation with each of its keys that is an on-board parameter, and a vehicle on which it can be broken."""
    for relation in Relation:
        vehicle = VEHICLE
        for key, value in ALONE.get(relation, {}).items():
            vehicle = vehicle_with(key, value, vehicle)
        for key in relation.keys:
            if key in NAMES:
                yield pytest.param(relation, key, vehicle, id=f"{relation.name}: {NAMES[key]}")


@pytest.mark.parametrize(("relation", "key", "vehicle"), list(sides()))
def test_what_the_vehicle_file_may_not_say_may_not_be_set_nor_kept(relation, key, vehicle):
    """The other's value breaks the relation, for file, telecommand and what was kept; the next number does not."""
    edge = value_of(relation.upper, vehicle) / relation.scale
    beyond = math.inf
    if key == relation.upper:
        edge, beyond = value_of(relation.lower, vehicle) * relation.scale, -math.inf
    name = NAMES[key]
    inside = math.nextafter(edge, -beyond)
    assert [d.where for d in relation_defects(lambda k: value_of(k, vehicle_with(key, edge, vehicle)), str)] != []
    assert first_defect(vehicle_with(key, edge, vehicle)) is not None
    flight = Flight(Memory(), vehicle)
    with pytest.raises(ParameterError) as caught:
        flight.store.set(name, edge)
    assert (caught.value.reason, caught.value.value) == (ParameterRefusal.CONTRADICTION, relation)
    (event,) = flight.events.drain()
    assert (event.id, event.values) == (EventId.PARAMETER_CONTRADICTS, (caught.value.number, edge, relation))
    assert relation.name in describe(event.id, event.values)
    assert flight.store.get(name) == value_of(key, vehicle)
    flight.store.set(name, inside)
    assert first_defect(vehicle_with(key, inside, vehicle)) is None
    number = flight.pool.parameter(f"parameters.{name}").id
    again = Flight(Memory({"parameters.1": kept_file((number, edge))}), vehicle)
    assert again.store.get(name) == value_of(key, vehicle)
    assert again.said[0] == (EventId.PARAMETER_NOT_RESTORED, (number, edge, ParameterRefusal.CONTRADICTION))


def test_values_that_belong_together_are_judged_together():
    """Both rates of detumbling may pass each other's old value in one telecommand."""
    flight = Flight(Memory())
    exit_, enter = flight.store.get("detumble_exit_radps"), flight.store.get("detumble_enter_radps")
    wanted = [("detumble_exit_radps", enter), ("detumble_enter_radps", enter + exit_)]
    with pytest.raises(ParameterError):
        flight.store.set(*wanted[0])
    flight.store.set_all(wanted)
    assert flight.store.get("detumble_exit_radps") == enter


def test_a_kept_value_that_does_not_fit_the_new_vehicle_file_falls_back():
    """The file changed between two starts; the other values stay as ground set them."""
    storage = Memory()
    Flight(storage).store.set_all([("board_silent_s", 1.5), ("fine_hold_s", 12.0)])
    slower = vehicle_with("boards.eps.period_ms", 2000)
    flight = Flight(storage, slower)
    assert flight.store.get("board_silent_s") == VEHICLE.limits.board_silent_s
    assert flight.store.get("fine_hold_s") == 12.0
    assert [e for e, _ in flight.said] == [EventId.PARAMETER_NOT_RESTORED, EventId.PARAMETERS_RESTORED]


def test_values_of_a_snapshot_are_judged_when_nothing_kept_can_be_read():
    storage = Memory()
    flight = Flight(storage)
    flight.store.set_all([("board_silent_s", 1.5), ("fine_hold_s", 12.0)])
    snapshot = flight.pool.snapshot()
    again = Flight(Memory({"parameters.0": b"x"}), vehicle_with("boards.eps.period_ms", 2000), snapshot)
    assert again.store.get("board_silent_s") == VEHICLE.limits.board_silent_s
    assert again.store.get("fine_hold_s") == 12.0
