"""Two-line element sets: format, checksum, ranges."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sgp4.api import Satrec

from hal import tle
from hal.vehicle import load_vehicle

TLE_1, TLE_2 = load_vehicle("reference").orbit.tle
FUZZ = settings(max_examples=100, deadline=None)


def test_a_sound_set_is_one_that_sgp4_reads():
    assert tle.find_defect((TLE_1, TLE_2)) is None
    satellite = Satrec.twoline2rv(TLE_1, TLE_2)
    assert (satellite.satnum, satellite.sgp4(satellite.jdsatepoch, satellite.jdsatepochF)[0]) == (43194, 0)


TLE_CASES = [
    ((TLE_1[:-1], TLE_2), (0, "found 68 characters", "69")),
    ((TLE_1, TLE_2 + " "), (1, "found 70 characters", "69")),
    ((TLE_2, TLE_1), (0, f"found {TLE_2!r}", "the columns of line 1 of a two-line element set")),
    ((TLE_1, TLE_2.replace("97.4135", "9774135")), None),
    ((TLE_1.replace("\u0031", "\u0661", 1), TLE_2), None),
]


@pytest.mark.parametrize(("lines", "found"), TLE_CASES)
def test_tle_format(lines, found):
    defect = tle.find_defect(lines)
    assert defect is not None
    if found is not None:
        assert defect == found


@pytest.mark.parametrize(
    ("line", "start", "text", "what"),
    [
        (0, 20, "367.55091545", "day of year"),
        (1, 8, "197.4135", "inclination"),
        (1, 17, "385.6925", "node"),
        (1, 34, "427.3937", "argument of perigee"),
        (1, 43, "361.4087", "mean anomaly"),
        (1, 52, "19.20935646", "mean motion"),
    ],
)
def test_tle_ranges(line, start, text, what):
    lines = [TLE_1, TLE_2]
    body = lines[line][:start] + text + lines[line][start + len(text) : 68]
    lines[line] = body + str(tle.checksum(body + "0"))
    defect = tle.find_defect((lines[0], lines[1]))
    assert defect is not None
    assert what in defect[1]


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=69, max_size=69), st.integers(0, 1))
@FUZZ
def test_any_line_is_judged(line, at):
    lines = [TLE_1, TLE_2]
    lines[at] = line
    assert tle.find_defect((lines[0], lines[1])) is not None


@given(st.integers(0, 67), st.sampled_from("0123456789"))
@FUZZ
def test_any_changed_digit_is_found(at, digit):
    for i, line in enumerate((TLE_1, TLE_2)):
        if line[at].isdigit() and line[at] != digit:
            lines = [TLE_1, TLE_2]
            lines[i] = line[:at] + digit + line[at + 1 :]
            assert tle.find_defect((lines[0], lines[1])) is not None
