"""WORD: events have names and units on ground; without the vehicle they have numbers with a label."""

import inspect
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.autonomy.board_watch import BoardWatch
from fsw.autonomy.requests import Refusal
from fsw.core.events import EventId
from fsw.core.exceptions import ExceptionType
from fsw.dictionary.event_words import describe
from fsw.health.devices import AttitudeSource
from fsw.main import FlightSoftware
from ground.dictionary import files
from ground.dictionary.build import dictionary
from ground.dictionary.event_words import EventWords
from ground.link.segment import GroundSegment
from hal.vehicle.functions import Function
from hal.vehicle.load import load_vehicle
from hal.wire import EpsSwitch
from sim.mission import Mission
from sim.scenario.scenario import load_scenario

CONTENT = dictionary()
WORDS = EventWords(CONTENT)
MONITORS = {m["name"]: m["number"] for m in CONTENT["monitors"]}
LIMITS = {p["name"]: p["id"] for p in CONTENT["parameters"]}


@pytest.mark.parametrize(
    ("event", "values", "named", "plain"),
    [
        (EventId.REQUEST_REFUSED, (Function.NADIR, Refusal.ATTITUDE_INVALID),
         "mode request NADIR refused: ATTITUDE_INVALID", "mode request NADIR refused: ATTITUDE_INVALID"),
        (EventId.MONITOR_HIGH, (MONITORS["excessive_rate"], 0.4, 0.2),
         "monitor excessive_rate, attitude.rate_bi_b_radps [rad/s]: 0.4 crossed 0.2", "monitor 5: 0.4 crossed 0.2"),
        (EventId.MONITOR_CLEARED, (MONITORS["adcs_silent"], 0.1),
         "monitor adcs_silent, samples.adcs_health.silent_ticks × 0.1 clear again: 0.1", "monitor 0 clear again: 0.1"),
        (EventId.APPLICATION_FAILED, (5, 3), "application control failed 3 times in a row",
         "application 5 failed 3 times in a row"),
        (EventId.PARAMETER_SET, (LIMITS["parameters.safe_rate_radps"], 0.2, 0.3),
         "parameter safe_rate_radps [rad/s] set from 0.2 to 0.3", None),
        (EventId.LOADS_HELD_OFF, (EpsSwitch.PAYLOAD | EpsSwitch.WHEELS,), "loads held off: PAYLOAD + WHEELS",
         "loads held off: PAYLOAD + WHEELS"),
        (EventId.LOADS_HELD_OFF, (0,), "loads held off: none", "loads held off: none"),
        (EventId.ESTIMATOR_SOURCES, (5, int(AttitudeSource.MODEL)),
         "attitude from other sources: GYRO + STAR_TRACKER -> MODEL",
         "attitude from other sources: GYRO + STAR_TRACKER -> MODEL"),
        (EventId.BOARD_FAULT, (0, 0x08001234, 2), "ADCS board: fault at 0x08001234, status 0x00000002", None),
        (EventId.UNIT_DRIVER_EXCEPTION, (0, 4, ExceptionType.ValueError, 0.0),
         "driver of unit 0 raised ValueError at unknown place, 4 in all", None),
        (EventId.EXTENSION_LOW, (40, 1, 76.28, 20.17), "application 40 reports 1: 76.28, 20.17", None),
        (EventId.TELECOMMAND_UNREADABLE, (3, 77, 1),
         "3 octets without a telecommand header, failure 77; 1 so far", None),
        (EventId.APPLICATION_EXCEPTION, (99, 2, ExceptionType.KeyError, 7.0),
         "application 99 raised KeyError at module 00000000 line 7, 2 in a row", None),
        (EventId.APPLICATION_EXCEPTION, (99, 2), "APPLICATION_EXCEPTION [99, 2]", None),
    ],
)  # fmt: skip
def test_an_event_has_names_and_units(event, values, named, plain):
    """By the dictionary, and without it."""
    assert WORDS.text(event, values) == named
    assert describe(event, tuple(map(float, values))) == (named if plain is None else plain) or plain is None


@given(event=st.sampled_from(EventId), values=st.lists(st.floats(), max_size=4))
def test_any_values_have_words(event, values):
    """Nothing that arrives breaks the ground, and both ways agree on what needs no vehicle."""
    assert "{" not in WORDS.text(event, values)
    assert isinstance(describe(event, tuple(values)), str)


def test_no_text_of_an_event_shows_a_bare_number_of_a_table():
    """Application, monitor, parameter, request and unit are named wherever they are a value."""
    for entry in CONTENT["events"]:
        for word in ("application", "monitor", "parameter", "unit", "request"):
            for at in (i for i in range(len(entry["text"])) if entry["text"].startswith(f"{word} {{", i)):
                assert entry["text"][at:].startswith(f"{word} {{0:{word}}}"), entry["text"]


def test_the_json_of_a_dictionary_has_all_the_words():
    """What names an event refers to is in the file, for tools of others."""
    content = files.loads(files.dumps(CONTENT))
    there = {e["name"] for e in content["enumerations"]}
    used = {v["enum"] for e in content["events"] for v in e["values"] if v["enum"]}
    assert used <= there
    assert EventWords(content).text(EventId.MONITOR_CLEARED, (0, 1.0)) == WORDS.text(EventId.MONITOR_CLEARED, (0, 1.0))


def test_damaged_texts_are_shown_with_their_values():
    """A dictionary of a satellite that this software has never seen."""
    for text in ("{0", "{0:nothing_known} {5}", "{name}"):
        content = json.loads(files.dumps(CONTENT))
        content["events"][0]["text"] = text
        assert EventWords(content).text(1, (1.0, 2.0)) == "SYSTEM_MODE_CHANGED [1.0, 2.0]"


def test_the_numbers_of_applications_are_those_of_the_executive():
    """The dictionary names them as flight runs them, with and without a storage."""
    names = next(e["members"] for e in CONTENT["enumerations"] if e["name"] == "Application")
    mission = Mission(load_vehicle(), load_scenario("nadir"), GroundSegment)
    assert isinstance(mission.flight, FlightSoftware)
    assert [m["name"] for m in names] == list(mission.flight.executive.names)


def test_an_exception_says_its_type_and_place_to_ground(monkeypatch):
    """In a flight: application, type, file and line, and how many in a row."""

    def broken(self):
        raise AttributeError("on purpose")

    monkeypatch.setattr(BoardWatch, "step", broken)
    line = inspect.getsourcelines(broken)[1] + 1
    mission = Mission(load_vehicle(), load_scenario("nadir"), GroundSegment, duration_s=5.0)
    mission.fly()
    place = f"test_event_words.py:{line}"
    assert [e for e in mission.ground.events if "raised" in e][:2] == [
        f"application boards raised AttributeError at {place}, 1 in a row",
        f"application boards raised AttributeError at {place}, 2 in a row",
    ]
