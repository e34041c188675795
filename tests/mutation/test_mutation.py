"""The mutation tester: what it changes, and which tests reach a line."""

import pytest

from tests.mutation.cython_mutants import cython_mutants
from tests.mutation.lines import Lines
from tests.mutation.python_mutants import differences, python_mutants

pytest_plugins = ["pytester"]
PYTHON = b'''"""Not 3 < 4 here."""
LIMIT = 5


def act(self, x: int = 2) -> bool:
    if x < LIMIT and not self.off:
        self.count += 1
        self.store(abs(x))
        return True
    self.last = min(x, LIMIT)
    raise ValueError(f"{x + 1}")
'''
CYTHON = b'''"""Not 3 < 4 here."""
cimport cython
cdef int LIMIT = 5  # 7 < 8

cdef void act(Thing* self, int x) noexcept nogil:
    cdef double y
    if x < LIMIT and not self.off:
        self.count += 1
        store(fabs(x))
    self.last = <int>(x + 1)
    fill(self.a,
         self.b)
'''


def changes(mutants, source):
    return {tuple(differences(source, m)) for m in mutants}


def test_the_faults_of_python():
    """Every operator and constant, each condition, statement, bound and absolute value; no text, no annotation."""
    assert changes(python_mutants("a.py", PYTHON), PYTHON) == {
        ("- LIMIT = 5", "+ LIMIT = (6)"),
        ("- def act(self, x: int = 2) -> bool:", "+ def act(self, x: int = (3)) -> bool:"),
        ("- if x < LIMIT and not self.off:", "+ if (not (x < LIMIT and not self.off)):"),
        ("- if x < LIMIT and not self.off:", "+ if x <= LIMIT and not self.off:"),
        ("- if x < LIMIT and not self.off:", "+ if x < LIMIT or not self.off:"),
        ("- if x < LIMIT and not self.off:", "+ if x < LIMIT and (self.off):"),
        ("- self.count += 1", "+ pass"),
        ("- self.count += 1", "+ self.count -= 1"),
        ("- self.count += 1", "+ self.count += (2)"),
        ("- self.store(abs(x))", "+ pass"),
        ("- self.store(abs(x))", "+ self.store((x))"),
        ("- return True", "+ return False"),
        ("- self.last = min(x, LIMIT)", "+ pass"),
        ("- self.last = min(x, LIMIT)", "+ self.last = (x)"),
        ("- self.last = min(x, LIMIT)", "+ self.last = (LIMIT)"),
        ('- raise ValueError(f"{x + 1}")', "+ pass"),
    }


def test_the_faults_of_cython():
    """As of Python, line by line; no declaration without a value, and nothing of half a statement."""
    assert changes(cython_mutants("a.pyx", CYTHON), CYTHON) == {
        ("- cdef int LIMIT = 5  # 7 < 8", "+ cdef int LIMIT = 6  # 7 < 8"),
        ("- if x < LIMIT and not self.off:", "+ if not (x < LIMIT and not self.off):"),
        ("- if x < LIMIT and not self.off:", "+ if x <= LIMIT and not self.off:"),
        ("- if x < LIMIT and not self.off:", "+ if x < LIMIT or not self.off:"),
        ("- self.count += 1", "+ pass"),
        ("- self.count += 1", "+ self.count -= 1"),
        ("- self.count += 1", "+ self.count += 2"),
        ("- store(fabs(x))", "+ pass"),
        ("- store(fabs(x))", "+ store((x))"),
        ("- self.last = <int>(x + 1)", "+ pass"),
        ("- self.last = <int>(x + 1)", "+ self.last = <int>(x - 1)"),
        ("- self.last = <int>(x + 1)", "+ self.last = <int>(x + 2)"),
    }


@pytest.mark.parametrize("make", [python_mutants, cython_mutants])
def test_a_fault_is_in_its_line(make):
    source = PYTHON if make is python_mutants else CYTHON
    for mutant in make("a", source):
        before, after = source.split(b"\n"), mutant.apply(source).split(b"\n")
        changed = [k for k, pair in enumerate(zip(before, after, strict=True), 1) if pair[0] != pair[1]]
        assert changed == [mutant.line]


def test_lines_of_fixtures_are_reached_by_every_test_of_the_file(pytester, monkeypatch):
    """Another test may use what a fixture made for the first; a test that fails reaches nothing."""
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)
    code = pytester.makepyfile(code_of_it="def double(x):\n    return 2 * x\n\ndef half(x):\n    return x / 2\n")
    pytester.syspathinsert()
    pytester.makepyfile(
        test_it="""
        import code_of_it, pytest

        @pytest.fixture(scope="module")
        def made():
            return code_of_it.double(1)

        def test_first(made): assert made
        def test_second(): assert code_of_it.half(2) == 1
        def test_third(): assert code_of_it.half(2) == 2
        """
    )
    lines = Lines(pytester.path, [code.name])
    pytester.inline_run("-p", "no:cacheprovider", plugins=[lines])
    reached = lines.reached()[code.name]
    assert {number: sorted(tests) for number, tests in reached.items()} == {
        2: ["test_it.py::test_first", "test_it.py::test_second"],
        5: ["test_it.py::test_second"],
    }
    assert lines.failed == {"test_it.py::test_third"}
