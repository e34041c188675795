"""Small faults for Cython source, found in its text line by line, outside of comments, texts and declarations."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tests.mutation.python_mutants import Mutant

SWAPS = {
    "<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+", "*": "/", "/": "*",
    "%": "+", "<<": ">>", ">>": "<<", "&": "|", "|": "&", "and": "or", "or": "and", "+=": "-=", "-=": "+=",
}  # fmt: skip
OPERATOR = re.compile(r"(?<= )(<<|>>|<=|>=|==|!=|\+=|-=|<|>|\+|-|\*|/|%|&|\||and|or)(?= )")
NUMBER = re.compile(r"(?<![\w.])\d+(\.\d+(e-?\d+)?)?(?![\w.])")
CONDITION = re.compile(r"^\s*(?:el)?(?:if|while) (not )?(.*):$")
STATEMENT = re.compile(r"^\s+([\w.\[\]> -]+(\[.*\])? [+*|&-]?= .*|[\w.]+\(.*\)|continue|break|return|raise .*)$")
NO_CODE = re.compile(r"^\s*(cimport|from|import|cdef|cpdef|def|class|@|ctypedef|#)")
TEXTS = re.compile(r'"""(?:\\.|[^\\])*?"""|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|#[^\n]*')


def cython_mutants(file: str, source: bytes) -> list[Mutant]:
    """Return every fault of a Cython file, in the order of its lines; `source` is plain ASCII where it is code."""
    text = source.decode()
    blank = TEXTS.sub(lambda m: re.sub(r"[^\n]", "_", m.group()), text)
    found, at = [], 0
    for number, (line, code) in enumerate(zip(text.split("\n"), blank.split("\n"), strict=True), 1):
        start = len(text[:at].encode())
        for lo, hi, new, what in _of_line(code, line):
            place = (start + len(line[:lo].encode()), start + len(line[:hi].encode()))
            found.append(Mutant(file, number, number, *place, new, what))
        at += len(line) + 1
    return found


def _of_line(code: str, line: str) -> Iterator[tuple[int, int, str, str]]:
    """Yield begin, end, replacement and name of the faults of one line; `code` is the line without its texts."""
    declares = NO_CODE.match(code) is not None
    if declares and not (code.lstrip().startswith("cdef") and " = " in code):
        return
    for m in OPERATOR.finditer(code):
        yield m.start(), m.end(), SWAPS[m[0]], f"{m[0]} -> {SWAPS[m[0]]}"
    for m in NUMBER.finditer(code):
        new = repr(float(m[0]) + 1.0) if "." in m[0] else str(int(m[0]) + 1)
        yield m.start(), m.end(), new, f"{m[0]} -> {new}"
    if (m := CONDITION.match(code)) is not None:
        if m[1]:
            yield m.start(1), m.end(1), "", "not left out"
        else:
            yield m.start(2), m.end(2), f"not ({line[m.start(2) : m.end(2)]})", "condition negated"
    for m in re.finditer(r"\bfabs\(", code):
        yield m.start(), m.end() - 1, "", "fabs left out"
    balanced = all(code.count(a) == code.count(b) for a, b in ("()", "[]", "{}"))
    if not declares and balanced and STATEMENT.match(code):
        lo = len(code) - len(code.lstrip())
        yield lo, len(code.rstrip()), "pass", "statement left out"
