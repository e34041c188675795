"""A worker of a campaign: `python -m ground.campaign.worker` reads flights on standard input and flies them.

Each line in and out is one JSON object. The first line in names the import path and the judges; the first line out says
that they are there. A worker ends when its standard input does, in the middle of a flight as well: it does not outlive
the campaign.
"""

from __future__ import annotations

import faulthandler
import json
import os
import queue
import re
import sys
import threading
import traceback
from pathlib import Path
from typing import Any, TextIO

from ground.campaign.definition import find_judge, flight_from
from ground.campaign.outcome import RAISED, Outcome
from hal.collector import collector_paused


def main() -> None:
    """Fly flights until standard input ends."""
    faulthandler.enable()
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a judge prints is no answer
    orders: queue.Queue[str] = queue.Queue()
    threading.Thread(target=_listen, args=(sys.stdin, orders), daemon=True).start()
    hello = json.loads(orders.get())
    sys.path[:] = hello["path"]
    for name in hello["judges"]:
        find_judge(name)
    _say(answers, {"ready": os.getpid()})
    while True:
        _say(answers, fly(json.loads(orders.get())))


def fly(table: dict[str, Any]) -> dict[str, Any]:
    """Fly one flight and return its outcome as plain data; an exception is its outcome as well."""
    try:
        flight = flight_from(table)
        with collector_paused():
            outcome = find_judge(flight.judge)(flight)
        if not isinstance(outcome, Outcome):
            raise TypeError(f"the judge returned {type(outcome).__name__}, expected an Outcome")
        outcome = outcome.judged()
    except BaseException as error:  # noqa: BLE001, RUF100 - whatever a judge does is that flight's result
        outcome = Outcome(wrong=(told(error),), state=RAISED)
    return outcome.as_dict()


def told(error: BaseException) -> str:
    """Return an exception in one line: type, text, file and line; the same in every process."""
    frames = traceback.extract_tb(error.__traceback__)
    place = f" ({Path(frames[-1].filename).name}, line {frames[-1].lineno})" if frames else ""
    text = re.sub(r"0x[0-9a-f]+", "0x", " ".join(str(error).split()))[:300]
    return f"{type(error).__name__}: {text}{place}"


def _listen(orders_in: TextIO, orders: queue.Queue[str]) -> None:
    """Take orders; end the process when standard input ends."""
    for line in orders_in:
        orders.put(line)
    os._exit(0)


def _say(answers: TextIO, answer: dict[str, Any]) -> None:
    answers.write(json.dumps(answer) + "\n")
    answers.flush()


if __name__ == "__main__":
    main()
