"""Kernel of the measures on truth (see `sim/requirements/records.py`), in constant memory and time."""

from libc.math cimport NAN, asin, cos, fabs, sin, sqrt
from libc.stdint cimport uint8_t, uint64_t

from hal._handle cimport Kernel
from hal_samples cimport MAX_WHEELS
from sim.requirements._angles cimport body_to_inertial, direction_angle_deg, nadir_error_deg, rotation_angle_deg
from sim_physics_records cimport TruthRecord, bind_TruthRecord
from sim_requirements_records cimport MeasureRecord, bind_MeasureRecord

from sim.requirements.records import MeasureRecord as MeasureRecordClass

cdef double DEG = 57.29577951308232
cdef double WGS84_A_M = 6378137.0
cdef double WGS84_E2 = 6.69437999014e-3


cdef struct Site:                   # a place on the ellipsoid, ITRF
    double pos_e_m[3]
    double up_e[3]


cdef void place(Site* site, double lat, double lon, double alt_m) noexcept nogil:
    cdef double n = WGS84_A_M / sqrt(1.0 - WGS84_E2 * sin(lat) ** 2)
    site.up_e[0], site.up_e[1], site.up_e[2] = cos(lat) * cos(lon), cos(lat) * sin(lon), sin(lat)
    site.pos_e_m[0] = (n + alt_m) * cos(lat) * cos(lon)
    site.pos_e_m[1] = (n + alt_m) * cos(lat) * sin(lon)
    site.pos_e_m[2] = (n * (1.0 - WGS84_E2) + alt_m) * sin(lat)


def bits(*names):
    """Return the bits of `MeasureRecord.defined` that belong to these fields."""
    order = [f.name for f in MeasureRecordClass.fields]
    return sum(1 << order.index(name) for name in names)


cdef class Measures(Kernel):
    """Computes a `MeasureRecord` from the truth and from flight's attitude, mode and commanded goals.

    `names`: of flight's values, by what they are here; `modes`: numbers of the ADCS modes `sun`, `inertial`, `nadir` and
    `target`; `target`: latitude [rad], longitude [rad], height [m] of the scenario's target, None: none; `wheel_limits`:
    largest spin rate of each wheel [rad/s]. `pool` has "truth", "measures" and flight's sections.
    """

    cdef const TruthRecord* truth
    cdef MeasureRecord* out
    cdef const double* q_est
    cdef const uint8_t* attitude_valid
    cdef const uint8_t* adcs_mode
    cdef const double* q_inertial
    cdef const double* goal_lat
    cdef const double* goal_lon
    cdef const double* goal_alt
    cdef dict names
    cdef double tick_s, orbit_s
    cdef double payload_b[3]
    cdef double sun_axis_b[3]
    cdef double inverse_limit[MAX_WHEELS]
    cdef int wheels, sun_mode, inertial_mode, nadir_mode, target_mode
    cdef bint has_target
    cdef uint64_t always, known, points, inertial, tracks   # bits of what has a meaning: always, and in some states
    cdef Site target, goal
    cdef double goal_of[3]              # the commanded target that `goal` belongs to
    cdef readonly long ticks

    def __init__(self, names, *, double tick_s, double orbit_s, payload_b, sun_axis_b, target, wheel_limits, modes):
        self.names = dict(names)
        self.tick_s, self.orbit_s = tick_s, orbit_s
        self.sun_mode, self.inertial_mode = modes["sun"], modes["inertial"]
        self.nadir_mode, self.target_mode = modes["nadir"], modes["target"]
        for i in range(3):
            self.payload_b[i], self.sun_axis_b[i], self.goal_of[i] = payload_b[i], sun_axis_b[i], NAN
        self.wheels = len(wheel_limits)
        if self.wheels > MAX_WHEELS:
            raise ValueError(f"{self.wheels} wheels: expected at most {MAX_WHEELS}")
        for i in range(self.wheels):
            self.inverse_limit[i] = 1.0 / wheel_limits[i]
        self.has_target = target is not None
        self.always = bits("time_s", "time_orbits", "body_rate_degps", "sun_error_deg", "nadir_error_deg", "payload_sun_deg")
        self.known, self.points = bits("knowledge_error_deg"), bits("pointing_error_deg")
        self.inertial, self.tracks = bits("inertial_error_deg"), bits("tracking_error_deg")
        if self.has_target:
            place(&self.target, target[0], target[1], target[2])
            self.always |= bits("target_error_deg", "target_elevation_deg")
        if self.wheels:
            self.always |= bits("wheel_speed_share")

    cdef int attach(self, pool) except -1:
        self.truth = bind_TruthRecord(self, pool, "truth")
        self.out = bind_MeasureRecord(self, pool, "measures")
        self.q_est = self.doubles(pool, "q_est", 4)
        self.q_inertial = self.doubles(pool, "q_inertial", 4)
        self.goal_lat = self.doubles(pool, "target_lat", 1)
        self.goal_lon = self.doubles(pool, "target_lon", 1)
        self.goal_alt = self.doubles(pool, "target_alt", 1)
        self.attitude_valid = <const uint8_t*>self.hold_values(pool.handle(self.names["attitude_valid"]), "u1", 1)
        self.adcs_mode = <const uint8_t*>self.hold_values(pool.handle(self.names["adcs_mode"]), "u1", 1)
        return 0

    cdef const double* doubles(self, pool, str name, int count) except NULL:
        return <const double*>self.hold_values(pool.handle(self.names[name]), "f8", count)

    def step(self):
        """Compute the measures of this tick; call after flight's tick."""
        self.check()
        self.ticks += 1
        self.measure()

    def save(self):
        """Return what the next step needs of the past, for `restore`."""
        return self.ticks

    def restore(self, long ticks):
        """Continue from what `save` returned."""
        self.ticks = ticks

    cdef void measure(self) noexcept nogil:
        cdef MeasureRecord* out = self.out
        cdef const TruthRecord* t = self.truth
        cdef double payload_i[3]
        cdef double axis_i[3]
        cdef int mode = self.adcs_mode[0]
        cdef bint valid = self.attitude_valid[0] != 0
        body_to_inertial(t.q_bi, self.payload_b, payload_i)
        body_to_inertial(t.q_bi, self.sun_axis_b, axis_i)
        out.time_s = self.ticks * self.tick_s
        out.time_orbits = out.time_s / self.orbit_s
        out.body_rate_degps = DEG * sqrt(
            t.rate_bi_b_radps[0] ** 2 + t.rate_bi_b_radps[1] ** 2 + t.rate_bi_b_radps[2] ** 2)
        out.knowledge_error_deg = rotation_angle_deg(t.q_bi, self.q_est) if valid else NAN
        out.sun_error_deg = direction_angle_deg(axis_i, t.sun_i)
        out.payload_sun_deg = direction_angle_deg(payload_i, t.sun_i)
        out.nadir_error_deg = nadir_error_deg(t.q_bi, t.pos_i_m, t.vel_i_mps)
        out.inertial_error_deg = rotation_angle_deg(t.q_bi, self.q_inertial) if mode == self.inertial_mode else NAN
        out.tracking_error_deg = self.tracking(payload_i) if mode == self.target_mode else NAN
        out.target_error_deg = out.target_elevation_deg = NAN
        if self.has_target:
            out.target_error_deg = self.towards(&self.target, payload_i, &out.target_elevation_deg)
        out.pointing_error_deg = (
            out.nadir_error_deg if mode == self.nadir_mode else out.sun_error_deg if mode == self.sun_mode
            else out.inertial_error_deg if mode == self.inertial_mode else out.tracking_error_deg)
        out.wheel_speed_share = self.wheel_share() if self.wheels else NAN
        out.defined = self.meaningful(mode, valid)

    cdef uint64_t meaningful(self, int mode, bint valid) noexcept nogil:
        """The bits of the measures that have a meaning now."""
        cdef uint64_t out = self.always
        if valid:
            out |= self.known
        if mode == self.inertial_mode:
            out |= self.inertial | self.points
        elif mode == self.target_mode:
            out |= self.tracks | self.points
        elif mode == self.nadir_mode or mode == self.sun_mode:
            out |= self.points
        return out

    cdef double wheel_share(self) noexcept nogil:
        cdef double largest = 0.0, share
        cdef int i
        for i in range(self.wheels):
            share = fabs(self.truth.wheel_speed_radps[i]) * self.inverse_limit[i]
            if not share <= largest:  # not a number stays
                largest = share
        return largest

    cdef double tracking(self, const double* payload_i) noexcept nogil:
        """Angle to the commanded target, whose place is computed anew only when another is commanded."""
        cdef double lat = self.goal_lat[0], lon = self.goal_lon[0], alt = self.goal_alt[0]
        cdef double elevation
        if not (lat == self.goal_of[0] and lon == self.goal_of[1] and alt == self.goal_of[2]):
            place(&self.goal, lat, lon, alt)
            self.goal_of[0], self.goal_of[1], self.goal_of[2] = lat, lon, alt
        return self.towards(&self.goal, payload_i, &elevation)

    cdef double towards(self, const Site* site, const double* payload_i, double* elevation_deg) noexcept nogil:
        """Angle between the payload axis and the line of sight to a place, and the satellite's elevation seen from there."""
        cdef double pos_i[3]
        cdef double up_i[3]
        cdef double los[3]
        cdef double d, up
        cdef int i
        body_to_inertial(self.truth.q_ei, site.pos_e_m, pos_i)
        body_to_inertial(self.truth.q_ei, site.up_e, up_i)
        for i in range(3):
            los[i] = pos_i[i] - self.truth.pos_i_m[i]
        d = sqrt(los[0] * los[0] + los[1] * los[1] + los[2] * los[2])
        up = -(los[0] * up_i[0] + los[1] * up_i[1] + los[2] * up_i[2]) / d
        elevation_deg[0] = DEG * asin(1.0 if up > 1.0 else -1.0 if up < -1.0 else up)
        for i in range(3):
            los[i] /= d
        return direction_angle_deg(payload_i, los)
