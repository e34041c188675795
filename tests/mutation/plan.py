"""Which files get faults, and which tests should notice."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple


class Part(NamedTuple):
    """Some files and the folders or files of their tests."""

    name: str
    patterns: tuple[str, ...]
    tests: tuple[str, ...]
    patience_s: float = 20.0  # that the tests of one fault may take without it
    elsewhere: bool = False  # tests run the code in processes of their own, where nobody sees which lines: all run

    def files(self, root: Path) -> list[str]:
        """Return the files, by their path below `root`."""
        paths = [path for pattern in self.patterns for path in sorted(root.glob(pattern))]
        return [str(p.relative_to(root)) for p in paths if p.name not in ("__init__.py", "sections.py")]

    def faces(self, root: Path, file: str) -> list[str]:
        """Return the Python files that import a compiled module; what reaches them is taken to reach it."""
        return _faces(root, file) if file.endswith(".pyx") else []


@cache
def _faces(root: Path, file: str) -> list[str]:
    module = re.compile(rf"^\s*(from|import) {file.removesuffix('.pyx').replace('/', '.')}\b", re.MULTILINE)
    folders = [root / name for name in ("hal", "ccsds", "fsw", "sim", "ground")]
    paths = [path for folder in folders for path in sorted(folder.rglob("*.py"))]
    return [str(p.relative_to(root)) for p in paths if module.search(p.read_text("utf-8"))]


PLAN = (
    Part("core", ("fsw/core/*.py", "fsw/core/*.pyx"), ("tests/fsw/core",)),
    Part("comms", ("fsw/comms/*.py", "ccsds/*.py", "ccsds/*.pyx"), ("tests/fsw/comms", "tests/ccsds")),
    Part(
        "restart", ("fsw/restart/restart.py", "fsw/restart/supervisor.py", "fsw/flight_process.py", "fsw/options.py"),
        ("tests/fsw/restart", "tests/fsw/test_alone.py", "tests/fsw/test_options.py"),
        120.0, elsewhere=True,
    ),
    Part(
        "server", ("ground/link/link_server.py", "ground/link/turns.py", "ground/link/station.py"),
        (
            "tests/ground/link/test_link_server.py", "tests/ground/link/test_turns.py",
            "tests/ground/link/test_station.py",
        ),
    ),
    Part(
        "judge",
        ("sim/requirements/verdict.py", "sim/requirements/judge.py", "sim/requirements/compiled.py",
         "sim/requirements/domain.py", "sim/results/execution.py", "sim/requirements/_judge.pyx",
         "sim/requirements/_measures.pyx", "sim/requirements/_domain.pyx"),
        ("tests/sim/requirements", "tests/sim/results/test_execution.py"),
    ),
)  # fmt: skip
