"""Events: numbers, severities and words; the bounded queue."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.core.events import EventId, EventQueue, Severity
from fsw.core.pool import Pool
from fsw.core.registry import append, parameter_names
from fsw.core.sections import EVENT_RING, EventsSection, TimeSection
from fsw.dictionary.event_words import WORDS, describe
from fsw.guidance.modes import AdcsMode

SECTIONS = [TimeSection, EventsSection]
REGISTRY = append({}, parameter_names(SECTIONS))
# Released numbers: a number keeps its meaning for ever.
RELEASED = {
    1: "SYSTEM_MODE_CHANGED", 2: "ADCS_MODE_CHANGED", 3: "SAFE_ENTERED", 4: "REQUEST_REFUSED", 5: "MONITOR_CONFIRMED",
    6: "MONITOR_CLEARED", 7: "TARGET_SET", 8: "BOARD_STARTED", 9: "BOARD_FAULT", 10: "BOARD_IDENTITY",
    11: "BOARD_REFUSED", 16: "APPLICATION_EXCEPTION", 17: "APPLICATION_FAILED",
    18: "APPLICATION_RECOVERED", 32: "PARAMETER_SET", 33: "PARAMETER_REFUSED", 34: "PARAMETERS_RESTORED",
    35: "PARAMETER_NOT_RESTORED", 36: "PARAMETERS_DAMAGED", 37: "PARAMETERS_NOT_SAVED", 40: "SNAPSHOT_SAVED",
    41: "SNAPSHOT_RESTORED", 42: "SNAPSHOT_DAMAGED", 43: "SNAPSHOT_REFUSED", 44: "SNAPSHOT_NOT_SAVED",
    48: "MONITOR_NOTED", 49: "MONITOR_LOW", 50: "MONITOR_HIGH", 51: "DEVICE_EXCLUDED", 52: "DEVICE_ADMITTED",
    53: "DEVICE_KEPT", 54: "LOADS_HELD_OFF", 55: "ESTIMATOR_SOURCES",
    64: "COLD_START", 65: "WARM_START", 66: "TIME_NOT_RECOVERED", 67: "FLIGHT_RESTARTED", 68: "TIME_SYNCHRONISED",
    69: "TIME_REFUSED", 38: "PARAMETER_CONTRADICTS",
    79: "TELECOMMAND_UNREADABLE",
}  # fmt: skip


@pytest.fixture
def pool():
    return Pool(SECTIONS, REGISTRY)


def test_released_numbers_keep_their_meaning():
    assert {number: EventId(number).name for number in RELEASED} == RELEASED


def test_numbers_are_unique_and_fit_the_report():
    numbers = [int(e) for e in EventId]
    assert len(set(numbers)) == len(EventId.__members__)
    assert all(0 < n < 128 for n in numbers)


@pytest.mark.parametrize("event", EventId)
def test_every_text_can_be_made_of_four_values(event):
    text = describe(event, (1.0, 2.0, 3.0, 4.0))
    assert text
    assert "{" not in text
    assert not text.startswith(event.name)  # the template was used, not the fallback
    assert isinstance(event.severity, Severity)


def test_an_event_reads_as_words(pool):
    pool.array(TimeSection)["t_ns"] = 42
    queue = EventQueue(pool)
    queue.raise_event(EventId.ADCS_MODE_CHANGED, AdcsMode.NADIR, AdcsMode.TARGET)
    (event,) = queue.drain()
    assert (event.id, event.t_ns, event.number, event.values) == (EventId.ADCS_MODE_CHANGED, 42, 0, (4.0, 5.0))
    assert describe(event.id, event.values) == "ADCS mode NADIR -> TARGET"
    assert event.severity is Severity.INFORMATIVE
    assert pool["events.of_severity"].tolist() == [1, 0, 0, 0]


@given(st.integers(0, 0xFFFF), st.lists(st.floats(), max_size=4))
def test_words_are_found_for_anything_that_arrives(number, values):
    assert isinstance(describe(number, tuple(values)), str)
    assert set(WORDS) == {
        "system", "adcs", "safe", "board", "reset", "identity", "device", "exclusion", "start", "time_source",
        "restart", "refusal", "request", "refused", "exception", "loads", "sources",
        "relation",
    }  # fmt: skip


def test_a_full_queue_drops_the_new_and_counts(pool):
    queue = EventQueue(pool)
    for i in range(EVENT_RING + 5):
        queue.raise_event(EventId.PARAMETER_SET, i)
    assert (queue.waiting, pool["events.dropped"]) == (EVENT_RING, 5)
    assert [e.values[0] for e in queue.drain()] == list(range(EVENT_RING))
    queue.raise_event(EventId.PARAMETER_SET, 99)
    assert queue.drain()[0].number == EVENT_RING + 5  # the gap shows on ground


def test_more_values_than_a_report_carries_are_a_mistake(pool):
    with pytest.raises(ValueError, match="PARAMETER_SET: 5 values, expected at most 4"):
        EventQueue(pool).raise_event(EventId.PARAMETER_SET, 1, 2, 3, 4, 5)
    assert pool["events.raised"] == 0


@settings(max_examples=50)
@given(st.lists(st.one_of(st.sampled_from(list(EventId)), st.integers(0, 80)), max_size=200))
def test_every_event_is_taken_dropped_or_waiting(steps):
    """The ledger of events: raised = taken + dropped + waiting, and order is kept, across snapshots too."""
    pool = Pool(SECTIONS, REGISTRY)
    queue = EventQueue(pool)
    taken = []
    for step in steps:
        if isinstance(step, EventId):
            queue.raise_event(step, 1.5)
        else:
            taken += [e.number for e in queue.drain(step)]
            snapshot = pool.snapshot()
            pool = Pool(SECTIONS, REGISTRY)
            pool.restore(snapshot)
            queue = EventQueue(pool)
        queue.collect()
        assert pool["events.raised"] == pool["events.taken"] + pool["events.dropped"] + queue.waiting
    assert taken == sorted(set(taken))
    assert len(taken) == pool["events.taken"]


@pytest.mark.parametrize("value", ["high", np.zeros(3), 10**400, None])
def test_what_is_no_number_is_refused_where_it_is_raised(value):
    """The application that raises it has the exception; the queue and its counts are sound."""
    pool = Pool(SECTIONS, REGISTRY)
    queue = EventQueue(pool)
    with pytest.raises((TypeError, ValueError, OverflowError)):
        queue.raise_event(EventId.TIME_REFUSED, value)
    queue.raise_event(EventId.TIME_REFUSED, 1.0)
    assert [e.values for e in queue.drain()] == [(1.0,)]
    assert pool["events.raised"] == 1


def test_values_are_those_of_the_moment_at_which_the_event_was_raised():
    """A view of the pool may change before the event is collected."""
    pool = Pool(SECTIONS, REGISTRY)
    queue = EventQueue(pool)
    value = np.array(0.7)
    queue.raise_event(EventId.TIME_REFUSED, value)
    value[...] = 0.0
    assert [e.values for e in queue.drain()] == [(0.7,)]
