"""A pytest plugin that notes which test reaches which line of some files, and how long each test takes."""

from __future__ import annotations

import sys
import threading
import time
from collections import defaultdict
from collections.abc import Generator, Iterable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

Reached = dict[str, dict[int, list[str]]]  # file, line: the tests


class Lines:
    """What the tests of one run reached in `files`, by their path below `root`."""

    def __init__(self, root: Path, files: Iterable[str]) -> None:
        self._names = {str(root / name): name for name in files}
        self._now: set[tuple[str, int]] = set()
        self._of: dict[str, set[tuple[str, int]]] = {}
        self._shared: dict[str, set[tuple[str, int]]] = defaultdict(set)  # by fixtures, which others may have made
        self.seconds: dict[str, float] = {}
        self.failed: set[str] = set()

    # ------------------------------------------------------------------ hooks

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, object, object]:
        """Trace one test."""
        self._now = set()
        start = time.perf_counter()
        threading.settrace(self._call)
        sys.settrace(self._call)
        try:
            return (yield)
        finally:
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            self.seconds[item.nodeid] = time.perf_counter() - start
            self._of[item.nodeid] = self._now

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> Generator[None, None, None]:
        """Note what fixtures reach apart: other tests of the file may use what they made."""
        yield
        self._shared[item.nodeid.partition("::")[0]] |= self._now

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note what fails without any fault."""
        if report.failed:
            self.failed.add(report.nodeid)

    # ------------------------------------------------------------------ tracing

    def _call(self, frame: FrameType, _event: str, _argument: Any) -> Any:
        name = self._names.get(frame.f_code.co_filename)
        if name is None:
            return None
        now = self._now

        def line(frame: FrameType, event: str, _argument: Any) -> Any:
            if event == "line":
                now.add((name, frame.f_lineno))
            return line

        return line

    def reached(self) -> Reached:
        """Return the tests of each line."""
        out: Reached = {name: defaultdict(list) for name in self._names.values()}
        for test, lines in self._of.items():
            if test not in self.failed:
                for name, line in lines | self._shared[test.partition("::")[0]]:
                    out[name][line].append(test)
        return out
