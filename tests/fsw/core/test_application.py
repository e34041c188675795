"""The base class of extension applications, and their events."""

import pytest

from fsw.core.application import ExtensionApplication, ExtensionEvents
from fsw.core.events import EventId, EventQueue, Severity
from fsw.core.pool import Pool
from fsw.core.registry import append, parameter_names
from fsw.core.sections import EventsSection, TimeSection

SECTIONS = [TimeSection, EventsSection]
POOL = Pool(SECTIONS, append({}, parameter_names(SECTIONS)))


@pytest.mark.parametrize("severity", Severity)
def test_events_of_an_application_carry_its_number_its_code_and_two_values(severity):
    queue = EventQueue(POOL)
    events = ExtensionEvents(queue, 0)
    events.raise_event(severity, 7)
    events.number = 21
    events.raise_event(severity, 8, 1.5, -2.5)
    first, second = queue.drain()
    assert EventId(first.id).name == f"EXTENSION_{severity.name}"
    assert first.severity is second.severity is severity
    assert (first.values, second.values) == ((0.0, 7.0, 0.0, 0.0), (21.0, 8.0, 1.5, -2.5))


def test_an_application_is_given_its_world_and_has_to_define_its_step():
    events = ExtensionEvents(EventQueue(POOL), 0)
    with pytest.raises(TypeError, match="abstract"):
        ExtensionApplication(POOL, "vehicle", events, "settings")

    class Idle(ExtensionApplication):
        def step(self):
            pass

    made = Idle(POOL, "vehicle", events, "settings")
    assert (made.pool, made.vehicle, made.events, made.settings) == (POOL, "vehicle", events, "settings")
    assert (made.sections, made.Settings, made.housekeeping) == ((), None, ())
    made.resume()
