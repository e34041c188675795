"""GNSS receiver: position, velocity and time with noise, as UBX-NAV-PVT octets.

Message and framing: u-blox 8 / u-blox M8 Receiver Description including Protocol Specification, UBX-13003221,
32.2 (frame), 32.4 (Fletcher checksum), 32.17.15 (NAV-PVT). Heights are above the WGS 84 ellipsoid: there is no geoid,
`hMSL` repeats `height`.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sim.physics.timescales import LEAP_SECONDS, tai_from_utc

from libc.math cimport M_PI, atan2, cos, fmax, llround, sin, sqrt
from libc.stdint cimport INT32_MAX, INT32_MIN
from libc.string cimport memcpy, memset

from sim.devices._device cimport to_counts
from sim.devices._truth cimport TruthCopy
from sim.physics._environment cimport geodetic

cdef enum:
    NOISE
    LATENCY

cdef enum:
    FIX = 6                      # channel of the fix; 0 to 5: position and velocity

cdef double DEGREES = 180.0 / M_PI
cdef int64_t GPS_MINUS_TAI_S = -19
cdef int64_t TAI_J2000_TO_GPS_EPOCH_S = 630763200   # 1980-01-06T00:00:00 to 2000-01-01T12:00:00
cdef int64_t WEEK_S = 604800
cdef int64_t NS = 1000000000
cdef int64_t[64] LEAP_S                    # TAI second since 2000-01-01T12:00:00 from which on TAI - UTC is
cdef int[64] OFFSET_S                      # this much; the second before it is an inserted one
cdef int LEAPS = len(LEAP_SECONDS)
for _k, (_day, _offset) in enumerate(LEAP_SECONDS):
    LEAP_S[<int>_k] = tai_from_utc(datetime.fromisoformat(_day).replace(tzinfo=UTC)) // 1_000_000_000
    OFFSET_S[<int>_k] = _offset

assert sizeof(NavPvt) == UBX_PVT_OCTETS - 8


cdef int tai_minus_utc_s(int64_t t_tai_s, bint* leap) noexcept nogil:
    """TAI - UTC at a TAI second since 2000-01-01T12:00:00; `leap` tells that the second is an inserted one."""
    cdef int k = LEAPS - 1
    while k > 0 and t_tai_s < LEAP_S[k]:
        k -= 1
    leap[0] = k + 1 < LEAPS and t_tai_s == LEAP_S[k + 1] - 1
    return OFFSET_S[k]


cdef void put_time(NavPvt* pvt, int64_t t_tai_ns) noexcept nogil:
    """Fill iTOW and the UTC fields; the calendar from the day count (Fliegel & Van Flandern, CACM 11(10), 1968)."""
    cdef int64_t rounded = t_tai_ns + NS // 2
    cdef int64_t whole = rounded // NS if rounded >= 0 else -((-rounded + NS - 1) // NS)
    cdef bint leap
    cdef int offset = tai_minus_utc_s(whole, &leap)
    cdef int64_t utc = whole - offset - (1 if leap else 0) + 43200  # since 2000-01-01T00:00:00, leap seconds left out
    cdef int64_t day = utc // 86400 if utc >= 0 else -((-utc + 86399) // 86400)
    cdef int64_t second = utc - 86400 * day
    cdef int64_t a = day + 2451545 + 68569
    cdef int64_t n = 4 * a // 146097
    cdef int64_t i, j
    a -= (146097 * n + 3) // 4
    i = 4000 * (a + 1) // 1461001
    a += 31 - 1461 * i // 4
    j = 80 * a // 2447
    pvt.day = <uint8_t>(a - 2447 * j // 80)
    pvt.month = <uint8_t>(j + 2 - 12 * (j // 11))
    pvt.year = <uint16_t>(100 * (n - 49) + i + j // 11)
    pvt.hour = <uint8_t>(second // 3600)
    pvt.minute = <uint8_t>(second // 60 % 60)
    pvt.second = <uint8_t>(second % 60 + (1 if leap else 0))
    pvt.nano = <int32_t>(t_tai_ns - whole * NS)
    pvt.i_tow = <uint32_t>((t_tai_ns + NS * (TAI_J2000_TO_GPS_EPOCH_S + GPS_MINUS_TAI_S) + 500000) // 1000000
                           % (1000 * WEEK_S))


cdef int32_t int32_of(double value, double count) noexcept nogil:
    return <int32_t>to_counts(value, count, INT32_MIN, INT32_MAX)


cdef void frame(uint8_t* message) noexcept nogil:
    """Put sync, class, id, length and the Fletcher checksum around the payload at octet 6."""
    cdef uint8_t a = 0, b = 0
    cdef int k
    message[0], message[1], message[2], message[3] = 0xB5, 0x62, 0x01, 0x07
    message[4], message[5] = sizeof(NavPvt), 0
    for k in range(2, UBX_PVT_OCTETS - 2):
        a = <uint8_t>(a + message[k])
        b = <uint8_t>(b + a)
    message[UBX_PVT_OCTETS - 2] = a
    message[UBX_PVT_OCTETS - 1] = b


cdef class Gnss(DeviceModel):
    """GNSS receiver with a 3D fix; noise is white per ITRF axis, 1 sigma as declared."""

    ERRORS = ("noise", "latency")

    def __init__(self, spec: object, seed: int, errors: object = None, name: str = "gnss") -> None:
        """`spec`: `hal.devices.gnss.kind.Gnss`."""
        DeviceModel.__init__(self, name, seed, errors)
        self.noise_position_m = spec.noise_position_m
        self.noise_velocity_mps = spec.noise_velocity_mps
        self.period_ns = NS * spec.period_s
        self.latency_ns = llround(spec.latency_s * 1e9)

    cdef void fill(self, const TruthRecord* truth, NavPvt* pvt) noexcept nogil:
        """One solution from the truth and this device's noise."""
        cdef double pos[3]
        cdef double vel[3]
        cdef double lat, lon, height, vn, ve, vd
        cdef int k
        memset(pvt, 0, sizeof(NavPvt))
        for k in range(3):
            pos[k] = truth.pos_e_m[k] + self.share(NOISE) * self.noise_position_m * self.normal()
            if self.faulty:
                pos[k] = self.shown(k, pos[k] + self.added(k), 0.0)
        for k in range(3):
            vel[k] = truth.vel_e_mps[k] + self.share(NOISE) * self.noise_velocity_mps * self.normal()
            if self.faulty:
                vel[k] = self.shown(3 + k, vel[k] + self.added(3 + k), 0.0)
        geodetic(pos, &lat, &lon, &height)
        ve = -sin(lon) * vel[0] + cos(lon) * vel[1]
        vn = -sin(lat) * cos(lon) * vel[0] - sin(lat) * sin(lon) * vel[1] + cos(lat) * vel[2]
        vd = -cos(lat) * cos(lon) * vel[0] - cos(lat) * sin(lon) * vel[1] - sin(lat) * vel[2]
        put_time(pvt, truth.t_tai_ns)
        pvt.valid = 0x07                       # date, time, fully resolved
        pvt.t_acc = 30
        if not self.zero >> FIX & 1:
            pvt.fix_type = 3
            pvt.flags = 0x01                   # gnssFixOK
            pvt.num_sv = 12
        pvt.lon = int32_of(lon * DEGREES, 1e-7)
        pvt.lat = int32_of(lat * DEGREES, 1e-7)
        pvt.height = pvt.h_msl = int32_of(height, 1e-3)
        pvt.h_acc = <uint32_t>to_counts(fmax(sqrt(2.0) * self.noise_position_m, 0.01), 1e-3, 0, 0xFFFFFFFF)
        pvt.v_acc = <uint32_t>to_counts(fmax(self.noise_position_m, 0.01), 1e-3, 0, 0xFFFFFFFF)
        pvt.vel_n, pvt.vel_e, pvt.vel_d = int32_of(vn, 1e-3), int32_of(ve, 1e-3), int32_of(vd, 1e-3)
        pvt.g_speed = int32_of(sqrt(vn * vn + ve * ve), 1e-3)
        pvt.head_mot = int32_of(atan2(ve, vn) * DEGREES + (360.0 if ve < 0.0 else 0.0), 1e-5)
        pvt.s_acc = <uint32_t>to_counts(fmax(self.noise_velocity_mps, 0.001), 1e-3, 0, 0xFFFFFFFF)
        pvt.head_acc = 100000
        pvt.p_dop = 150

    cdef void measure(self, const TruthRecord* truth) noexcept nogil:
        """Compute a solution if one is due at the truth's time."""
        cdef NavPvt pvt
        cdef int slot
        if truth.t_ns < self.next_ns:
            return
        self.next_ns = (truth.t_ns // self.period_ns + 1) * self.period_ns
        if self.without_power or self.dead or self.waiting == SOLUTIONS:
            return
        slot = (self.first + self.waiting) % SOLUTIONS
        self.fill(truth, &pvt)
        memcpy(&self.messages[slot][6], &pvt, sizeof(NavPvt))
        frame(self.messages[slot])
        self.arrival_ns[slot] = truth.t_ns + (self.latency_ns if self.on >> LATENCY & 1 else 0)
        self.waiting += 1

    cdef int due(self, int64_t t_ns, uint8_t* message) noexcept nogil:
        if self.waiting == 0 or self.arrival_ns[self.first] > t_ns:
            return 0
        memcpy(message, self.messages[self.first], UBX_PVT_OCTETS)
        self.first = (self.first + 1) % SOLUTIONS
        self.waiting -= 1
        return UBX_PVT_OCTETS

    def read(self, truth: object) -> bytes:
        """Sample `truth` (a NumPy `TruthRecord` record); return the octets that have arrived: for tests and tools."""
        cdef TruthCopy copy = TruthCopy(truth)
        cdef uint8_t message[UBX_PVT_OCTETS]
        self.measure(&copy.truth)
        octets = b""
        while self.due(copy.truth.t_ns, message):
            octets += <bytes>message[:UBX_PVT_OCTETS]
        return octets
