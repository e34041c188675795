"""The flight recorder: octets of the links and the sections of the pool, tick by tick, in one file.

Values are lossless and delta-coded with a keyframe every 60 s. A section is recorded when its rate group ran, or less
often when it declares `record_hz`; a digest of all sections but those for keyframes goes into every tick's record, so
that two recordings are equal only if two flights were, bit for bit and tick for tick. Platform sections go to a second
file, `PATH.platform`, once a second: the first file and its hash know nothing of the host.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Literal

from fsw.core._recording import Encoder
from fsw.core.pool import Pool
from fsw.core.recording_format import FORMAT, Plan, RecordingError, Source, describe, pack_header, plan_image
from fsw.core.registry import Registry
from fsw.core.section import Section
from fsw.core.sections import TimeSection
from hal.files import CHUNK, Stream

KEYFRAME_S = 60
Octets = list[tuple[int, int, bytes]]  # link, direction, octets
Mode = Literal["full", "tm", "none"]


@dataclass(frozen=True)
class RecordingSummary:
    """What a closed recording is."""

    sha256: str  # of the whole file; empty when nothing was recorded, or not all of it
    octets: int
    ticks: int


class Recorder:
    """Writes the recording of one flight.

    `extra_records`: (name, record class, address, rate [Hz]) of records outside the pool, such as the truth. `mode`:
    "full"; "tm": the octets of the links and the time only; "none": no file at all. `meta` goes into the header and
    must be the same for the same flight. Raises `RecordingError` when a rate does not divide `base_hz`,
    `hal.files.WriteError` when a file cannot be made. What cannot be written later is counted (`files`); the flight
    goes on.
    """

    def __init__(
        self,
        path: Path | str,
        pool: Pool,
        extra_records: Sequence[tuple[str, type[Any], int, int]] = (),
        mode: Mode = "full",
        *,
        base_hz: int = 10,
        meta: Mapping[str, Any] | None = None,
    ) -> None:
        if mode not in ("full", "tm", "none"):
            raise RecordingError(f"recording mode {mode!r}: expected full, tm or none")
        self._pool = pool  # the encoders hold addresses of its memory
        self._base_hz = base_hz
        self._meta = dict(meta or {})
        self._ticks = 0
        self._main: _File | None = None
        self._platform: _File | None = None
        self._summary: RecordingSummary | None = None
        if mode == "none":
            return
        tick_address = pool.address(TimeSection)
        ids = {p.name: p.id for p in pool.parameters()}
        self._main = _File(Path(path), base_hz, 1, tick_address, meta=self._meta, ids=ids)
        state = [s for s in pool.sections if not s.platform and (mode == "full" or s is TimeSection)]
        self._main.start([source_of(pool, s) for s in state] + [Source(*extra, flown=False) for extra in extra_records])
        host = [s for s in pool.sections if s.platform]
        if mode == "full" and host:
            self._platform = _File(Path(f"{path}.platform"), base_hz, base_hz, tick_address, meta=self._meta, ids=ids)
            clock = Source("time", TimeSection, tick_address)
            self._platform.start([clock, *(Source(s.section, s, pool.address(s)) for s in host)])

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
        """The files that are written."""
        return tuple(file.stream for file in (self._main, self._platform) if file is not None)

    def flush(self) -> None:
        """Put every tick so far into the files: what is killed leaves them."""
        for file in (self._main, self._platform):
            if file is not None:
                file.flush()

    def close(self) -> RecordingSummary:
        """Write what is left, close the files and return what the recording is; a second call returns the same."""
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


class _File:
    """One file of records: encoder and stream; `ids` are the pool's, `meta` is for the header."""

    def __init__(
        self, path: Path, base_hz: int, step: int, tick_address: int, *, meta: Mapping[str, Any], ids: Registry
    ) -> None:
        self._ids = ids
        self._base_hz = base_hz
        self._step = step
        self._tick_address = tick_address
        self._meta = meta
        self.stream = Stream(path)

    def start(self, sources: Sequence[Source]) -> None:
        """Write the header and make the encoder."""
        keyframe_ticks = KEYFRAME_S * self._base_hz
        # A file with a record a second is due as a whole in each of them.
        plan = plan_image(sources, self._base_hz, keyframe_ticks) if self._step == 1 else plan_image(sources, 1, 1)
        header = {
            "format": FORMAT, "base_hz": self._base_hz, "keyframe_ticks": keyframe_ticks, "step": self._step,
            **describe(sources, plan, self._ids), "meta": self._meta,
        }  # fmt: skip
        self._encoder = make_encoder(sources, plan, keyframe_ticks, self._step, self._tick_address)
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


def source_of(pool: Pool, section: type[Section]) -> Source:
    """Return a section of `pool` as the recorder takes it."""
    return Source(section.section, section, pool.address(section), section.rate_hz)


def make_encoder(sources: Sequence[Source], plan: Plan, keyframe_ticks: int, step: int, tick_address: int) -> Encoder:
    """Return the encoder that reads `sources`, laid out by `plan`, from their memory."""
    address = {source.name: source.address for source in sources}
    spans = [
        (address[name] + piece.offset, piece.at // 8, piece.octets // 8)
        for name, pieces in plan.pieces.items()
        for piece in pieces
    ]
    return Encoder(plan.groups, keyframe_ticks, step, spans, plan.masks, plan.digested, tick_address)
