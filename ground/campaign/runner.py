"""Flies a campaign: gives flights to workers, stores each result at once, and continues after any end."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ground.campaign.definition import Campaign
from ground.campaign.outcome import MET, Outcome, outcome_from
from ground.campaign.pool import FinishedFlight, Pool
from ground.campaign.progress import Progress
from ground.campaign.store import Store
from ground.campaign.worker import fly
from ground.common.signals import Asked, gently
from hal.exit_codes import ExitCode

PATIENCE_S = 0.2  # between two looks at signals and at flights that take too long


@dataclass(frozen=True)
class Summary:
    """The end of a campaign: outcomes by flight number; `asked`: a signal ended it."""

    outcomes: dict[int, Outcome]
    flights: int
    asked: Asked

    @property
    def wrong(self) -> dict[int, Outcome]:
        """The flights that were not as they must be."""
        return {number: outcome for number, outcome in self.outcomes.items() if outcome.state != MET}

    @property
    def exit_code(self) -> int:
        """The exit code of the command."""
        whole = len(self.outcomes) == self.flights
        return self.asked.exit_code(ExitCode.OK if whole and not self.wrong else ExitCode.NOT_MET)


def run(campaign: Campaign, path: Path, *, workers: int | None = None, progress: Progress | None = None) -> Summary:
    """Fly the rest of `campaign`, with results in `path`; return the outcomes of all its flights.

    `workers`: how many fly at a time, one a core when None. A signal ends it with every result kept. Raises
    `CampaignError` or `hal.schema.SchemaError`, one line, for what cannot be flown and for results of another campaign;
    `hal.files.WriteError` when a result cannot be kept.
    """
    with Store(path, campaign) as store, gently() as asked:
        left = store.left()
        size = min(len(left), workers or cores())
        progress = progress or Progress()
        progress.begin(campaign.name, len(campaign.flights), len(campaign.flights) - len(left))
        if left:
            judges = sorted({flight.judge for flight in campaign.flights})
            try:
                with closing(Pool(size, judges, campaign.wall_limit_s)) as pool:
                    for finished in _finished_flights(campaign, left, pool, progress.look, asked):
                        store.add(finished.number, finished.outcome, finished.wall_s, finished.note)
                        progress.finished(finished.outcome)
            finally:
                progress.end()
        return Summary(dict(store.outcomes()), len(campaign.flights), asked)


def _finished_flights(
    campaign: Campaign, left: list[int], pool: Pool, look: Callable[[], None], asked: Asked
) -> Iterator[FinishedFlight]:
    """Fly the flights numbered `left`, in this order; yield each when it ends, until a signal asks to stop."""
    waiting = left[::-1]
    missing = len(left)
    while missing and not asked.number:
        for worker in pool.idle():
            if waiting:
                number = waiting.pop()
                worker.fly(number, campaign.flights[number].as_dict())
        for finished in pool.wait(PATIENCE_S):
            missing -= 1
            yield finished
        look()


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0))


def again(path: Path, number: int) -> tuple[dict[str, Any], bool]:
    """Fly one flight of a campaign again in this process; return its outcome, and whether it is the one in the file."""
    with Store(path) as store:
        flight, before = store.flight(number), dict(store.outcomes()).get(number)
    outcome = fly(flight.as_dict())
    return outcome, before is None or before.as_dict() == outcome_from(outcome).as_dict()
