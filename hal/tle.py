"""Two-line element sets: read leniently, column by column; written in the columns of the standard.

Source: Vallado, *Fundamentals of Astrodynamics and Applications*, 4th ed., 2013, 2.4.2 and appendix E (columns), and
the NORAD two-line element format as kept by CelesTrak. The checksum is the sum of all digits of the first 68
columns, a minus sign counting 1, modulo 10.

Sets in use are less strict than the standard: a zero or a plus sign before a decimal point, lower-case letters, fewer
digits, blank fields, blanks at the end of a line. `normal` reads them; what it returns has none of that. A checksum
must be there and hold.
"""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable
from typing import Any, NamedTuple

from hal.bounds import is_within
from hal.leap_seconds import DAY_S, TAI_MINUS_UTC_S, utc_to_tai_ns

LINE_LENGTH = 69
FIRST_YEAR = TAI_MINUS_UTC_S[0][0][0] + 1  # UTC has whole leap seconds then, and had the day before
GM_EARTH_M3PS2 = 3.986004418e14  # WGS 84 (NGA.STND.0036)
EARTH_RADIUS_M = 6378137.0
LARGEST_RATE = 0.5  # of the derivatives as written: no orbit that decays faster has a day left
LARGEST_DRAG = 1.0  # B*: a sheet of foil has less
FARTHEST_M = 3e8  # height; inside the Moon's orbit: Sun and Moon are perturbations, by their tides
DECAY_HEIGHT_M = 100e3  # where models of the atmosphere begin, and no orbit is left: below it there is no orbit


class TleError(ValueError):
    """Lines that are not an element set. `line`: 0 or 1; `found` and `expected` in words."""

    def __init__(self, line: int, found: str, expected: str) -> None:
        super().__init__(f"line {line + 1}: {found}, expected {expected}")
        self.line, self.found, self.expected = line, found, expected


class Column(NamedTuple):
    """One field: its first and last column, counted from 1; what its text must match, and how it is written."""

    first: int
    last: int
    name: str
    pattern: str  # of the text without blanks around it
    write: Callable[[re.Match[str]], str]
    expected: str


def _text(width: int) -> Callable[[re.Match[str]], str]:
    return lambda m: m[0].upper().ljust(width)


def _whole(width: int, fill: str) -> Callable[[re.Match[str]], str]:
    return lambda m: (m[0] or "0").rjust(width, fill)


def _decimal(before: int, after: int) -> Callable[[re.Match[str]], str]:
    """Write a number with `before` and `after` digits around its point; more digits after it take the room before."""

    def write(m: re.Match[str]) -> str:
        whole, fraction = m[1] or "0", (m[2] or "").ljust(after, "0")
        return f"{whole}.{fraction}".rjust(before + 1 + after)

    return write


def _rate(m: re.Match[str]) -> str:
    return f"{'-' if m[1] == '-' else ' '}.{(m[2] or '').ljust(8, '0')}"


def _power(m: re.Match[str]) -> str:
    return f"{'-' if m[1] == '-' else ' '}{m[2] or '00000'}{m[3] or '+'}{m[4] or '0'}"


def _angle(first: int, name: str) -> Column:
    pattern = r"\+?(?=\.?\d)(\d{0,3})(?:\.(\d*))?"
    return Column(first, first + 7, f"{name} [deg]", pattern, _decimal(3, 4), "degrees, as 97.4135")


RATE = r"(?:([+-]?)0?\.(\d{1,8}))?"
POWER = r"(?:([+-]?)\.?(\d{5}) ?([+-]?)(\d))?"  # 48427-4: 0.48427e-4
NUMBER = Column(3, 7, "catalogue number", r"[A-HJ-NP-Za-hj-np-z]\d{4}|\d{1,5}", lambda m: m[0].upper().rjust(5, "0"),
                "five digits, the first of which may be a letter")  # fmt: skip
COLUMNS = (
    (
        NUMBER,
        Column(8, 8, "classification", r"[UCSucs]?", lambda m: (m[0] or "U").upper(), "U, C or S"),
        Column(10, 17, "international designator", r"[ -~]*", _text(8), "a designator, as 18015C"),
        Column(19, 20, "epoch year", r"\d{1,2}", _whole(2, "0"), "two digits"),
        Column(21, 32, "day of year", r"(\d{1,3})\.(\d{0,8})", lambda m: f"{m[1].rjust(3, '0')}.{m[2].ljust(8, '0')}",
               "a day and its fraction, as 322.55091545"),
        Column(34, 43, "first derivative of the mean motion", RATE, _rate, "a number, as -.00001006"),
        Column(45, 52, "second derivative of the mean motion", POWER, _power, "digits and a power of ten, as 48427-4"),
        Column(54, 61, "drag term", POWER, _power, "digits and a power of ten, as 48427-4"),
        Column(63, 63, "ephemeris type", r"\d?", _whole(1, "0"), "a digit"),
        Column(65, 68, "element set number", r"\d{0,4}", _whole(4, " "), "digits"),
    ),
    (
        NUMBER,
        _angle(9, "inclination"),
        _angle(18, "node"),
        Column(27, 33, "eccentricity", r"\d{1,7}", lambda m: m[0], "seven digits, the decimal point left out"),
        _angle(35, "argument of perigee"),
        _angle(44, "mean anomaly"),
        Column(53, 63, "mean motion [rev/day]", r"\+?(\d{1,2})\.(\d{1,8})", _decimal(2, 8), "a number, as 15.20935646"),
        Column(64, 68, "revolution number", r"\d{0,5}", _whole(5, " "), "digits"),
    ),
)  # fmt: skip
BETWEEN = [
    sorted(set(range(2, LINE_LENGTH)) - {k for c in columns for k in range(c.first, c.last + 1)}) for columns in COLUMNS
]  # columns that are blank
# A derivative as "-0.00001006" takes one column more than there are: its zero moves the rest of the line.
SHIFTED_RATE = re.compile(r"(.{32}) {0,2}([+-]?)0?(\.\d{8})( .*)")


class Elements(NamedTuple):
    """Mean elements of the orbit at the epoch of the set."""

    epoch_year: int
    day_of_year: float
    inclination_deg: float
    node_deg: float
    eccentricity: float
    argument_deg: float
    anomaly_deg: float
    revolutions_per_day: float
    first_derivative: float  # half of that of the mean motion [rev/day^2]; SGP4 does not use it
    second_derivative: float  # a sixth [rev/day^3]; SGP4 does not use it
    drag: float  # B* [1/Earth radius]

    @property
    def semi_major_m(self) -> float:
        """Semi-major axis, of two bodies."""
        rate_radps = self.revolutions_per_day * 2.0 * math.pi / DAY_S
        return float((GM_EARTH_M3PS2 / rate_radps**2) ** (1.0 / 3.0))

    @property
    def perigee_m(self) -> float:
        """Height of the perigee over the equator's radius."""
        return self.semi_major_m * (1.0 - self.eccentricity) - EARTH_RADIUS_M

    @property
    def apogee_m(self) -> float:
        """Height of the apogee over the equator's radius."""
        return self.semi_major_m * (1.0 + self.eccentricity) - EARTH_RADIUS_M


def checksum(line: str) -> int:
    """Return the checksum of a line, from its first 68 columns."""
    return _sum(line[: LINE_LENGTH - 1])


def _sum(body: str) -> int:
    return (sum(int(c) for c in body if c in "0123456789") + body.count("-")) % 10


def lines_of(value: Any) -> Any:  # noqa: ANN401 - whatever a file says
    """Return the two lines of a set given as one text, or with a line of its name first; any other value as it is."""
    lines = value.splitlines() if isinstance(value, str) else value
    if not isinstance(lines, list) or not all(isinstance(line, str) for line in lines):
        return value
    lines = [line.strip() for line in lines if line.strip()]
    return lines[1:] if len(lines) == 3 and not lines[0].startswith("1 ") else lines


def normal(lines: tuple[str, ...]) -> tuple[str, str]:
    """Return the set in the columns of the standard; raise `TleError`, which names line and columns, for none."""
    first, second = (_line(i, line) for i, line in enumerate(lines))
    if first[2:7] != second[2:7]:
        raise TleError(1, f"found catalogue number {second[2:7]}", f"{first[2:7]} as in line 1")
    _check_ranges(_elements(first, second))
    return first, second


def _line(i: int, text: str) -> str:
    """Return line `i` in the columns of the standard."""
    text = text.strip()
    if text[:2] != f"{i + 1} ":
        raise TleError(i, f"found {text[:12]!r} at its beginning", f"line {i + 1} of a two-line element set")
    line = text
    shifted = SHIFTED_RATE.fullmatch(text) if i == 0 else None
    if shifted is not None:
        line = f"{shifted[1]} {shifted[2] or ' '}{shifted[3]}{shifted[4]}"
    if len(line) != LINE_LENGTH:
        raise TleError(i, f"found {len(line)} columns", f"{LINE_LENGTH}, the last of which is the checksum")
    if not (line[-1].isascii() and line[-1].isdigit()):
        raise TleError(i, f"found {line[-1]!r} in column {LINE_LENGTH} (checksum)", "a digit")
    out = [" "] * LINE_LENGTH
    out[0], out[-1] = text[0], line[-1]
    for column in COLUMNS[i]:
        out[column.first - 1 : column.last] = _field(i, column, line)
    for k in BETWEEN[i]:
        if line[k - 1] != " ":
            raise TleError(i, f"found {line[k - 1]!r} in column {k}", "a blank between two fields")
    if _sum(text[:-1]) != int(line[-1]):
        raise TleError(i, f"found checksum {line[-1]}", f"{_sum(text[:-1])}")
    return "".join(out)


def _field(i: int, column: Column, line: str) -> str:
    """Return the text of a field as the standard has it."""
    text = line[column.first - 1 : column.last]
    if column.name == "eccentricity" and text.strip():  # zeros at its start may be blanks
        text = text.lstrip().rjust(len(text), "0")
    match = re.fullmatch(column.pattern, text.strip(), re.ASCII)
    width = column.last - column.first + 1
    written = "" if match is None else column.write(match)
    if match is None or len(written) != width:
        where = f"column {column.first}" if width == 1 else f"columns {column.first} to {column.last}"
        raise TleError(i, f"found {text!r} in {where} ({column.name})", column.expected)
    return written


def elements(lines: tuple[str, ...]) -> Elements:
    """Return the elements of a set; raise `TleError` for none."""
    return _elements(*normal(lines))


def _elements(first: str, second: str) -> Elements:
    year = int(first[18:20])
    return Elements(
        year + (1900 if year >= 57 else 2000), float(first[20:32]), float(second[8:16]), float(second[17:25]),
        float(f"0.{second[26:33]}"), float(second[34:42]), float(second[43:51]), float(second[52:63]),
        float(first[33:43]), _power_of(first[44:52]), _power_of(first[53:61]),
    )  # fmt: skip


def _power_of(text: str) -> float:
    """Return the value of a field such as " 48427-4": 0.48427e-4."""
    return float(f"{text[0].strip()}0.{text[1:6]}e{text[6:]}")


def _check_ranges(e: Elements) -> None:
    """Check numbers that can be wrong in a well-formed line."""
    checks = (
        (0, "epoch year", e.epoch_year, FIRST_YEAR, 2056),
        (0, "day of year", e.day_of_year, 1.0, 367.0),
        (0, "first derivative of the mean motion", e.first_derivative, -LARGEST_RATE, LARGEST_RATE),
        (0, "second derivative of the mean motion", e.second_derivative, -LARGEST_RATE, LARGEST_RATE),
        (0, "drag term B*", e.drag, -LARGEST_DRAG, LARGEST_DRAG),
        (1, "inclination [deg]", e.inclination_deg, 0.0, 180.0),
        (1, "node [deg]", e.node_deg, 0.0, 360.0),
        (1, "argument of perigee [deg]", e.argument_deg, 0.0, 360.0),
        (1, "mean anomaly [deg]", e.anomaly_deg, 0.0, 360.0),
        (1, "mean motion [rev/day]", e.revolutions_per_day, 0.05, 17.5),
    )
    for i, what, value, low, high in checks:
        if not is_within(value, low=low, high=high):
            raise TleError(i, f"found {what} {value:.12g}", f"{low:g} to {high:g}")


def epoch_tai_ns(lines: tuple[str, ...]) -> int:
    """Return the epoch of an element set [ns of TAI since 2000-01-01T12:00:00 TAI]; two digits of a year from 1957."""
    e = elements(lines)
    second = (e.day_of_year - 1.0) * DAY_S
    day = datetime.date(e.epoch_year, 1, 1) + datetime.timedelta(days=int(second // DAY_S))
    return utc_to_tai_ns(day, int(second % DAY_S))
