"""A flight leaves the process as it found it: what belongs to the whole process is the caller's."""

import decimal
import gc
import locale
import logging
import os
import random
import resource
import signal
import sys
import threading
import tracemalloc
import warnings
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest

import ground.report.page  # noqa: F401 - matplotlib sets itself up when it is imported, not in a flight
from ground.cli import fly
from ground.compare import command as compare
from ground.link.segment import GroundSegment
from ground.recordings import replay_command as replay
from ground.worlds import diff
from hal.links.open_link import known_schemes
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario

VEHICLE, NADIR = load_vehicle(), load_scenario("nadir")


def state():
    """What belongs to the process, by name."""
    limits = [name for name in dir(resource) if name.startswith("RLIMIT_")]
    mask = os.umask(0)
    os.umask(mask)
    return {
        "garbage collector": (
            gc.isenabled(),
            gc.get_threshold(),
            gc.get_freeze_count(),
            gc.get_debug(),
            gc.callbacks[:],
        ),
        "signals": {n: signal.getsignal(n) for n in signal.valid_signals()},
        "timers": (signal.getitimer(signal.ITIMER_REAL), signal.pthread_sigmask(signal.SIG_BLOCK, ())),
        "locale": locale.setlocale(locale.LC_ALL),
        "warnings": warnings.filters[:],
        "numpy": (np.geterr(), np.geterrcall(), np.get_printoptions()),
        "random": (random.getstate(), repr(np.random.get_state())),
        "environment": {name: value for name, value in os.environ.items() if name != "PYTEST_CURRENT_TEST"},
        "folder": (Path.cwd(), mask),
        "imports": (sys.path[:], sys.meta_path[:], sys.path_hooks[:]),
        "streams": (sys.stdin, sys.stdout, sys.stderr, sys.excepthook, sys.unraisablehook, sys.displayhook),
        "interpreter": (sys.getrecursionlimit(), sys.getswitchinterval(), sys.gettrace(), sys.getprofile()),
        "limits": {name: resource.getrlimit(getattr(resource, name)) for name in limits},
        "threads": threading.enumerate(),
        "files": sorted(opened()),
        "children": Path(f"/proc/self/task/{os.getpid()}/children").read_text(),
        "logging": (logging.root.level, logging.root.handlers[:]),
        "decimal": repr(decimal.getcontext()),
        "matplotlib": (
            mpl.get_backend(auto_select=False),
            {n: mpl.rcParams[n] for n in mpl.rcParams if n != "backend"},
        ),
        "links": known_schemes(),
    }


def opened():
    """What is open in this process, but for the fonts that matplotlib keeps."""
    for entry in Path("/proc/self/fd").iterdir():
        try:
            name = os.readlink(entry)  # noqa: PTH115
        except FileNotFoundError:
            continue  # the folder's own
        if not name.endswith(".ttf"):
            yield name


@pytest.fixture
def undisturbed():
    """Checks that the test has left the process as it was."""
    gc.unfreeze()  # what the tests have frozen, of which some may go
    gc.collect()
    before = state()
    yield
    gc.collect()
    after = state()
    gc.freeze()
    assert {name: after[name] for name in after if after[name] != before[name]} == {}


@pytest.mark.usefixtures("undisturbed")
def test_commands_leave_the_process_as_it_was(tmp_path):
    """A flight with recording and report, its replay, two worlds at once, and two runs side by side."""
    out = tmp_path / "run"
    codes = [
        fly.run(fly.Options("reference", "nadir", 1, 2.0, None, "full", out, False, "sim", None, None)),
        replay.run(replay.Options(out / "recording.ssr")),
        diff.run(diff.Options("nadir", "sim,sim", duration_s=2.0)),
        compare.run(compare.Options(out, out)),
    ]
    assert codes == [0, 0, 0, 0]


def flown(ground=GroundSegment):
    """A flight of a second, which has ended."""
    mission = Mission(VEHICLE, NADIR, ground, duration_s=1.0)
    mission.fly()
    return mission


@pytest.mark.usefixtures("undisturbed")
def test_a_flight_that_breaks_leaves_the_process_as_it_was():
    class Broken(GroundSegment):
        def step(self, t_ns):
            if t_ns:
                raise RuntimeError("ground is gone")

    with pytest.raises(RuntimeError, match="ground is gone"):
        flown(Broken)
    assert gc.isenabled()


def test_flights_one_after_the_other_need_no_more_memory():
    flown()
    sizes = []
    tracemalloc.start()
    try:
        for _ in range(4):
            flown()
            gc.collect()
            sizes.append((len(gc.get_objects()), tracemalloc.get_traced_memory()[0]))
    finally:
        tracemalloc.stop()
    (objects, octets), (objects_before, octets_before) = sizes[-1], sizes[0]
    assert objects - objects_before <= 3 * 2
    assert octets - octets_before < 3 * 10_000
