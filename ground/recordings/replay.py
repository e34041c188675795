"""Replays a recorded flight: its inputs go through today's flight code, and each tick is checked."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from fsw.main import FlightSoftware
from fsw.recorder.format import RecordingError
from ground.dictionary.check import adopt_hashes
from ground.link.packets import Entry, PacketDifference, element, first_difference
from ground.recordings.pool_check import PoolCheck
from ground.recordings.reader import RecordingReader
from hal.collector import collector_paused
from hal.errors import InputError
from hal.links.replay import ReplayWorld
from hal.schema import SchemaError, key_name, keys_of, to_table
from hal.vehicle.load import load_vehicle, vehicle_from_table, vehicle_names
from hal.vehicle.vehicle import Vehicle

PROGRESS_S = 60  # mission time between two calls of the progress
SHOWN = 20  # differing parameters that a result names
Progress = Callable[[float], None]


class ReplayError(InputError, ValueError):
    """A recording that cannot be replayed; the message is one line."""


@dataclass(frozen=True)
class ParameterDifference:
    """One parameter, or one element of it, that differs: by name, with both values."""

    name: str
    recorded: str
    today: str
    t_s: float  # mission time at which these were recorded


@dataclass(frozen=True)
class Difference:
    """The first difference between a flight and its recording."""

    tick: int  # the first tick whose octets or state differ
    t_s: float
    parameters: tuple[ParameterDifference, ...]  # in the order in which a tick computes them; at most `SHOWN`
    differing: int  # parameters that differ then
    upstream: ParameterDifference | None  # one that a tick computes before these, seen when all state was recorded next
    packet: PacketDifference | None  # the first octets that differ in these ticks
    errors: tuple[str, ...] = ()  # last lines of exceptions that applications raised


@dataclass(frozen=True)
class Outcome:
    """The result of a replay."""

    first_tick: int
    ticks: int  # compared
    octets: int  # of the links, in these ticks
    digest: int  # of flight's state after the last tick; 0 when the layouts differ
    difference: Difference | None
    end_s: float  # mission time of the last tick
    interrupted: bool = False
    notes: tuple[str, ...] = field(default=())  # what a reader of the verdict has to know
    cut: str = ""  # why the recording ends before the flight did


class Replay:
    """One recording, ready to be flown again.

    `from_s`: start at the last keyframe at or before this mission time [s] instead of at the start, which is the first
    keyframe of a flight with a storage: only it knows what flight went on from. `until_s`: the last mission time to
    compare. Raises `ReplayError` and `RecordingError` with one line when that cannot be done, `OSError`
    when the file cannot be read.
    """

    def __init__(self, path: Path, *, from_s: float | None = None, until_s: float | None = None) -> None:
        self._file = path.name
        self.reader = RecordingReader(path, salvage=True)
        if not self.reader.ticks:
            raise ReplayError(f"{self._file}: no whole tick in it")
        test = self.reader.meta.get("test") if isinstance(self.reader.meta, dict) else None
        self.notes: list[str] = [f"recorded by the test {test}"] if isinstance(test, str) else []
        self._base_hz = self.reader.base_hz
        self.flight = self._compose()
        self._links = self.flight.exchange.names
        self.check = PoolCheck(self.flight.pool, self.reader)
        self._note_layout()
        self._stopped = False
        self._last_tick = self.reader.first_tick + self.reader.ticks - 1
        if until_s is not None:
            self._last_tick = min(self._last_tick, math.floor(until_s * self._base_hz + 1e-6))
        self._start(from_s)
        if self._last_tick < self.first_tick:
            until = self._time(self._last_tick) if until_s is None else f"{until_s:g} s"
            raise ReplayError(f"{self._file}: nothing to compare from {self._time(self.first_tick)} to {until}")

    @property
    def seconds(self) -> tuple[float, float]:
        """Mission time of the first and the last tick to compare [s]."""
        return self.first_tick / self._base_hz, self._last_tick / self._base_hz

    def stop(self) -> None:
        """End the replay at the next progress."""
        self._stopped = True

    def run(self, progress: Progress | None = None) -> Outcome:
        """Fly to the end or to the first difference; `progress` is called with the mission time [s] now and then."""
        tick, difference = self.first_tick, None
        with collector_paused():
            while difference is None and tick <= self._last_tick and not self._stopped:
                chunk = min(PROGRESS_S * self._base_hz, self._last_tick + 1 - tick)
                flown, difference = self._advance(chunk)
                tick += flown
                if progress is not None:
                    progress(tick / self._base_hz)
        return Outcome(
            first_tick=self.first_tick, ticks=tick - self.first_tick,
            octets=self.reader.decoder.octets_read - self._octets_before,
            digest=self.check.digest(), difference=difference, end_s=(tick - 1) / self._base_hz,
            interrupted=self._stopped, notes=tuple(self.notes), cut=self._cut(),
        )  # fmt: skip

    def _advance(self, ticks: int) -> tuple[int, Difference | None]:
        """Fly that many ticks; return how many were identical, and the first difference."""
        load, advance, same = self.world.load, self.reader.decoder.advance, self.check.same
        tick, exchange = self.flight.tick, self.flight.exchange
        for flown in range(ticks):
            try:
                recorded = advance(True)
            except ValueError:
                raise RecordingError(f"{self._file}: record {self.reader.decoder.tick + 1} does not decode") from None
            load(recorded)
            tick()
            if exchange.octets != recorded or not same():
                return flown, self._find(recorded)
        return ticks, None

    # -------------------------------------------------------------- start

    def _compose(self) -> FlightSoftware:
        """Make today's flight software from the arguments of the recorded one."""
        given = self.reader.meta.get("flight") if isinstance(self.reader.meta, dict) else None
        if not isinstance(given, dict) or not {"vehicle", "tai_offset_ns"} <= set(given):
            raise ReplayError(
                f"{self._file}: does not say what its flight software was given (it was made before replay existed); "
                "fly again to get one that can be replayed"
            )
        offset_ns = given["tai_offset_ns"]
        if type(offset_ns) is not int or not -(2**62) <= offset_ns <= 2**62:
            raise ReplayError(f"{self._file}: found tai_offset_ns {offset_ns!r}, expected an integer")
        vehicle = self._vehicle(given["vehicle"])
        if vehicle.rates.base_hz != self._base_hz:
            found = f"recorded at {self._base_hz} Hz, its vehicle at {vehicle.rates.base_hz} Hz"
            raise ReplayError(f"{self._file}: {found}")
        self._flown = vehicle
        self.world = ReplayWorld(vehicle.links)
        try:
            return FlightSoftware(vehicle, self.world.links, self.world.clock, tai_offset_ns=offset_ns)
        except ValueError as error:  # what applications say of a vehicle that they cannot fly
            raise ReplayError(f"{self._file}: the flight software refuses its vehicle: {error}") from None

    def _vehicle(self, table: object) -> Vehicle:
        """Return flight's vehicle; keys that an older recording lacks are taken from the shipped vehicle."""
        if not isinstance(table, dict):
            raise ReplayError(f"{self._file}: found {type(table).__name__} for its vehicle, expected a table")
        name = table.get("name")
        if isinstance(name, str) and name in vehicle_names():
            table = self._completed(table, load_vehicle(name), "vehicle")
        try:
            return vehicle_from_table(table, self._file)
        except SchemaError as error:
            raise ReplayError(str(error)) from None

    def _completed(self, table: Mapping[str, Any], shipped: Any, where: str) -> dict[str, Any]:  # noqa: ANN401
        """Return `table` with the keys that a vehicle has today; `shipped` is the dataclass of that place."""
        out = {}
        today = {key_name(f): getattr(shipped, f.name) for f in keys_of(shipped)}
        for key, value in today.items():
            if key in table:
                whole = dataclasses.is_dataclass(value) and isinstance(table[key], dict)
                out[key] = self._completed(table[key], value, f"{where}.{key}") if whole else table[key]
            elif value is not None and value != ():
                self.notes.append(f"{where}.{key} was not recorded: {repr(value)[:80]} taken from the shipped vehicle")
                out[key] = to_table(value)
        self.notes += [f"{where}.{key} is unknown today: left out" for key in table if key not in today]
        return out

    def _note_layout(self) -> None:
        c = self.check
        if not c.names:
            raise ReplayError(f"{self._file}: has no parameter of today's flight software")
        if self.reader.sections and set(self.reader.sections) <= {"time", "truth"}:
            self.notes.append("recorded without state (--record tm): the octets of the links are compared")
        elif c.absent or c.unknown:
            self.notes.append(f"another layout: {len(c.names)} parameters that both have are compared{_only(c)}")
        elif not c.same_layout:
            self.notes.append("another layout: all parameters are compared by name, in the ticks that record them")

    def _start(self, from_s: float | None) -> None:
        """Put the decoder and flight at the start."""
        self._octets_before = 0
        if from_s is not None:
            self._start_at_keyframe(math.floor(from_s * self._base_hz + 1e-6))
            return
        forked = "from" in self.reader.meta
        if forked or self.reader.meta["flight"].get("storage") is True:
            self._start_at_keyframe(self.reader.first_tick)
            began = self._time(self.reader.first_tick)
            how = "went on from a snapshot" if forked else "flown with a storage"
            self.notes.append(f"{how}: replayed from what it was after its first tick, at {began}")
            return
        self.first_tick = self.reader.seek()
        if self.first_tick != 0:
            raise ReplayError(f"{self._file}: begins at {self._time(self.first_tick)}, not at the start of a flight")
        self._take_hashes()

    def _take_hashes(self) -> None:
        """Use the recorded hashes of the dictionary: a changed description is no changed behaviour."""
        self.reader.advance()
        differing = adopt_hashes(self.flight.pool, self.reader.view, self.check.names)
        if differing:
            self.notes.append(f"today's dictionary differs: {', '.join(differing)}")
        self.reader.seek()
        self._octets_before = self.reader.decoder.octets_read

    def _start_at_keyframe(self, wanted: int) -> None:
        """Restore the pool from the last keyframe at or before tick `wanted`; flight goes on with the tick after it."""
        last = self.reader.first_tick + self.reader.ticks - 1
        keyframe = self.reader.seek(wanted)
        if not keyframe <= wanted <= last:
            where = f"it has {self._time(self.reader.first_tick)} to {self._time(last)}"
            raise ReplayError(f"{self._file}: found --from {wanted / self._base_hz:g}, {where}")
        if self.check.absent:
            missing = self.check.absent[0]
            raise ReplayError(
                f"{self._file}: {missing} was not recorded, --from needs all state; replay from the start"
            )
        self.reader.advance()
        for name in self.check.names:
            self.flight.pool.view(name)[...] = self.reader.view(name)
        self.flight.resume()
        self.first_tick = keyframe + 1
        self._octets_before = self.reader.decoder.octets_read

    def _time(self, tick: int) -> str:
        return f"{tick / self._base_hz:g} s"

    def _cut(self) -> str:
        if self.reader.damage:
            return self.reader.damage
        return "" if self.reader.complete else f"{self._file}: cut short after {self.reader.ticks} ticks"

    # -------------------------------------------------------------- the difference

    def _find(self, recorded: list[Entry]) -> Difference:
        """Return the first difference; when only the digest differs, continue to the tick that records the state."""
        decoder, check = self.reader.decoder, self.check
        first = decoder.tick
        packet = first_difference(recorded, self.flight.exchange.octets, self._links, self._flown)
        names = sorted(check.differing(), key=self._order)
        shown = self._shown(names)
        upstream = None
        while decoder.tick % self._whole and not check.same() and decoder.at < self.reader.end:
            recorded = self.reader.advance()
            self.world.load(recorded)
            self.flight.tick()
            packet = packet or first_difference(recorded, self.flight.exchange.octets, self._links, self._flown)
        if decoder.tick != first:
            later = sorted(check.differing(), key=self._order)
            if not names:
                names, shown = later, self._shown(later)
            elif later and self._order(later[0]) < self._order(names[0]):
                upstream = self._shown(later[:1])[0]
        errors = tuple(text.strip().splitlines()[-1] for text in self.flight.executive.tracebacks.values())
        return Difference(first, first / self._base_hz, shown, len(names), upstream, packet, errors)

    @property
    def _whole(self) -> int:
        """Every how many ticks everything that a digest covers is recorded."""
        header = self.reader.header
        return max((int(d) for _, _, d in header["groups"] if d < header["keyframe_ticks"]), default=1)

    def _shown(self, names: list[str]) -> tuple[ParameterDifference, ...]:
        t_s = self.reader.decoder.tick / self._base_hz
        return tuple(ParameterDifference(*self._element(name), t_s) for name in names[:SHOWN])

    def _order(self, name: str) -> int:
        """The place of a parameter's writer in the tick; the executive, which keeps the time, comes first."""
        writer = self.flight.pool.parameter(name).section.writer
        writers = ("executive", *self.flight.executive.names)
        return writers.index(writer) if writer in writers else len(writers)

    def _element(self, name: str) -> tuple[str, str, str]:
        where, recorded, today = element(name, self.check.recorded(name), self.check.today(name))
        there, here = self.reader.parameter(name).labels, self.flight.pool.parameter(name).enum
        if here is not None:
            here_names = {str(int(m)): m.name for m in here}
            recorded, today = _labelled(recorded, there), _labelled(today, here_names)
        return where, recorded, today


def _labelled(value: str, labels: Mapping[str, str]) -> str:
    return f"{value} ({labels[value]})" if value in labels else value


def _only(c: PoolCheck) -> str:
    """Return in words which parameters only one side has."""
    parts = [
        f"; {where}: {', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
        for where, names in (("only recorded", c.unknown), ("only today", c.absent))
        if names
    ]
    return "".join(parts)
