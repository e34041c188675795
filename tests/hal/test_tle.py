"""Two-line element sets: format, checksum, ranges."""

from __future__ import annotations

import math
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sgp4.api import Satrec

from hal import tle
from hal.vehicle.load import load_vehicle

TLE_1, TLE_2 = load_vehicle("reference").orbit.tle
FUZZ = settings(max_examples=100, deadline=None)


def refusal(lines) -> tuple[int, str, str]:
    """What is said of a set that is none."""
    with pytest.raises(tle.TleError) as caught:
        tle.normal(lines)
    error = caught.value
    assert str(error).isprintable()
    return error.line, error.found, error.expected


def sealed(line, start, text):
    """A line with other text from a column (counted from 0) on, and the checksum that goes with it."""
    body = line[:start] + text + line[start + len(text) : 68]
    return body + str(tle.checksum(body + "0"))


def test_a_sound_set_is_one_that_sgp4_reads_and_is_not_changed():
    assert tle.normal((TLE_1, TLE_2)) == (TLE_1, TLE_2)
    satellite = Satrec.twoline2rv(TLE_1, TLE_2)
    assert (satellite.satnum, satellite.sgp4(satellite.jdsatepoch, satellite.jdsatepochF)[0]) == (43194, 0)


@pytest.mark.parametrize(("line", "start", "text"), [
    (0, 33, "0.00001006"),  # a zero before the point, in the place of the sign
    (0, 33, "+.00001006"),
    (0, 33, " .00001006 "),
    (0, 7, "u"),
    (0, 7, " "),
    (0, 44, "        "),  # no second derivative
    (0, 44, " 00000+0"),
    (0, 44, "+00000 0"),
    (0, 53, "+48427-4"),
    (0, 62, " "),  # no type
    (0, 64, "    "),  # no number
    (0, 9, "        "),
    (0, 9, "18015c  "),
    (1, 8, "097.4135"),
    (1, 8, "97.4135 "),
    (1, 8, " 97.413 "),
    (1, 26, "  16973"),
    (1, 43, "001.4087"),
    (1, 43, "  1.4087"),
    (1, 43, "   .4087"),
    (1, 63, "     "),
    (1, 63, "00945"),
])  # fmt: skip
def test_sets_in_use_are_read_as_sgp4_reads_the_standard(line, start, text):
    """What `normal` returns is 69 columns with a checksum that holds, and says of the orbit what was written."""
    lines = [TLE_1, TLE_2]
    lines[line] = sealed(lines[line], start, text)
    out = tle.normal(tuple(lines))
    assert tle.normal(out) == out
    assert all(len(x) == 69 and tle.checksum(x) == int(x[-1]) for x in out)
    written = re.sub(r"^([ +]?)0?\.", "0.", text.strip()) if start in {33, 43} else text
    satellite, meant = Satrec.twoline2rv(*out), Satrec.twoline2rv(TLE_1, TLE_2)
    values = {8: "inclo", 26: "ecco", 33: "ndot", 43: "mo", 53: "bstar"}
    expected = {8: 97.413 if text == " 97.413 " else 97.4135, 26: 0.0016973, 33: 1.006e-5, 53: 4.8427e-5,
                43: float(written) if start == 43 else 0.0}  # fmt: skip
    scale = {8: math.radians(1), 43: math.radians(1), 33: 2 * math.pi / 1440**2}
    for at, name in values.items():
        value = expected[at] * scale.get(at, 1.0) if at == start else getattr(meant, name)
        assert getattr(satellite, name) == pytest.approx(value, rel=1e-12), name


@pytest.mark.parametrize("text", ["001 973", "       ", "00169 3"])
def test_blanks_within_an_eccentricity_are_no_zeros(text):
    line, found, _ = refusal((TLE_1, sealed(TLE_2, 26, text)))
    assert (line, found) == (1, f"found {text!r} in columns 27 to 33 (eccentricity)")


@pytest.mark.parametrize("sign", ["-", "+", ""])
def test_a_zero_before_the_point_that_moves_the_line_is_taken_out(sign):
    """A negative derivative with its zero is a column too long: the sign is not lost."""
    written = TLE_1[:32] + f" {sign}0.00001006 " + TLE_1[44:68]
    line = written + str(tle.checksum(TLE_1.replace("  .0", f" {'-' if sign == '-' else ' '}.0")))
    meant = Satrec.twoline2rv(*tle.normal((line, TLE_2)))
    assert meant.ndot == pytest.approx((-1 if sign == "-" else 1) * 1.006e-5 * 2 * math.pi / 1440**2)


@pytest.mark.parametrize("text", [
    f"{TLE_1}\n{TLE_2}", f"\n  {TLE_1}  \r\n\r\n  {TLE_2} \n", f"0 ZHANGHENG 1 (CSES)\n{TLE_1}\n{TLE_2}\n",
])  # fmt: skip
def test_sets_as_they_are_published_are_two_lines(text):
    assert tle.normal(tuple(tle.lines_of(text))) == (TLE_1, TLE_2)
    assert tle.lines_of(text.splitlines()) == tle.lines_of(text) == [TLE_1, TLE_2]


@pytest.mark.parametrize("value", [7, [1, 2], [TLE_1, None], {"a": 1}, None])
def test_what_is_no_set_is_left_to_the_schema(value):
    assert tle.lines_of(value) == value


TLE_CASES = [
    ((TLE_1[:-1], TLE_2), (0, "found 68 columns", "69, the last of which is the checksum")),
    ((TLE_1, TLE_2.replace("15.2", " 15.2")), (1, "found 70 columns", "69, the last of which is the checksum")),
    ((TLE_2, TLE_1), (0, "found '2 43194  97.' at its beginning", "line 1 of a two-line element set")),
    ((TLE_1, sealed(TLE_2, 8, "9774135 ")),
     (1, "found '9774135 ' in columns 9 to 16 (inclination [deg])", "degrees, as 97.4135")),
    ((sealed(TLE_1, 33, " .0000x006"), TLE_2),
     (0, "found ' .0000x006' in columns 34 to 43 (first derivative of the mean motion)", "a number, as -.00001006")),
    ((sealed(TLE_1, 7, "X"), TLE_2), (0, "found 'X' in column 8 (classification)", "U, C or S")),
    ((sealed(TLE_1, 17, "-"), TLE_2), (0, "found '-' in column 18", "a blank between two fields")),
    ((TLE_1[:-1] + "x", TLE_2), (0, "found 'x' in column 69 (checksum)", "a digit")),
    ((TLE_1[:-1] + "4", TLE_2), (0, "found checksum 4", "3")),
    ((TLE_1, sealed(TLE_2, 2, "43195")), (1, "found catalogue number 43195", "43194 as in line 1")),
    ((sealed(TLE_1, 18, "57"), TLE_2), (0, "found epoch year 1957", "1973 to 2056")),
    ((TLE_1.replace("\u0031", "\u0661", 1), TLE_2), None),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "found"), TLE_CASES)
def test_tle_format(lines, found):
    """Each defect of the format is reported with line, found and expected; lenient forms are accepted."""
    assert refusal(lines) == found or found is None


@pytest.mark.parametrize(
    ("line", "start", "text", "what"),
    [
        (0, 20, "367.55091545", "day of year"),
        (0, 33, " .99999999", "first derivative of the mean motion 0.99999999"),
        (0, 44, "-99999+1", "second derivative of the mean motion -9.9999"),
        (0, 53, " 20000+1", "drag term B* 2"),
        (1, 8, "197.4135", "inclination"),
        (1, 17, "385.6925", "node"),
        (1, 34, "427.3937", "argument of perigee"),
        (1, 43, "361.4087", "mean anomaly"),
        (1, 52, "19.20935646", "mean motion"),
    ],
)
def test_tle_ranges(line, start, text, what):
    """A number out of range is reported, although the line has the right format and checksum."""
    lines = [TLE_1, TLE_2]
    lines[line] = sealed(lines[line], start, text)
    assert what in refusal(tuple(lines))[1]


def test_rates_and_drag_are_read_as_sgp4_reads_them():
    e, satellite = tle.elements((TLE_1, TLE_2)), Satrec.twoline2rv(TLE_1, TLE_2)
    assert (e.drag, e.first_derivative, e.second_derivative) == (pytest.approx(satellite.bstar), 1.006e-5, 0.0)
    negative = tle.elements((sealed(TLE_1, 53, "-12345-2"), TLE_2))
    assert negative.drag == pytest.approx(-0.12345e-2)


def test_heights_are_those_of_two_bodies():
    """Against the orbit of a published set: CSES flies at 507 km, near circular."""
    e = tle.elements((TLE_1, TLE_2))
    satellite = Satrec.twoline2rv(TLE_1, TLE_2)
    assert (e.perigee_m + e.apogee_m) / 2e3 == pytest.approx((satellite.a - 1.0) * 6378.135, abs=10.0)
    assert (e.apogee_m - e.perigee_m) / 2.0 == pytest.approx(0.0016973 * e.semi_major_m)


@given(st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=69, max_size=69), st.integers(0, 1))
@FUZZ
def test_any_line_is_judged(line, at):
    """Any text as a line is refused with the number of a line."""
    lines = [TLE_1, TLE_2]
    lines[at] = line
    assert refusal(tuple(lines))[0] in {0, 1}


@given(st.integers(0, 67), st.sampled_from("0123456789"))
@FUZZ
def test_any_changed_digit_is_found(at, digit):
    for i, line in enumerate((TLE_1, TLE_2)):
        if line[at].isdigit() and line[at] != digit:
            lines = [TLE_1, TLE_2]
            lines[i] = line[:at] + digit + line[at + 1 :]
            assert refusal(tuple(lines))[0] in {0, 1}
