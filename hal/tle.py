"""Format of two-line element sets, checked character by character.

Source: Vallado, *Fundamentals of Astrodynamics and Applications*, 4th ed., 2013, 2.4.2 and appendix E (columns), and
the NORAD two-line element format as kept by CelesTrak. The checksum is the sum of all digits of the first 68
columns, a minus sign counting 1, modulo 10.
"""

from __future__ import annotations

import datetime
import re

from hal.leap_seconds import DAY_S, utc_to_tai_ns

LINE_LENGTH = 69
NUMBER = r"[A-HJ-NP-Z \d][ \d]{4}"  # catalogue number, alpha-5 included
EXPONENT = r"[ +-][ \d]{5}[+-]\d"  # " 48427-4": 0.48427e-4
LINE_PATTERNS = (
    re.compile(
        rf"1 (?P<number>{NUMBER})[UCS ] [ -~]{{8}} [ \d]\d[ \d]{{2}}\d\.\d{{8}} [ +-]\.\d{{8}} {EXPONENT} {EXPONENT} "
        r"[ \d] [ \d]{3}\d\d",
        re.ASCII,
    ),
    re.compile(
        rf"2 (?P<number>{NUMBER}) [ \d]{{2}}\d\.\d{{4}} [ \d]{{2}}\d\.\d{{4}} \d{{7}} [ \d]{{2}}\d\.\d{{4}} "
        r"[ \d]{2}\d\.\d{4} [ \d]\d\.\d{8}[ \d]{5}\d",
        re.ASCII,
    ),
)


def checksum(line: str) -> int:
    """Return the checksum of a line, from its first 68 columns."""
    body = line[: LINE_LENGTH - 1]
    return (sum(int(c) for c in body if c in "0123456789") + body.count("-")) % 10


def find_defect(lines: tuple[str, str]) -> tuple[int, str, str] | None:
    """Return the first defect as (line index, what was found, what was expected), or None for a sound set."""
    numbers = []
    for i, (line, pattern) in enumerate(zip(lines, LINE_PATTERNS, strict=True)):
        if len(line) != LINE_LENGTH:
            return i, f"found {len(line)} characters", f"{LINE_LENGTH}"
        match = pattern.fullmatch(line)
        if match is None:
            return i, f"found {line!r}", f"the columns of line {i + 1} of a two-line element set"
        if checksum(line) != int(line[-1]):
            return i, f"found checksum {line[-1]}", f"{checksum(line)}"
        numbers.append(match["number"])
    if numbers[0] != numbers[1]:
        return 1, f"found catalogue number {numbers[1]}", f"{numbers[0]} as in line 1"
    return _range_defect(lines)


def _range_defect(lines: tuple[str, str]) -> tuple[int, str, str] | None:
    """Check the numbers that a well-formed line can still get wrong."""
    checks = (
        (0, "day of year", lines[0][20:32], 1.0, 367.0),
        (1, "inclination [deg]", lines[1][8:16], 0.0, 180.0),
        (1, "node [deg]", lines[1][17:25], 0.0, 360.0),
        (1, "argument of perigee [deg]", lines[1][34:42], 0.0, 360.0),
        (1, "mean anomaly [deg]", lines[1][43:51], 0.0, 360.0),
        (1, "mean motion [rev/day]", lines[1][52:63], 0.05, 17.5),
    )
    for i, what, text, low, high in checks:
        try:
            value = float(text)
        except ValueError:  # blanks inside the number
            return i, f"found {what} {text!r}", "a number"
        if not low <= value <= high:
            return i, f"found {what} {text.strip()}", f"{low:g} to {high:g}"
    return None


def epoch_tai_ns(lines: tuple[str, ...]) -> int:
    """Return the epoch of an element set [ns of TAI since 2000-01-01T12:00:00 TAI]; two digits of a year from 1957."""
    year, day = int(lines[0][18:20]), float(lines[0][20:32])
    year += 1900 if year >= 57 else 2000
    second = (day - 1.0) * DAY_S
    return utc_to_tai_ns(datetime.date(year, 1, 1) + datetime.timedelta(days=int(second // DAY_S)), int(second % DAY_S))
