"""Telecommands made by the dictionary are what flight reads; others are refused in one line."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.pus.definitions import TELECOMMANDS, read
from fsw.pus.messages import Tc
from fsw.pus.st08_functions import LAYOUTS
from ground.dictionary.build import dictionary
from ground.dictionary.encoder import EncodeError, Encoder
from hal.vehicle.functions import Function

CONTENT = dictionary()
ENCODER = Encoder(CONTENT)
IDS = {p["name"]: p["id"] for p in CONTENT["parameters"]}
EVENTS = {e["name"]: e["id"] for e in CONTENT["events"]}
SETTABLE = [p for p in CONTENT["parameters"] if p["settable"]]


@given(st.lists(st.sampled_from(sorted(IDS)), min_size=1, max_size=20))
def test_identifiers_are_written_by_name(names):
    service, subtype, data = ENCODER.encode("PARAMETERS_REPORT", parameters=names)
    assert (service, subtype) == Tc.PARAMETERS_REPORT.value
    assert read(TELECOMMANDS[Tc.PARAMETERS_REPORT].items, data) == (tuple((IDS[name],) for name in names),)
    create = ENCODER.encode("HK_CREATE", structure_id=9, interval_s=5, parameters=names)[2]
    assert read(TELECOMMANDS[Tc.HK_CREATE].items, create)[:2] == (9, 5)


@given(st.data())
def test_values_are_written_with_the_type_of_their_parameter(data):
    chosen = data.draw(st.lists(st.sampled_from(SETTABLE), min_size=1, max_size=5))
    pairs = [(p["name"], data.draw(st.floats(p["low"], p["high"]))) for p in chosen]
    octets = ENCODER.encode("PARAMETERS_SET", parameters=pairs)[2]
    (group,) = read(TELECOMMANDS[Tc.PARAMETERS_SET].items, octets, lambda number: 8)
    assert [(n, struct.unpack(">d", o)[0]) for n, o in group] == [(IDS[name], value) for name, value in pairs]


def test_functions_events_and_empty_telecommands():
    data = ENCODER.encode("PERFORM_FUNCTION", function_id="TRACK_TARGET", arguments=(0.5, -1.0, 30.0))
    assert data == (8, 1, struct.pack(">H" + LAYOUTS[Function.TRACK_TARGET], Function.TRACK_TARGET, 0.5, -1.0, 30.0))
    names = ["SAFE_ENTERED", "PARAMETER_SET"]
    assert ENCODER.encode("EVENTS_DISABLE", events=names)[2] == struct.pack(">HHH", 2, *(EVENTS[n] for n in names))
    assert ENCODER.encode("HK_SET_INTERVAL", structures=[(0, 5), (1, 7)])[2] == struct.pack(">HHHHH", 2, 0, 5, 1, 7)
    assert ENCODER.encode("ARE_YOU_ALIVE") == (17, 1, b"")
    whole = ENCODER.encode("PARAMETERS_SET", parameters=[("attitude.q_bi", (0, 0, 0, 1))])[2]
    assert whole == struct.pack(">HH4d", 1, IDS["attitude.q_bi"], 0, 0, 0, 1)


@pytest.mark.parametrize(("name", "values", "said"), [
    ("NOTHING", {}, "NOTHING: not a telecommand"),
    ("ARE_YOU_ALIVE", {"x": 1}, "found x, expected none"),
    ("HK_ENABLE", {}, "found no value, expected structures"),
    ("HK_CREATE", {"structure_id": 999, "interval_s": 1, "parameters": [1]}, "structure_id: found 999, expected 0 to"),
    ("HK_CREATE", {"structure_id": 1, "interval_s": 0, "parameters": [1]}, "interval_s: found 0, expected 1 to"),
    ("HK_ENABLE", {"structures": []}, "structures: found 0, expected 1 to"),
    ("HK_ENABLE", {"structures": [1.5]}, "found 1.5, expected a number that uint16 holds"),
    ("HK_ENABLE", {"structures": [70000]}, "found 70000, expected a number that uint16 holds"),
    ("PARAMETERS_SET", {"parameters": [("nobody", 1.0)]}, "'nobody' is not in the dictionary"),
    ("PARAMETERS_SET", {"parameters": [(65535, 1.0)]}, "parameter_id 65535 is not in the dictionary"),
    ("PARAMETERS_SET", {"parameters": [("parameters.fine_hold_s", -1)]}, "found -1, expected 0 to 36000 s"),
    ("PARAMETERS_SET", {"parameters": [("parameters.fine_hold_s",)]}, "found 1 values, expected parameter_id, value"),
    ("PARAMETERS_SET", {"parameters": [("attitude.q_bi", (1, 2))]}, "found 2 values, expected 4"),
    ("PERFORM_FUNCTION", {"function_id": "NADIR", "arguments": (1,)}, "found 1 values"),
])  # fmt: skip
def test_what_the_dictionary_does_not_allow_is_one_line(name, values, said):
    with pytest.raises(EncodeError) as caught:
        ENCODER.encode(name, **values)
    assert said in str(caught.value) and "\n" not in str(caught.value)
