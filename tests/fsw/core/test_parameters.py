"""On-board parameters: defaults from the vehicle file, limits, refusals that change nothing."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.core.events import EventId, EventQueue
from fsw.core.parameters import ParameterError, ParameterRefusal, ParameterStore
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.core.sections import ParametersSection
from hal.vehicle.load import load_vehicle

VEHICLE = load_vehicle()


@pytest.fixture(scope="module")
def flight():
    pool = Pool(flight_sections())
    events = EventQueue(pool)
    return pool, events, ParameterStore(pool, VEHICLE, events)


def test_defaults_are_the_vehicle_files(flight):
    _pool, _, store = flight
    assert store.get("safe_rate_radps") == VEHICLE.limits.safe_rate_radps
    assert store.get("fine_hold_s") == VEHICLE.autonomy.fine_hold_s
    assert store.get("detumble_exit_radps") == VEHICLE.control.detumble_exit_radps
    assert store.names == tuple(f.name for f in ParametersSection.fields)
    assert all(f.low is not None and f.high is not None for f in ParametersSection.fields)


def test_a_parameter_is_set_by_name_and_by_id_in_the_pool(flight):
    pool, events, store = flight
    events.drain()
    number = pool.parameter("parameters.fine_hold_s").id
    store.set("fine_hold_s", 12)
    assert pool["parameters.fine_hold_s"] == 12.0
    store.set(number, 13.5)
    assert store.get(number) == store.get("fine_hold_s") == 13.5
    assert [(e.id, e.values) for e in events.drain()] == [
        (EventId.PARAMETER_SET, (number, VEHICLE.autonomy.fine_hold_s, 12.0)),
        (EventId.PARAMETER_SET, (number, 12.0, 13.5)),
    ]


@pytest.mark.parametrize(("key", "value", "reason"), [
    ("fine_hold", 1.0, ParameterRefusal.UNKNOWN),
    (0, 1.0, ParameterRefusal.UNKNOWN),
    (65535, 1.0, ParameterRefusal.UNKNOWN),
    ("fine_hold_s", -0.1, ParameterRefusal.OUT_OF_LIMITS),
    ("fine_hold_s", float("nan"), ParameterRefusal.NOT_A_NUMBER),
    ("fine_hold_s", float("inf"), ParameterRefusal.NOT_A_NUMBER),
    ("fine_hold_s", "7", ParameterRefusal.NOT_A_NUMBER),
    ("fine_hold_s", True, ParameterRefusal.NOT_A_NUMBER),
])  # fmt: skip
def test_what_may_not_be_set_is_refused_with_a_reason_and_an_event(flight, key, value, reason):
    pool, events, store = flight
    events.drain()
    before = pool.array(ParametersSection).tobytes()
    with pytest.raises(ParameterError) as caught:
        store.set(key, value)
    assert caught.value.reason is reason
    assert pool.array(ParametersSection).tobytes() == before
    (event,) = events.drain()
    assert (event.id, event.values[1]) == (EventId.PARAMETER_REFUSED, reason)


@given(st.sampled_from([f.name for f in ParametersSection.fields]), st.floats(allow_nan=True))
def test_a_parameter_is_always_within_its_limits(flight, name, value):
    pool, events, store = flight
    entry = pool.parameter(f"parameters.{name}")
    before = store.get(name)
    try:
        store.set(name, value)
    except ParameterError:
        assert store.get(name) == before
    assert entry.low <= store.get(name) <= entry.high
    events.drain()


def test_a_vehicle_file_with_a_default_out_of_limits_is_refused():
    limits = dataclasses.replace(VEHICLE.limits, board_silent_s=1e9)
    pool = Pool(flight_sections())
    with pytest.raises(ParameterError, match=r"board_silent_s: found 1e\+09 s, expected 0.2 to 3600"):
        ParameterStore(pool, dataclasses.replace(VEHICLE, limits=limits), EventQueue(pool))
