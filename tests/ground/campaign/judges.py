"""Judges that fly nothing and are quick: what a flight does to its worker is the matter here."""

import os
import signal
import time
from pathlib import Path

from ground.campaign.outcome import Measure, Outcome


def number(flight):
    """Well, with a measure that follows from the seed; odd ones in SAFE."""
    safe = flight.seed % 2 == 1
    measures = (Measure("size", float(flight.seed * 7 % 11), "m"), Measure("rest", 1.0 / (1 + flight.seed), "1", "low"))
    return Outcome((), "SAFE" if safe else "NADIR", "LOW_BATTERY" if safe else "", (), measures, f"{flight.seed:064x}")


def slow(flight):
    """The same after a while, and each one that begins is noted."""
    with Path(flight.arguments["log"]).open("a", encoding="utf-8") as log:
        log.write(f"{flight.seed}\n")
    time.sleep(float(flight.arguments["seconds"]))
    return number(flight)


def behave(flight):
    """What the seed says."""
    print("a judge may print")
    what = ("well", "raise", "exit", "die", "segfault", "hang", "nan", "nonsense", "wrong")[flight.seed]
    if what == "raise":
        raise ZeroDivisionError(f"division of {object()}\nby nothing")
    if what == "exit":
        raise SystemExit(4)
    if what == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if what == "segfault":
        os.kill(os.getpid(), signal.SIGSEGV)
    if what == "hang":
        time.sleep(1e6)
    if what == "nan":
        return Outcome(measures=(Measure("error", float("nan"), "deg"),))
    if what == "nonsense":
        return 7
    return Outcome(wrong=("too slow",) if what == "wrong" else ())
