"""Mission requirements, evaluated on truth at every tick in constant memory (see `sim/requirements/requirements.py`)."""

from cpython.bytes cimport PyBytes_AS_STRING
from libc.math cimport NAN, asin, cos, fabs, log, sin, sqrt
from libc.stdint cimport uint8_t, uint16_t
from libc.string cimport memcpy, memset

from hal._handle cimport Kernel
from hal_samples cimport MAX_WHEELS
from hal_wire cimport STAR_TRACKER_FLAG_VALID
from sim.requirements._angles cimport body_to_inertial, direction_angle_deg, nadir_error_deg, rotation_angle_deg

from hal.saved import require_size

cdef enum:
    BINS = 4096

cdef double DEG = 57.29577951308232
cdef double HISTOGRAM_LOW_DEG = 1e-5
cdef double BINS_PER_LOG = BINS / 16.8      # 1e-5 deg to 198 deg
cdef double WGS84_A_M = 6378137.0
cdef double WGS84_E2 = 6.69437999014e-3


cdef inline double lesser(double kept, double now) noexcept nogil:
    """The smaller; not a number when either is none."""
    return kept if kept <= now or kept != kept else now


cdef inline double greater(double kept, double now) noexcept nogil:
    """The greater; not a number when either is none."""
    return kept if kept >= now or kept != kept else now


cdef class AngleStatistics:
    """Largest value and percentiles of angles in degrees; percentiles err on the high side by at most 0.41 %.

    `broken` counts values that are no finite number; with one of them `largest_deg` and percentiles are nan.
    """

    cdef readonly long count, broken
    cdef readonly double largest_deg
    cdef long _bins[BINS]

    def __cinit__(self):
        self.count = self.broken = 0
        self.largest_deg = 0.0
        memset(self._bins, 0, sizeof(self._bins))

    cdef void add(self, double angle_deg) noexcept nogil:
        cdef double x
        self.count += 1
        if not fabs(angle_deg) < 1e300:
            self.broken += 1
            self.largest_deg = NAN
            return
        x = log(angle_deg / HISTOGRAM_LOW_DEG) * BINS_PER_LOG if angle_deg > HISTOGRAM_LOW_DEG else 0.0
        self._bins[<int>x if x < BINS - 1 else BINS - 1] += 1
        self.largest_deg = greater(self.largest_deg, angle_deg)

    def save(self):
        """Return everything, as octets (`hal.saved`)."""
        return (<char*>&self.count)[:<char*>self._bins + sizeof(self._bins) - <char*>&self.count]

    def restore(self, bytes state):
        """Take over what was saved; raise `SavedError` for other octets."""
        require_size("statistics", state, <char*>self._bins + sizeof(self._bins) - <char*>&self.count)
        memcpy(&self.count, PyBytes_AS_STRING(state), len(state))

    def push(self, double angle_deg):
        """Add one angle [deg]."""
        self.add(angle_deg)

    def percentile(self, double share):
        """Angle [deg] that `share` (0 to 1) of all values do not exceed; nan without values, or with a broken one."""
        from math import exp, nan
        if not self.count or self.broken:
            return nan
        cdef double wanted = share * self.count
        cdef long seen = 0
        cdef int i
        for i in range(BINS):
            seen += self._bins[i]
            if seen >= wanted:
                break
        return min(HISTOGRAM_LOW_DEG * exp((i + 1) / BINS_PER_LOG), self.largest_deg)


cdef class Evaluator(Kernel):
    """Watches truth and, for judging knowledge and modes, flight's own state."""

    cdef const double* q_true
    cdef const double* rate_b
    cdef const double* r_i
    cdef const double* v_i
    cdef const double* q_ei
    cdef const double* sun_i
    cdef const double* wheel_speed
    cdef const double* sunlit
    cdef const double* soc
    cdef const double* q_est
    cdef const uint8_t* attitude_valid
    cdef const uint8_t* adcs_mode
    cdef const uint8_t* slewing
    cdef const uint16_t* str_flags
    cdef const uint8_t* system_mode
    cdef dict names
    cdef double tick_s, settle_s, slow_rate, orbit_s, mask_elevation
    cdef double payload_b[3]
    cdef double sun_axis_b[3]
    cdef double target_e_m[3]
    cdef double target_up_e[3]
    cdef int n_wheels, nadir_mode, target_mode, sun_mode, safe_mode
    cdef readonly bint has_target
    cdef double _slow_for_s, _mode_for_s, _str_for_s, _str_absent_s, _last_sunlit
    cdef int _mode, _system
    cdef bint _absence_judged
    cdef bint _pass_over
    cdef public bint excused            # 1 while pointing at the target is not judged: flight was just restarted
    cdef readonly double t_s, detumbled_s, soc_lowest, soc_now, soc_orbit_start, wheel_speed_largest
    cdef readonly double orbit_start_s, knowledge_deg, pointing_deg, target_error_deg, elevation_deg, longest_absence_s
    cdef readonly AngleStatistics knowledge, nadir, target, absent
    cdef readonly long exclusions_nadir, exclusions_target, eclipses_nadir, eclipses_target, safe_entries, ticks

    def __init__(self, names, *, double tick_s, double orbit_s, payload_b, sun_axis_b, target, int n_wheels,
                 int nadir_mode, int target_mode, int sun_mode, int safe_mode, double settle_s=120.0, double slow_rate_radps=0.25 / 57.29577951308232,
                 double mask_elevation_rad=20.0 / 57.29577951308232):
        """`names`: what is watched, by what it is to the judge; `target`: latitude [rad], longitude [rad], height [m]; None: none."""
        self.names = dict(names)
        self.tick_s, self.orbit_s, self.settle_s = tick_s, orbit_s, settle_s
        self.slow_rate, self.mask_elevation = slow_rate_radps, mask_elevation_rad
        self.n_wheels, self.nadir_mode, self.target_mode = n_wheels, nadir_mode, target_mode
        self.sun_mode, self.safe_mode = sun_mode, safe_mode
        for i in range(3):
            self.payload_b[i] = payload_b[i]
            self.sun_axis_b[i] = sun_axis_b[i]
        self.has_target = target is not None
        if self.has_target:
            self._place_target(*target)
        self.target_error_deg = self.elevation_deg = NAN
        self.knowledge, self.nadir = AngleStatistics(), AngleStatistics()
        self.target, self.absent = AngleStatistics(), AngleStatistics()
        self.detumbled_s = NAN
        self._mode = -1

    def save(self):
        """Return all that was judged so far, as plain data (`hal.saved`)."""
        times = (<char*>&self._slow_for_s)[:<char*>&self.longest_absence_s + sizeof(double) - <char*>&self._slow_for_s]
        counts = (<char*>&self.exclusions_nadir)[:<char*>&self.ticks + sizeof(long) - <char*>&self.exclusions_nadir]
        return times, counts, tuple([s.save() for s in (self.knowledge, self.nadir, self.target, self.absent)])

    def restore(self, state):
        """Continue from what a judge with the same arguments saved; raise `SavedError` when it does not fit."""
        cdef bytes times, counts
        times, counts, statistics = state
        require_size("judge", times, <char*>&self.longest_absence_s + sizeof(double) - <char*>&self._slow_for_s)
        require_size("judge", counts, <char*>&self.ticks + sizeof(long) - <char*>&self.exclusions_nadir)
        memcpy(&self._slow_for_s, PyBytes_AS_STRING(times), len(times))
        memcpy(&self.exclusions_nadir, PyBytes_AS_STRING(counts), len(counts))
        for each, kept in zip((self.knowledge, self.nadir, self.target, self.absent), statistics, strict=True):
            each.restore(kept)

    cdef int attach(self, pool) except -1:
        self.q_true = self.doubles(pool, "q_true", 4)
        self.rate_b = self.doubles(pool, "rate_b", 3)
        self.r_i = self.doubles(pool, "r_i", 3)
        self.v_i = self.doubles(pool, "v_i", 3)
        self.sun_i = self.doubles(pool, "sun_i", 3)
        self.q_ei = self.doubles(pool, "q_ei", 4)
        self.wheel_speed = self.doubles(pool, "wheel_speed", MAX_WHEELS)
        self.sunlit = self.doubles(pool, "sunlit", 1)
        self.soc = self.doubles(pool, "soc", 1)
        self.q_est = self.doubles(pool, "q_est", 4)
        self.attitude_valid = self.octet(pool, "attitude_valid")
        self.adcs_mode = self.octet(pool, "adcs_mode")
        self.slewing = self.octet(pool, "slewing")
        self.system_mode = self.octet(pool, "system_mode")
        self.str_flags = <const uint16_t*>self.hold_values(pool.handle(self.names["str_flags"]), "u2", 1)
        self.soc_lowest = self.soc_now = self.soc_orbit_start = self.soc[0]
        self._last_sunlit = self.sunlit[0]
        self._system = self.system_mode[0]
        return 0

    cdef const double* doubles(self, pool, str name, int count) except NULL:
        return <const double*>self.hold_values(pool.handle(self.names[name]), "f8", count)

    cdef const uint8_t* octet(self, pool, str name) except NULL:
        return <const uint8_t*>self.hold_values(pool.handle(self.names[name]), "u1", 1)

    def _place_target(self, double lat, double lon, double alt_m):
        cdef double n = WGS84_A_M / sqrt(1.0 - WGS84_E2 * sin(lat) ** 2)
        self.target_up_e[0], self.target_up_e[1], self.target_up_e[2] = cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)
        self.target_e_m[0] = (n + alt_m) * cos(lat) * cos(lon)
        self.target_e_m[1] = (n + alt_m) * cos(lat) * sin(lon)
        self.target_e_m[2] = (n * (1.0 - WGS84_E2) + alt_m) * sin(lat)

    def step(self):
        """Judge one tick; call after flight's tick."""
        self.check()
        cdef double rate = sqrt(self.rate_b[0] ** 2 + self.rate_b[1] ** 2 + self.rate_b[2] ** 2)
        self.t_s += self.tick_s
        self.ticks += 1
        self._slow_for_s = self._slow_for_s + self.tick_s if rate < self.slow_rate else 0.0
        if self.detumbled_s != self.detumbled_s and self._slow_for_s >= 60.0:
            self.detumbled_s = self.t_s
        self._power_and_wheels()
        self._modes()
        self._angles()

    cdef void _power_and_wheels(self) noexcept nogil:
        cdef int i
        self.soc_now = self.soc[0]
        self.soc_lowest = lesser(self.soc_lowest, self.soc_now)
        if self.t_s - self.orbit_start_s >= self.orbit_s:
            self.orbit_start_s += self.orbit_s
            self.soc_orbit_start = self.soc_now
        for i in range(self.n_wheels):
            self.wheel_speed_largest = greater(self.wheel_speed_largest, fabs(self.wheel_speed[i]))

    cdef void _modes(self) noexcept nogil:
        """Time since the mode was settled and since the star tracker came or went; coverage of each fine mode."""
        cdef int mode = self.adcs_mode[0]
        if mode != self._mode or self.slewing[0]:
            self._mode_for_s = 0.0
        else:
            self._mode_for_s += self.tick_s
        self._mode = mode
        self.safe_entries += self.system_mode[0] == self.safe_mode and self._system != self.safe_mode
        self._system = self.system_mode[0]
        if self.str_flags[0] & STAR_TRACKER_FLAG_VALID:
            self._str_for_s += self.tick_s
            self._str_absent_s = 0.0
        else:
            if self._str_for_s > 0.0:
                self._absence_judged = (
                    (mode == self.nadir_mode or mode == self.target_mode) and self._str_for_s >= self.settle_s
                )
                self.exclusions_nadir += mode == self.nadir_mode
                self.exclusions_target += mode == self.target_mode
            self._str_for_s = 0.0
            self._str_absent_s += self.tick_s
        if self._last_sunlit > 0.0 and self.sunlit[0] == 0.0:
            self.eclipses_nadir += mode == self.nadir_mode
            self.eclipses_target += mode == self.target_mode
        self._last_sunlit = self.sunlit[0]

    cdef void _angles(self) noexcept nogil:
        cdef bint fine = self._mode == self.nadir_mode or self._mode == self.target_mode
        if not self.attitude_valid[0]:
            self.knowledge_deg = 180.0
            self._point_to_sun()
            self._track()
            return
        self.knowledge_deg = rotation_angle_deg(self.q_true, self.q_est)
        if fine and self._str_for_s >= self.settle_s and self._mode_for_s >= self.settle_s:
            self.knowledge.add(self.knowledge_deg)
        if self._absence_judged and 0.0 < self._str_absent_s <= 600.0 + 0.5 * self.tick_s:
            self.absent.add(self.knowledge_deg)
            if self._str_absent_s > self.longest_absence_s:
                self.longest_absence_s = self._str_absent_s
        self._track()
        if self._mode == self.nadir_mode:
            self.pointing_deg = nadir_error_deg(self.q_true, self.r_i, self.v_i)
            if self._str_for_s >= self.settle_s and self._mode_for_s >= self.settle_s:
                self.nadir.add(self.pointing_deg)
        elif self._mode == self.target_mode:
            self.pointing_deg = self.target_error_deg
        else:
            self._point_to_sun()

    cdef void _point_to_sun(self) noexcept nogil:
        """Angle between the Sun axis and the Sun in Sun pointing; 180 deg in modes that point to nothing."""
        cdef double axis_i[3]
        self.pointing_deg = 180.0
        if self._mode == self.sun_mode:
            body_to_inertial(self.q_true, self.sun_axis_b, axis_i)
            self.pointing_deg = direction_angle_deg(axis_i, self.sun_i)

    cdef void _track(self) noexcept nogil:
        """Angle between the payload axis and the line of sight; judged over the first pass above the mask, if any."""
        cdef double target_i[3]
        cdef double up_i[3]
        cdef double los[3]
        cdef double axis_i[3]
        cdef double d, up
        cdef int i
        if not self.has_target:
            return
        body_to_inertial(self.q_ei, self.target_e_m, target_i)
        body_to_inertial(self.q_ei, self.target_up_e, up_i)
        for i in range(3):
            los[i] = target_i[i] - self.r_i[i]
        d = sqrt(los[0] * los[0] + los[1] * los[1] + los[2] * los[2])
        up = -(los[0] * up_i[0] + los[1] * up_i[1] + los[2] * up_i[2]) / d
        self.elevation_deg = DEG * asin(1.0 if up > 1.0 else -1.0 if up < -1.0 else up)
        body_to_inertial(self.q_true, self.payload_b, axis_i)
        for i in range(3):
            los[i] /= d
        self.target_error_deg = direction_angle_deg(axis_i, los)
        if not self.elevation_deg < DEG * self.mask_elevation and not self._pass_over:
            if not self.excused:
                self.target.add(self.target_error_deg)
        elif self.target.count:
            self._pass_over = True
