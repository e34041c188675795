"""Driver of the GNSS receiver: UBX NAV-PVT solutions in, parsed by `pyubx2`, delivered in ITRF and TAI."""

from __future__ import annotations

import datetime
import math
from typing import NamedTuple

import numpy as np
from pyubx2 import UBXMessage, UBXReader
from pyubx2.exceptions import UBXMessageError, UBXParseError, UBXStreamError, UBXTypeError

from hal.board_time import BoardTimeEstimator
from hal.devices.gnss.kind import Gnss as GnssSettings
from hal.drivers._gnss import Gnss
from hal.drivers.names import given, names_of
from hal.drivers.scaling import nanoseconds
from hal.drivers.ubx import UbxStream
from hal.handle import Handles
from hal.leap_seconds import DAY_S, NS, utc_to_tai_ns
from hal.vehicle.vehicle import Vehicle

UBX_ERRORS = (UBXMessageError, UBXParseError, UBXStreamError, UBXTypeError)
FIX_3D = (3, 4)  # fixType: 3D, and GNSS with dead reckoning
WEEK_MS = 7 * DAY_S * 1000
TAI_MINUS_GPS_S = 19
GPS_AT_EPOCH_S = 7300 * DAY_S + 43200 - TAI_MINUS_GPS_S  # GPS seconds since 1980-01-06 at 2000-01-01T12:00:00 TAI
LEAP_UNKNOWN_S = 2  # leap seconds that the receiver may know and the table not
ACCURACY_MAX_M = 100.0  # a worse 3D solution is not used
SPEED_MAX_MPS = 12e3  # above escape velocity: nonsense
HEIGHT_MIN_M = -1e3
LATE_MAX_NS = NS  # an arrival this much later than the fastest is stale
RESYNC_AFTER = 3  # consecutive solutions that agree with each other, not with the past
SILENT_PERIODS = 3
TIME_MAX_NS = 1 << 62

# WGS 84 (NGA.STND.0036, 3.2); its axes agree with ITRF to centimetres.
SEMI_MAJOR_M = 6378137.0
FLATTENING = 1.0 / 298.257223563
ECCENTRICITY_2 = FLATTENING * (2.0 - FLATTENING)

Vector = tuple[float, float, float]


def geodetic_to_ecef(lat_rad: float, lon_rad: float, height_m: float) -> Vector:
    """Return the position [m] of geodetic WGS 84 coordinates.

    Source: Vallado, *Fundamentals of Astrodynamics and Applications*, 4th ed., 2013, 3.2, equations 3-7 and 3-14.
    """
    sin_lat, cos_lat = math.sin(lat_rad), math.cos(lat_rad)
    normal_m = SEMI_MAJOR_M / math.sqrt(1.0 - ECCENTRICITY_2 * sin_lat * sin_lat)
    in_plane_m = (normal_m + height_m) * cos_lat
    return (
        in_plane_m * math.cos(lon_rad),
        in_plane_m * math.sin(lon_rad),
        (normal_m * (1.0 - ECCENTRICITY_2) + height_m) * sin_lat,
    )


def ned_to_ecef(lat_rad: float, lon_rad: float, ned: Vector) -> Vector:
    """Return a vector given in north, east, down at a place, in ITRF axes."""
    sin_lat, cos_lat, sin_lon, cos_lon = math.sin(lat_rad), math.cos(lat_rad), math.sin(lon_rad), math.cos(lon_rad)
    north, east, down = ned
    outward = -north * sin_lat - down * cos_lat
    return (
        outward * cos_lon - east * sin_lon,
        outward * sin_lon + east * cos_lon,
        north * cos_lat - down * sin_lat,
    )


def solution_time(message: UBXMessage) -> int | None:
    """Return `t_tai_ns` of a NAV-PVT message, or None when its time is not resolved or is contradictory.

    UTC fields and nanoseconds give the time through the table of leap seconds; GPS time of week, which has none,
    corrects a table that lacks the latest ones.
    """
    second_of_day: int = message.hour * 3600 + message.min * 60 + message.second
    if not (message.validDate and message.validTime) or second_of_day > DAY_S:
        return None
    try:
        day = datetime.date(message.year, message.month, message.day)
        t_tai_ns = utc_to_tai_ns(day, second_of_day, message.nano)
    except ValueError:
        return None
    gps_ms = t_tai_ns // 1_000_000 + GPS_AT_EPOCH_S * 1000
    ahead_ms: int = (message.iTOW - gps_ms + WEEK_MS // 2) % WEEK_MS - WEEK_MS // 2
    ahead_s = round(ahead_ms / 1000)
    if abs(ahead_s) > LEAP_UNKNOWN_S or abs(ahead_ms - 1000 * ahead_s) > 1:
        return None
    return t_tai_ns + ahead_s * NS


class Solution(NamedTuple):
    """One navigation solution."""

    t_tai_ns: int
    pos_e_m: Vector
    vel_e_mps: Vector
    accuracy_m: float
    fix: bool  # the receiver vouches for a 3D solution


def solve(message: UBXMessage) -> Solution | None:
    """Return the solution of a NAV-PVT message, or None when the message has no time.

    `accuracy_m` is the root sum square of the receiver's horizontal and vertical 1-sigma estimates.
    """
    t_tai_ns = solution_time(message)
    if t_tai_ns is None:
        return None
    lat, lon = math.radians(message.lat), math.radians(message.lon)
    return Solution(
        t_tai_ns,
        geodetic_to_ecef(lat, lon, message.height * 1e-3),
        ned_to_ecef(lat, lon, (message.velN * 1e-3, message.velE * 1e-3, message.velD * 1e-3)),
        math.hypot(message.hAcc, message.vAcc) * 1e-3,
        bool(message.gnssFixOk) and message.fixType in FIX_3D and not message.invalidLlh,
    )


class GnssDriver(Gnss):
    """Driver of a GNSS receiver, `unit` of `vehicle`.

    `bind(pool)` takes the records of the unit's name, or those that the keyword arguments name: `sample`
    (`hal.samples.GnssSample`) and `health` (`UnitHealth`) are written; `state` (`GnssLinkState` of `hal.link_state`) is
    all that the driver remembers. The mission time of validity is estimated from TAI of the solution and the arrival of
    its octets, less the declared latency: it is as fine as the exchange reads (a tick), `t_tai_ns` is exact. A solution
    is dropped as stale when it does not follow the last one in time or comes more than a second late; it is valid when
    the receiver has a 3D fix, reports 100 m or better, and height and speed are possible.
    """

    def __init__(
        self,
        vehicle: Vehicle,
        unit: GnssSettings,
        *,
        sample: str = "",
        health: str = "",
        state: str = "",
    ) -> None:
        names = names_of(unit.name) | given(sample=sample, health=health, state=state)
        self._latency_ns = nanoseconds(unit.latency_s, vehicle.file, vehicle.place(unit, "latency_s"))
        self._stream = UbxStream()
        self._state_name = names["state"]
        silent_ns = nanoseconds(SILENT_PERIODS * unit.period_s, vehicle.file, vehicle.place(unit, "period_s"))
        self.set_unit(silent_ns, names)

    def bind(self, pool: Handles) -> None:
        """Take the records from `pool`."""
        super().bind(pool)
        self._state = pool.handle(self._state_name).array
        self._pending = self._state["pending"]
        self._clock = BoardTimeEstimator(pool, f"{self._state_name}.clock")

    def take_octets(self, octets: bytes, now_ns: int) -> None:
        """Take octets that were read at mission time `now_ns`; called by the kernel."""
        stream, state = self._stream, self._state
        stream.pending = self._pending[: state["pending_fill"]].tobytes()
        stream.other.load(state["other"])
        dropped = stream.dropped
        messages = stream.feed(octets)
        state["pending_fill"] = len(stream.pending)
        self._pending[: len(stream.pending)] = np.frombuffer(stream.pending, np.uint8)
        stream.other.save(state["other"])
        for message in messages:
            try:
                solution = solve(UBXReader.parse(message))
            except UBX_ERRORS:
                self.count(frames_bad=1)
                continue
            self.count(frames_ok=1)
            if solution is None or not 0 <= solution.t_tai_ns <= TIME_MAX_NS:
                self.count(out_of_range=1)
            elif not self._follows(solution.t_tai_ns, now_ns):
                self.count(stale=1)
            else:
                self._accept(solution, now_ns)
        self.count(frames_bad=stream.dropped - dropped)

    def forget_octets(self) -> None:
        """Drop a partly received message and count it, because the link failed; called by the kernel."""
        state = self._state
        if state["pending_fill"] or state["other"]["kind"]:
            self.count(frames_bad=int(not state["other"]["bad"]))
        state["pending_fill"] = 0
        state["other"] = 0

    def _follows(self, t_tai_ns: int, now_ns: int) -> bool:
        """Return whether a solution is consistent with the last ones, or has contradicted them often enough."""
        arrival_ns = max(now_ns - self._latency_ns, 0)
        late_ns = self._clock.residual_ns(t_tai_ns, arrival_ns)
        state = self._state
        if t_tai_ns > state["last_tai_ns"] and abs(late_ns) <= LATE_MAX_NS:
            state["refused"] = 0
            return True
        if t_tai_ns <= state["refused_tai_ns"]:
            state["refused"] = 0
        state["refused"] += 1
        state["refused_tai_ns"] = t_tai_ns
        if state["refused"] < RESYNC_AFTER:
            return False
        state["refused"] = 0
        self._clock.reset()
        return True

    def _accept(self, solution: Solution, now_ns: int) -> None:
        """Write the sample."""
        self._state["last_tai_ns"] = solution.t_tai_ns
        self._clock.add(solution.t_tai_ns, max(now_ns - self._latency_ns, 0))
        t_ns = min(self._clock.mission_ns(solution.t_tai_ns), now_ns)
        possible = (
            solution.accuracy_m <= ACCURACY_MAX_M
            and math.hypot(*solution.vel_e_mps) <= SPEED_MAX_MPS
            and math.hypot(*solution.pos_e_m) >= SEMI_MAJOR_M * (1.0 - FLATTENING) + HEIGHT_MIN_M
        )
        if solution.fix and not possible:
            self.count(out_of_range=1)
        seq = (int(self._state["seq"]) + 1) & 0xFFFFFFFF
        self._state["seq"] = seq
        self.write(
            t_ns, seq, solution.fix and possible, solution.t_tai_ns,
            solution.pos_e_m, solution.vel_e_mps, solution.accuracy_m,
        )  # fmt: skip
