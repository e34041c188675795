"""Small faults for Python source: each is one place of one file, changed as a slip of the hand would change it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import NamedTuple

COMPARISONS = {
    ast.Lt: ("<", "<="), ast.LtE: ("<=", "<"), ast.Gt: (">", ">="), ast.GtE: (">=", ">"), ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="), ast.Is: ("is", "is not"), ast.IsNot: ("is not", "is"), ast.In: ("in", "not in"),
    ast.NotIn: ("not in", "in"),
}  # fmt: skip
ARITHMETIC = {
    ast.Add: ("+", "-"), ast.Sub: ("-", "+"), ast.Mult: ("*", "/"), ast.Div: ("/", "*"), ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "+"), ast.LShift: ("<<", ">>"), ast.RShift: (">>", "<<"), ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
}  # fmt: skip
LOGIC = {ast.And: ("and", "or"), ast.Or: ("or", "and")}
LEAPS = (ast.Raise, ast.Continue, ast.Break)


class Mutant(NamedTuple):
    """One fault: the octets `start` to `end` of the file become `text`."""

    file: str
    line: int  # of the statement that is changed, from 1
    last_line: int
    start: int
    end: int
    text: str
    what: str

    def apply(self, source: bytes) -> bytes:
        """Return the source with the fault."""
        return source[: self.start] + self.text.encode() + source[self.end :]


def python_mutants(file: str, source: bytes) -> list[Mutant]:
    """Return every fault of a Python file, in the order of its lines."""
    finder = _Finder(file, source)
    finder.visit(ast.parse(source))
    return sorted(finder.found, key=lambda m: (m.start, m.end, m.text))


class _Finder(ast.NodeVisitor):
    def __init__(self, file: str, source: bytes) -> None:
        self.file, self.source = file, source
        self.found: list[Mutant] = []
        self._starts = [0]
        for line in source.splitlines(keepends=True):
            self._starts.append(self._starts[-1] + len(line))
        self._statement: ast.stmt | None = None
        self._inside = 0  # of functions

    # ------------------------------------------------------------------ where

    def _start(self, node: ast.expr | ast.stmt) -> int:
        return self._starts[node.lineno - 1] + node.col_offset

    def _end(self, node: ast.expr | ast.stmt) -> int:
        assert node.end_lineno is not None and node.end_col_offset is not None
        return self._starts[node.end_lineno - 1] + node.end_col_offset

    def _text(self, node: ast.expr) -> str:
        return self.source[self._start(node) : self._end(node)].decode()

    def _add(self, start: int, end: int, text: str, what: str) -> None:
        statement = self._statement
        assert statement is not None
        body = getattr(statement, "body", None)  # of a compound statement only its head
        last = body[0].lineno - 1 if isinstance(body, list) else statement.end_lineno
        last_line = max(statement.lineno, last or 0)
        self.found.append(Mutant(self.file, statement.lineno, last_line, start, end, text, what))

    def _between(self, left: ast.expr, right: ast.expr, names: tuple[str, str]) -> None:
        """Change the operator `names[0]` that stands between two operands into `names[1]`."""
        lo, hi = self._end(left), self._start(right)
        at = self.source.find(names[0].encode(), lo, hi)
        if at >= 0:
            self._add(at, at + len(names[0]), names[1], f"{names[0]} -> {names[1]}")

    # ------------------------------------------------------------------ statements

    def visit(self, node: ast.AST) -> None:
        """Find the faults of a node and of what is in it."""
        outer = self._statement
        if isinstance(node, ast.stmt):
            self._statement = node
            self._remove(node)
        super().visit(node)
        self._statement = outer

    def _remove(self, node: ast.stmt) -> None:
        """Leave a statement out that does something and returns nothing."""
        does = isinstance(node, LEAPS) or (isinstance(node, ast.Return) and node.value is None)
        if isinstance(node, ast.Expr):
            does = isinstance(node.value, ast.Call)
        elif isinstance(node, ast.Assign):
            does = all(isinstance(target, ast.Attribute | ast.Subscript) for target in node.targets)
        elif isinstance(node, ast.AugAssign):
            does = True
        if does and self._inside:
            self._add(self._start(node), self._end(node), "pass", "statement left out")

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        for part in (*node.args.defaults, *(d for d in node.args.kw_defaults if d is not None)):
            self.visit(part)
        self._inside += 1
        for statement in node.body:
            self.visit(statement)
        self._inside -= 1

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        for statement in node.body:
            self.visit(statement)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.visit(node.value)  # and nothing in the annotation

    def visit_If(self, node: ast.If) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def visit_While(self, node: ast.While) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def visit_IfExp(self, node: ast.IfExp) -> None:
        self._negate(node.test)
        self.generic_visit(node)

    def _negate(self, test: ast.expr) -> None:
        if not (isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)):
            self._add(self._start(test), self._end(test), f"(not ({self._text(test)}))", "condition negated")

    # ------------------------------------------------------------------ expressions

    def visit_Compare(self, node: ast.Compare) -> None:
        for left, op, right in zip([node.left, *node.comparators], node.ops, node.comparators, strict=False):
            self._between(left, right, COMPARISONS[type(op)])
        self.generic_visit(node)

    def visit_BinOp(self, node: ast.BinOp) -> None:
        if type(node.op) in ARITHMETIC:
            self._between(node.left, node.right, ARITHMETIC[type(node.op)])
        self.generic_visit(node)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if type(node.op) in ARITHMETIC:
            before, after = ARITHMETIC[type(node.op)]
            self._between(node.target, node.value, (f"{before}=", f"{after}="))
        self.generic_visit(node)

    def visit_BoolOp(self, node: ast.BoolOp) -> None:
        for left, right in zip(node.values, node.values[1:], strict=False):
            self._between(left, right, LOGIC[type(node.op)])
        self.generic_visit(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> None:
        if isinstance(node.op, ast.Not | ast.USub):
            name = "not" if isinstance(node.op, ast.Not) else "-"
            self._add(self._start(node), self._end(node), f"({self._text(node.operand)})", f"{name} left out")
        self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> None:
        value = node.value
        if isinstance(value, bool):
            self._add(self._start(node), self._end(node), str(not value), f"{value} -> {not value}")
        elif isinstance(value, int | float):
            self._add(self._start(node), self._end(node), f"({value + 1!r})", f"{value} -> {value + 1}")

    def visit_JoinedStr(self, node: ast.JoinedStr) -> None:
        """Leave texts as they are; places inside of them are not known before Python 3.12."""

    def visit_Call(self, node: ast.Call) -> None:
        name = node.func.id if isinstance(node.func, ast.Name) else ""
        if name in ("min", "max") and len(node.args) == 2:
            for kept in node.args:
                self._add(self._start(node), self._end(node), f"({self._text(kept)})", f"{name} left out")
        if name == "abs":
            self._add(self._start(node), self._end(node), f"({self._text(node.args[0])})", "abs left out")
        self.generic_visit(node)


def differences(source: bytes, mutant: Mutant) -> Iterator[str]:
    """Yield the lines that a fault changes, before and after, as a diff has them."""
    before, after = source.decode().split("\n"), mutant.apply(source).decode().split("\n")
    while before and after and before[-1] == after[-1]:
        del before[-1], after[-1]
    same = next((k for k, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]), 0)
    yield from (f"- {line.strip()}" for line in before[same:])
    yield from (f"+ {line.strip()}" for line in after[same:])
