"""Runs tests in the copy of the tree, in a process of their own that begins with the libraries already imported."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from tests.mutation.lines import Lines
from tests.mutation.tree import Tree

OPTIONS = [
    "-q", "-x", "-p", "no:cacheprovider", "--no-header", "--tb=line", "-m", "not proof",
    "-W", "ignore::pytest.PytestAssertRewriteWarning",  # of what is imported already
]  # fmt: skip
MEMORY = 8 << 30  # address space of a run [octets]: a fault may allocate without end
PASSED, TIMED_OUT = 0, -1


def run_tests(tree: Tree, tests: Sequence[str], timeout_s: float, log: Path) -> int:
    """Run `tests` until the first fails; return pytest's exit code, minus a signal, or `TIMED_OUT`."""
    return _in_child(tree, timeout_s, log, lambda: int(pytest.main([*OPTIONS, *tests])))


def reach(tree: Tree, tests: Sequence[str], files: Sequence[str], timeout_s: float, log: Path) -> dict[str, Any]:
    """Run all `tests` once without a fault; return `reached` (`Lines.reached`) and `seconds` of each test.

    What was found is kept beside `log`, for as long as code and tests are the same.
    """
    out, of_tree = log.with_suffix(".json"), tree.digest(tests)
    if out.is_file() and (kept := json.loads(out.read_text())).get("tree") == of_tree:
        return dict(kept)
    out.unlink(missing_ok=True)

    def trace() -> int:
        lines = Lines(tree.root, files)
        code = int(pytest.main([*(o for o in OPTIONS if o != "-x"), *tests], plugins=[lines]))
        facts = {"reached": lines.reached(), "seconds": lines.seconds, "failed": [*lines.failed], "tree": of_tree}
        out.write_text(json.dumps(facts))
        return code

    code = _in_child(tree, timeout_s, log, trace)
    if not out.is_file():
        raise RuntimeError(f"the tests without a fault ended with {code}: see {log}")
    found: dict[str, Any] = json.loads(out.read_text())
    return found


def _in_child(tree: Tree, timeout_s: float, log: Path, work: Callable[[], int]) -> int:
    pid = os.fork()
    if not pid:
        _become(tree, log, work)
    end_s = time.monotonic() + timeout_s
    while True:
        done, status = os.waitpid(pid, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            break
        if time.monotonic() > end_s:
            code = TIMED_OUT
            break
        time.sleep(0.02)
    with suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)  # with whatever its tests have started
    if not done:
        os.waitpid(pid, 0)
    return code


def _become(tree: Tree, log: Path, work: Callable[[], int]) -> None:
    """Be the process that runs tests in the copy; never returns."""
    code = 70
    try:
        os.setsid()
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with log.open("wb") as file:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
        os.environ.update(tree.environment())
        os.chdir(tree.root)
        sys.dont_write_bytecode = True
        here = str(Path(__file__).resolve().parents[2])
        sys.path[:] = [*os.environ["PYTHONPATH"].split(":"), *(p for p in sys.path if p not in ("", here))]
        for name in [name for name in sys.modules if name == "tests" or name.startswith("tests.")]:
            del sys.modules[name]
        code = work()
        sys.stdout.flush()
    except BaseException:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(code if 0 <= code < 128 else 71)
