"""Reads a run folder that `smartsat fly` has written."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsw.recorder.format import RecordingError
from ground.common.run_folder import EVENTS, RECORDING, RESULT, load_result, require_whole
from ground.recordings import events as flight_events
from ground.report import figures, overview
from ground.report.data import Flight
from hal.errors import InputError
from sim.requirements.verdict import Judgement

KINDS = {
    "a text": (str,), "a number": (int, float), "a number or null": (int, float, type(None)), "true or false": (bool,),
    "a list": (list,),
}  # fmt: skip
ENTRY = {  # of a requirement in result.json
    "id": "a text", "text": "a text", "unit": "a text", "limit": "a number", "achieved": "a number or null",
    "at_least": "true or false", "coverage": "true or false", "asked": "true or false", "whole": "true or false",
}  # fmt: skip


class RunError(InputError):
    """A folder that is no run; the message is one line."""


@dataclass(frozen=True)
class Run:
    """One flight: its folder, its result, its events, and, when it was recorded whole, its series and key figures.

    `events` is None when none were kept.
    """

    folder: Path
    result: dict[str, Any]
    requirements: tuple[Judgement, ...]
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
    requirements = _requirements(file, result)
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


def _requirements(file: Path, result: dict[str, Any]) -> tuple[Judgement, ...]:
    """Return the requirements of a result; raise `RunError`, which names the key, for a result that has none."""
    _check(file, "", result, {"seed": "a number", "duration_s": "a number", "requirements": "a list"})
    if not result["requirements"]:
        raise RunError(f"{file}: requirements: found none, expected those of a flight")
    out: dict[str, Judgement] = {}
    for k, entry in enumerate(result["requirements"]):
        where = f"requirements[{k}]"
        _check(file, where, entry, ENTRY)
        if entry["id"] in out:
            raise RunError(f"{file}: {where}.id: found {entry['id']!r} twice, expected it once")
        out[entry["id"]] = _requirement(entry)
    return tuple(out.values())


def _check(file: Path, where: str, entry: Any, expected: dict[str, str]) -> None:  # noqa: ANN401 - whatever is there
    """Raise `RunError` for the first key that is not as expected."""
    if not isinstance(entry, dict):
        raise RunError(f"{file}: {where}: found {type(entry).__name__}, expected an object")
    for key, kind in expected.items():
        value: Any = entry.get(key)
        known = type(value) in KINDS[kind] and not (isinstance(value, float) and math.isnan(value))
        if not known or (key == "duration_s" and value < 0.0):
            name = f"{where}.{key}" if where else key
            raise RunError(f"{file}: {name}: found {value!r}, expected {kind}; was the file edited?")


def _requirement(entry: dict[str, Any]) -> Judgement:
    """A requirement from its entry in result.json."""
    achieved = entry["achieved"]
    return Judgement(
        id=entry["id"], text=entry["text"], limit=float(entry["limit"]),
        achieved=math.nan if achieved is None else float(achieved), unit=entry["unit"], at_least=entry["at_least"],
        coverage=entry["coverage"], asked=entry["asked"], whole=entry["whole"], broken=entry.get("broken") is True,
    )  # fmt: skip
