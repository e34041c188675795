"""The flight recorder: writes the octets of the links and the sections of the pool, tick by tick, into one file.

Values are lossless and delta-coded with a keyframe every 60 s. A section is recorded when its rate group ran, or less
often when it declares `record_hz`. Every tick's record has a digest of all sections except those for keyframes; two
recordings are therefore equal only if the flights were equal, bit for bit and tick for tick. Platform sections go to a
second file, `PATH.platform`, once a second. The first file and its hash depend on nothing of the host.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, cast

from fsw.core.pool import Pool
from fsw.core.section import Section
from fsw.core.sections import TimeSection
from fsw.recorder._recording import Encoder
from fsw.recorder.format import FORMAT, Plan, RecordingError, Source, describe, pack_header, plan_image
from hal.files import CHUNK, Stream
from hal.handle import Handle, Handles
from hal.record import Record
from hal.schema import to_table
from hal.vehicle.vehicle import Vehicle

KEYFRAME_S = 60
Octets = list[tuple[int, int, bytes]]  # link, direction, octets
Mode = Literal["full", "tm", "none"]


@dataclass(frozen=True)
class RecordingSummary:
    """Facts about a closed recording."""

    sha256: str  # of the whole file; empty when nothing was recorded, or not all of it
    octets: int
    ticks: int


class Recorder:
    """Writes the recording of one flight.

    `extra_records`: (handle, rate [Hz]) of records outside the pool, such as the truth. `mode`: "full"; "tm": the
    octets of the links and the time only; "none": no file at all. `meta` goes into the header and must be the same for
    the same flight. `stream` opens a file. Raises `RecordingError` when a rate does not divide `base_hz`,
    `hal.files.WriteError` when a file cannot be made. Octets that cannot be written later are counted (`files`), and
    the flight continues.
    """

    def __init__(
        self,
        path: Path | str,
        pool: Pool,
        extra_records: Sequence[tuple[Handle, int]] = (),
        mode: Mode = "full",
        *,
        base_hz: int = 10,
        meta: Mapping[str, Any] | None = None,
        stream: Callable[[Path], Stream] = Stream,
    ) -> None:
        if mode not in ("full", "tm", "none"):
            raise RecordingError(f"recording mode {mode!r}: expected full, tm or none")
        self._base_hz = base_hz
        self._meta = dict(meta or {})
        self._ticks = 0
        self._main: _File | None = None
        self._platform: _File | None = None
        self._summary: RecordingSummary | None = None
        if mode == "none":
            return
        self._main = _File(stream(Path(path)), base_hz, 1, meta=self._meta, pool=pool)
        state = [s for s in pool.sections if not s.platform and (mode == "full" or s is TimeSection)]
        extra = [Source(h.name, cast("type[Record]", h.record), rate_hz, flown=False) for h, rate_hz in extra_records]
        memory = _Recorded(pool, {handle.name: handle for handle, _ in extra_records})
        self._main.start([*map(source_of, state), *extra], memory)
        host: list[type[Section]] = [TimeSection, *(s for s in pool.sections if s.platform)]
        if mode == "full" and len(host) > 1:
            platform = stream(Path(f"{path}.platform"))
            self._platform = _File(platform, base_hz, base_hz, meta=self._meta, pool=pool)
            self._platform.start([Source(s.section, s) for s in host], pool)

    def tick(self, octets: Octets) -> None:
        """Record this tick: `octets` as (link 0-255, direction 0-127, octets), and the sections as they are now."""
        if self._main is None:
            return
        self._main.tick(octets)
        if self._platform is not None and self._ticks % self._base_hz == 0:
            self._platform.tick([])
        self._ticks += 1

    @property
    def files(self) -> tuple[Stream, ...]:
        """The files of the recording."""
        return tuple(file.stream for file in (self._main, self._platform) if file is not None)

    def flush(self) -> None:
        """Write every tick so far into the files; a process that is killed then loses none of them."""
        for file in (self._main, self._platform):
            if file is not None:
                file.flush()

    def close(self) -> RecordingSummary:
        """Write the rest, close the files and return the summary; a second call returns the same."""
        if self._summary is None:
            for file in (self._platform, self._main):
                if file is not None:
                    file.close()
            stream = None if self._main is None else self._main.stream
            sha256 = "" if stream is None or stream.loss else stream.sha256
            self._summary = RecordingSummary(sha256, 0 if stream is None else stream.octets, self._ticks)
        return self._summary

    def __enter__(self) -> Recorder:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()


class _Recorded:
    """The recorded memory: the pool, and `extra`."""

    def __init__(self, pool: Pool, extra: Mapping[str, Handle]) -> None:
        self._pool, self._extra = pool, extra

    def handle(self, name: str) -> Handle:
        return self._extra.get(name) or self._pool.handle(name)


class _File:
    """One file of records: encoder and stream; `pool` is what is recorded, `meta` is for the header."""

    def __init__(self, stream: Stream, base_hz: int, step: int, *, meta: Mapping[str, Any], pool: Pool) -> None:
        self._ids = {p.name: p.id for p in pool.parameters()}
        self._fitted = pool.fitted
        self._base_hz = base_hz
        self._step = step
        self._meta = meta
        self.stream = stream

    def start(self, sources: Sequence[Source], memory: Handles) -> None:
        """Write the header and make the encoder."""
        keyframe_ticks = KEYFRAME_S * self._base_hz
        # A file with a record a second is due as a whole in each of them.
        plan = plan_image(sources, self._base_hz, keyframe_ticks) if self._step == 1 else plan_image(sources, 1, 1)
        header = {
            "format": FORMAT, "base_hz": self._base_hz, "keyframe_ticks": keyframe_ticks, "step": self._step,
            **describe(sources, plan, self._ids, self._fitted), "meta": self._meta,
        }  # fmt: skip
        self._encoder = make_encoder(plan, keyframe_ticks, self._step, memory)
        self._encode = self._encoder.encode
        self.stream.write(pack_header(header))
        self.stream.flush()

    def tick(self, octets: Octets) -> None:
        """Append one record."""
        if self._encode(octets) >= CHUNK:
            self.flush()

    def flush(self) -> None:
        """Put every record so far into the file."""
        self.stream.write(self._encoder.take())
        self.stream.flush()

    def close(self) -> None:
        """Append the end record and close the file."""
        self._encoder.end()
        self.flush()
        self.stream.close()


def flight_meta(vehicle: Vehicle, tai_offset_ns: int, *, has_storage: bool = False) -> dict[str, Any]:
    """Return the part of `meta` that a replay needs: the arguments of `fsw.main.FlightSoftware`."""
    flight = {"tai_offset_ns": tai_offset_ns, "vehicle": to_table(vehicle), "storage": has_storage}
    return {"vehicle": vehicle.name, "flight": flight}


def source_of(section: type[Section]) -> Source:
    """Return a section of a pool as a source of the recorder."""
    return Source(section.section, section, section.rate_hz)


def make_encoder(plan: Plan, keyframe_ticks: int, step: int, memory: Handles) -> Encoder:
    """Return the encoder that reads what `plan` lays out, by name, from `memory`, which also has the time section."""
    spans = [
        (name, piece.offset, piece.at // 8, piece.octets // 8)
        for name, pieces in plan.pieces.items()
        for piece in pieces
    ]
    encoder = Encoder(plan.groups, keyframe_ticks, step, spans, plan.masks, plan.digested)
    encoder.bind(memory)
    return encoder
