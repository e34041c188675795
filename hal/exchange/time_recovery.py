"""Recovers mission time after a restart, from packets that arrive on the links before the first tick.

The clocks of the boards run on while there is no flight process, and the kept state of the drivers maps each board's
clock to mission time. A packet can only be delayed, so the packet that gives the latest mission time is the best. A
board that was reset in between cannot tell the time: its cycle or its clock went back, or the two disagree. Then the
sources are, in this order: the other board, the star tracker (synchronised to mission time), GNSS (by the known
difference between TAI and mission time).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from pyubx2 import UBXReader

from hal.board_time import BoardTimeEstimator
from hal.clock import Clock
from hal.devices.gnss.kind import Gnss
from hal.devices.layout import counts_of, layout
from hal.devices.star_tracker.kind import StarTracker
from hal.drivers.gnss import TIME_MAX_NS, UBX_ERRORS, solve
from hal.drivers.ubx import UbxStream
from hal.handle import Handles
from hal.links.link import ByteLink, LinkError
from hal.packet import FrameDecoder, PacketType
from hal.record import Record
from hal.vehicle.vehicle import Board, Vehicle
from hal.wire import EPS_OFFSET, Apid, EpsSensors, StarTrackerReport

NS = 1_000_000_000
POLL_NS = 1_000_000  # between two looks at the links: how fine time is found
ENOUGH = 3  # packets of one source that say the same: nothing further down the order is waited for
RATIO = 0.01  # of the time since, by which cycles and clock of a board may disagree,
CYCLES = 4  # and as many of its periods
MARGIN_NS = 500_000_000  # patience beyond a period


class RecoveredTime(NamedTuple):
    """Mission time minus the time of the clock [ns], and its source."""

    offset_ns: int
    source: str  # name of the link


class HeardGyro(NamedTuple):
    """Gyro increments that arrived while mission time was recovered."""

    t_ns: int  # mission time of the last increment's end
    counts: tuple[float, float, float]  # mean increment of one cycle, sensor axes


class Listener(Protocol):
    """One source of time; `take` returns mission times of arrival [ns]."""

    name: str
    patience_ns: int  # how long it is waited for

    def take(self, octets: bytes) -> list[int]:
        """Take octets as they came."""


class BoardListener:
    """Sensor packets of a board."""

    def __init__(self, name: str, packet: tuple[type[Record], int, str], board: Board, pool: Handles) -> None:
        """`packet`: its record, its APID, and the field with the increments of the gyro; "": the board has none."""
        state = pool.handle(f"drivers.{name}").array
        self.name, self._gyro_counts = name, packet[2]
        self._kind, self._apid = packet[:2]
        self._period_ns = board.period_ms * 1_000_000
        self.patience_ns = self._period_ns + MARGIN_NS
        self._clock = BoardTimeEstimator(pool, f"drivers.{name}.clock")
        self._known = bool(state["running"]) and self._clock.running
        self._cycle, self._board_ns = int(state["cycle"]), int(state["board_ns"])
        self._decoder = FrameDecoder()
        self._gyro: list[NDArray[np.int32]] = []
        self._gyro_ns = 0

    @property
    def gyro(self) -> HeardGyro | None:
        """The increments of the cycles that gave the time; None of a board without gyro, or that said nothing."""
        if not self._gyro:
            return None
        x, y, z = np.mean(self._gyro, axis=0)
        return HeardGyro(self._gyro_ns, (float(x), float(y), float(z)))

    def take(self, octets: bytes) -> list[int]:
        """Take octets; packets of another kind, and of another life of the board, say nothing."""
        out = []
        for packet in _records(self._decoder, octets, self._kind, self._apid):
            board_ns = int(packet["board_time_ns"])
            cycles, passed_ns = int(packet["cycle"]) - self._cycle, board_ns - self._board_ns
            differ_ns = abs(passed_ns - cycles * self._period_ns)
            follows = cycles > 0 and passed_ns > 0 and board_ns <= TIME_MAX_NS
            if self._known and follows and differ_ns <= RATIO * passed_ns + CYCLES * self._period_ns:
                out.append(self._clock.mission_ns(board_ns))
                if self._gyro_counts and _is_measured(packet[self._gyro_counts]):
                    self._gyro.append(packet[self._gyro_counts].copy())
                    self._gyro_ns = out[-1]
        return out


def _is_measured(counts: NDArray[np.int32]) -> bool:
    """Whether no count is at the end of its range."""
    ends = np.iinfo(counts.dtype)
    return not bool(np.any((counts == ends.min) | (counts == ends.max)))


class StarTrackerListener:
    """Reports of a star tracker, which is synchronised to mission time."""

    def __init__(self, tracker: StarTracker) -> None:
        self.name = tracker.name
        self._latency_ns = round(tracker.latency_s * NS)
        self.patience_ns = NS // tracker.rate_hz + MARGIN_NS
        self._decoder = FrameDecoder()

    def take(self, octets: bytes) -> list[int]:
        """Take octets."""
        reports = _records(self._decoder, octets, StarTrackerReport, Apid.STAR_TRACKER)
        return [int(report["valid_time_ns"]) + self._latency_ns for report in reports]


class GnssListener:
    """Solutions of a GNSS receiver."""

    def __init__(self, receiver: Gnss, tai_offset_ns: int) -> None:
        self.name = receiver.name
        self._shift_ns = round(receiver.latency_s * NS) - tai_offset_ns
        self.patience_ns = receiver.period_s * NS + MARGIN_NS
        self._stream = UbxStream()

    def take(self, octets: bytes) -> list[int]:
        """Take octets."""
        out = []
        for message in self._stream.feed(octets):
            try:
                solution = solve(UBXReader.parse(message))
            except UBX_ERRORS:
                continue
            if solution is not None and solution.fix:
                out.append(solution.t_tai_ns + self._shift_ns)
        return out


def listeners(vehicle: Vehicle, pool: Handles, tai_offset_ns: int) -> tuple[Listener, ...]:
    """Return all sources that there are, the best first; `tai_offset_ns` is TAI minus mission time.

    `pool` holds what the boards' drivers remembered: `drivers.NAME` (`hal.link_state.BoardLinkState`).
    """
    gyro = next((counts_of(d.name) for d in vehicle.of_kind("gyro") if d.board == "adcs"), "")
    packets: dict[str, tuple[type[Record], int, str]] = {
        "adcs": (layout(vehicle).sensors, int(Apid.SENSORS), gyro),
        "eps": (EpsSensors, Apid.SENSORS + EPS_OFFSET, ""),
    }
    return (
        *(BoardListener(b, packets[b], getattr(vehicle.boards, b), pool) for b in vehicle.boards_in_use),
        *(StarTrackerListener(tracker) for tracker in vehicle.of_kind("star_tracker")),
        *(GnssListener(receiver, tai_offset_ns) for receiver in vehicle.of_kind("gnss")),
    )


def recover(
    sources: tuple[Listener, ...], links: Mapping[str, ByteLink], clock: Clock, not_before_ns: int
) -> RecoveredTime | None:
    """Listen until mission time is known; return None when all sources have run out of time.

    A mission time before `not_before_ns` is refused. Octets that were on the links before are read and not used,
    because their time of arrival is unknown. Blocks for at most the longest patience of `sources`, usually a quarter of
    a second.
    """
    for source in sources:
        _read(links[source.name])
    begun_ns = now_ns = clock.now_ns()
    offsets: dict[str, list[int]] = {source.name: [] for source in sources}
    while True:
        clock.sleep_until(now_ns + POLL_NS)
        now_ns = clock.now_ns()
        for source in sources:
            octets = _read(links[source.name])
            times_ns = source.take(octets) if octets else []
            offsets[source.name] += [t - now_ns for t in times_ns if not_before_ns <= t <= TIME_MAX_NS]
        for source in sources:
            heard = offsets[source.name]
            if heard and (len(heard) >= ENOUGH or now_ns - begun_ns >= source.patience_ns):
                return RecoveredTime(max(heard), source.name)
            if now_ns - begun_ns < source.patience_ns:
                break  # nothing further down is asked before this one's patience is at its end
        else:
            return None


def _read(link: ByteLink) -> bytes:
    try:
        return link.read()
    except LinkError:
        return b""


def _records(decoder: FrameDecoder, octets: bytes, kind: type[Record], apid: int) -> list[Any]:
    """Return the telemetry packets of one kind that `octets` complete."""
    dtype = kind.dtype()
    return [
        np.frombuffer(payload.ljust(kind.size, b"\0"), dtype)[0]
        for number, packet_type, _, payload in decoder.feed(octets)
        if number == apid and packet_type == PacketType.TELEMETRY and len(payload) == kind.end
    ]
