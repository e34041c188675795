"""A run folder as `smartsat fly` left it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsw.core.recording_format import RecordingError
from ground.report import events as flight_events
from ground.report import figures, overview
from ground.report.data import Flight
from ground.run_folder import EVENTS, RECORDING, RESULT, load_result, require_whole
from hal.errors import InputError
from sim.requirements import Requirement


class RunError(InputError):
    """A folder that is no run; the message is one line."""


@dataclass(frozen=True)
class Run:
    """One flight: its folder, its result, its events, and, when it was recorded whole, its series and key figures.

    `events` is None when none were kept.
    """

    folder: Path
    result: dict[str, Any]
    requirements: tuple[Requirement, ...]
    flight: Flight | None
    tables: tuple[figures.Table, ...]
    events: tuple[flight_events.FlightEvent, ...] | None

    @property
    def facts(self) -> str:
        """What flew, in a few words."""
        r, meta = self.result, {} if self.flight is None else self.flight.meta
        names = "" if not meta else f"{meta.get('vehicle')}, {meta.get('scenario')}, "
        return f"{names}seed {r['seed']}, {r['duration_s']:.0f} s, boards {r.get('hal', 'sim')}"


def load(folder: Path) -> Run:
    """Read a run folder.

    Raises `RunError` or `RunFolderError` when it has no result, its recording cannot be read, or its files are not all
    of one flight.
    """
    file, result = folder / RESULT, load_result(folder)
    try:
        requirements = tuple(_requirement(entry) for entry in result["requirements"])
        if not isinstance(result["seed"], int) or not isinstance(result["duration_s"], int | float):
            raise TypeError("seed and duration_s are numbers")
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise RunError(f"{file}: not a result of smartsat fly: {error!r}") from None
    require_whole(folder, result)
    recording = folder / RECORDING
    if not recording.is_file():
        return Run(folder, result, requirements, None, (), None)
    try:
        flight = Flight(recording)
        log = folder / EVENTS
        events = flight_events.load(log, flight.tai_offset_ns) if log.is_file() else None
        if "attitude.q_bi" not in flight:  # a recording of the downlink only
            return Run(folder, result, requirements, None, (), events)
        flight.load(figures.names(overview.SERIES))
    except RecordingError as error:
        raise RunError(str(error)) from None
    except OSError as error:
        raise RunError(f"{recording}: cannot be read: {error.strerror}") from None
    return Run(folder, result, requirements, flight, figures.tables(flight), events)


def _requirement(entry: dict[str, Any]) -> Requirement:
    """A requirement from its entry in result.json."""
    achieved = entry["achieved"]
    return Requirement(
        id=str(entry["id"]), text=str(entry["text"]), limit=float(entry["limit"]),
        achieved=math.nan if achieved is None else float(achieved), unit=str(entry["unit"]),
        at_least=bool(entry["at_least"]), coverage=bool(entry["coverage"]), asked=bool(entry["asked"]),
        whole=bool(entry["whole"]), broken=bool(entry.get("broken", False)),
    )  # fmt: skip
