"""Judges that fly nothing and are quick: what a flight does to its worker is the matter here."""

import os
import signal
import time
from pathlib import Path

from ground.campaign.definition import Campaign, Flight
from ground.campaign.outcome import Measure, Outcome

LOG, ENDLESS = "TEST_CAMPAIGN_LOG", "TEST_CAMPAIGN_ENDLESS"  # of the environment: no part of what is flown


def numbers(count, judge="number"):
    """A campaign of such flights."""
    return Campaign("numbers", tuple(Flight(seed=seed, judge=f"{__name__}:{judge}") for seed in range(count)))


def number(flight):
    """Well, with a measure that follows from the seed; odd ones in SAFE.

    Where the environment says so, it is noted in the file `LOG` that it begins, and seeds from `ENDLESS` on do not end.
    """
    if LOG in os.environ:
        with Path(os.environ[LOG]).open("a", encoding="utf-8") as log:
            log.write(f"{flight.seed}\n")
    if flight.seed >= int(os.environ.get(ENDLESS, "1000")):
        time.sleep(600.0)
    safe = flight.seed % 2 == 1
    measures = (Measure("size", float(flight.seed * 7 % 11), "m"), Measure("rest", 1.0 / (1 + flight.seed), "1", "low"))
    return Outcome((), "SAFE" if safe else "NADIR", "LOW_BATTERY" if safe else "", (), measures, f"{flight.seed:064x}")


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
