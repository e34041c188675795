"""Kernel of fsw.navigation.navigation. Sources are named at each step."""

from libc.math cimport fabs, sqrt
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from fsw.algebra._quaternion cimport quat_rotate, quat_rotate_back
from fsw.navigation cimport _frames as frames
from fsw.navigation cimport _geomagnetic as geomagnetic
from fsw.navigation cimport _orbit_filter as orbit_filter
from fsw.navigation cimport _sun as sun
from fsw.algebra cimport _vector as vector
from fsw_health_sections cimport bind_FdirSection
from fsw_health_devices cimport DEVICE_GNSS
from fsw.core._samples cimport bind_samples
from fsw_core_sections cimport bind_TimeSection
from fsw_navigation_sections cimport bind_EarthOrientationSection, bind_NavigationSection, bind_OrbitSection
from hal._handle cimport const_int64s

import numpy as np

cdef int64_t DAY_NS = 86400000000000
cdef double J2000_JD = 2451545.0
cdef double EARTH_RATE_RADPS = 7.2921151467e-5     # IERS Conventions 2010, table 1.2 (GAST runs as fast to 1e-11)
cdef int64_t FILTER_LAG_NS = 5000000000            # the filter waits this long for late GNSS solutions
cdef double JUMP_NS = 6e11                         # a gap in time after which the filter's state is not carried on
cdef double AGREES_SIGMAS = 4.0                    # of orbit and receiver together, for a receiver that is not used
cdef double TLE_SIGMA_M = 1500.0                   # of SGP4 at the TLE's epoch, and its growth
cdef double TLE_SIGMA_M_PER_DAY = 2000.0


cdef void pole(const TrueOfDate* date, double* pole_i) noexcept nogil:
    """The Earth's axis in GCRF."""
    cdef double[3] z_t = [0.0, 0.0, 1.0]
    quat_rotate_back(date.q_ti, z_t, pole_i)


cdef class Navigation:
    """See `fsw.navigation.navigation`."""

    def __init__(self, satellite, int64_t tle_t_tai_ns, rates, gnss, model, leaps):
        self.sgp4 = satellite.sgp4
        self.mean_motion_radps = satellite.no_kozai / 60.0
        self.tle_t_tai_ns = tle_t_tai_ns
        self.ticks = max(1, rates.base_hz // rates.navigation_hz)
        self.period_ns = self.ticks * (1000000000 // rates.base_hz)
        self.gnss_sigma_m = gnss.noise_position_m if gnss else 0.0   # without a receiver no solution comes
        self.gnss_sigma_mps = gnss.noise_velocity_mps if gnss else 0.0
        self.arrays = [np.array(values, np.int64) for values in leaps] + [model.epoch_tai_ns, model.g, model.h]
        leap_tai_ns, leap_s, epoch_tai_ns, g, h = self.arrays
        self.leaps = len(leaps[0])
        self.leap_tai_ns = const_int64s(leap_tai_ns, self.leaps)
        self.leap_s = const_int64s(leap_s, self.leaps)
        geomagnetic.fill_table(&self.table, epoch_tai_ns, g, h)

    cdef int attach(self, pool) except -1:
        self.time = bind_TimeSection(self, pool)
        bind_samples(self, pool, &self.samples)
        self.earth = bind_EarthOrientationSection(self, pool)
        self.fdir = bind_FdirSection(self, pool)
        self.out = bind_NavigationSection(self, pool)
        self.orbit = bind_OrbitSection(self, pool)
        self.out.q_ei[3] = 1.0

    def step(self):
        """Write `NavigationSection` for the tick's time; at most once a period, move the nodes and use GNSS."""
        cdef int64_t t
        cdef double pos_e[3]
        cdef double where[3]
        self.check()
        t = self.time.t_tai_ns
        # A clock that is set between nodes is met by extrapolation, so that nodes keep to the ticks of their rate.
        if (self.orbit.nodes_valid and self.time.tick % self.ticks != 0
                and self.orbit.node_t_tai_ns[0] - self.period_ns <= t <= self.orbit.node_t_tai_ns[1] + self.period_ns):
            self.interpolate(t)
            return
        self.refresh(t)
        if self.out.valid:
            self.interpolate(t)
            quat_rotate(self.out.q_ei, self.out.pos_i_m, pos_e)
            frames.geodetic(pos_e, where)
            self.out.latitude_rad = where[0]
            self.out.longitude_rad = where[1]
            self.out.altitude_m = where[2]

    cdef void earth_orientation(self, EarthOrientation* out) noexcept nogil:
        out.ut1_utc_s = self.earth.ut1_utc_s
        out.polar_x_rad = self.earth.polar_x_rad
        out.polar_y_rad = self.earth.polar_y_rad

    cdef void earth_state(self, int64_t t, OrbitState* state) noexcept nogil:
        cdef int leap = self.leap_index(t)
        state.t_tai_ns = t
        frames.true_of_date(t, &state.date)
        state.gast_rad = frames.gmst_rad(t, self.leap_s[leap], self.earth.ut1_utc_s) + state.date.equinoxes_rad

    cdef int leap_index(self, int64_t t) noexcept nogil:
        cdef int leap = self.leaps - 1
        while leap > 0 and t < self.leap_tai_ns[leap]:
            leap -= 1
        return leap

    cdef bint sgp4_state(self, int64_t t, OrbitState* state) except -1:
        """SGP4 in GCRF, with the Earth's attitude at `t`; False when SGP4 reports an error (decay)."""
        cdef int64_t utc_ns = t - self.leap_s[self.leap_index(t)] * 1000000000
        cdef int64_t days = utc_ns // DAY_NS
        cdef double pos_teme[3]
        cdef double vel_teme[3]
        cdef double q[4]
        error, pos_km, vel_kmps = self.sgp4(J2000_JD + days, (utc_ns - days * DAY_NS) / <double> DAY_NS)
        if error:
            return False
        pos_teme[0], pos_teme[1], pos_teme[2] = pos_km
        vel_teme[0], vel_teme[1], vel_teme[2] = vel_kmps
        self.earth_state(t, state)
        frames.teme_attitude(&state.date, q)
        vector.scale(1e3, pos_teme, pos_teme)
        vector.scale(1e3, vel_teme, vel_teme)
        quat_rotate(q, pos_teme, state.pos_i_m)
        quat_rotate(q, vel_teme, state.vel_i_mps)
        return True

    cdef bint load_node(self, int k, int64_t t) except -1:
        """Put the orbit and the Earth's attitude at `t` into node `k`."""
        cdef OrbitSection* orbit = self.orbit
        cdef OrbitState state
        cdef double pole_i[3]
        if orbit.filter_valid:
            self.earth_state(t, &state)
            vector.copy(orbit.filter_pos_i_m, state.pos_i_m)
            vector.copy(orbit.filter_vel_i_mps, state.vel_i_mps)
            pole(&state.date, pole_i)
            orbit_filter.integrate(state.pos_i_m, state.vel_i_mps, pole_i, (t - orbit.filter_t_tai_ns) * 1e-9)
        elif not self.sgp4_state(t, &state):
            return False
        orbit.node_t_tai_ns[k] = t
        vector.copy(state.pos_i_m, orbit.pos_i_m[k])
        vector.copy(state.vel_i_mps, orbit.vel_i_mps[k])
        memcpy(orbit.q_ti[k], state.date.q_ti, sizeof(state.date.q_ti))
        orbit.gast_rad[k] = state.gast_rad
        return True

    cdef int refresh(self, int64_t t) except -1:
        """Move the nodes to `t` and one period ahead, let GNSS correct the orbit, evaluate the environment there."""
        cdef OrbitSection* orbit = self.orbit
        cdef bint anew = not (orbit.nodes_valid and t == orbit.node_t_tai_ns[1])
        cdef bint corrected = self.use_gnss(t)
        cdef bint known = True
        self.out.position_sigma_m = self.bare_sigma_m(t)
        if orbit.filter_valid and not self.keep_filter(t):
            orbit.filter_valid = 0
            corrected = True
        if anew or corrected:
            known = self.load_node(0, t)
        else:
            self.shift()
        known = known and self.load_node(1, t + self.period_ns)
        orbit.nodes_valid = known
        self.out.valid = known
        if known:
            if anew or corrected:
                self.environment(0)
            self.environment(1)
        return 0

    cdef bint keep_filter(self, int64_t t) noexcept nogil:
        """Let the filter follow, a little behind; state its uncertainty. False when SGP4 alone is better."""
        cdef OrbitSection* orbit = self.orbit
        cdef TrueOfDate date
        cdef double pole_i[3]
        cdef double sigma
        if fabs(<double> (t - orbit.filter_t_tai_ns)) > JUMP_NS:
            return False                               # the clock was set: nothing connects the filter to this time
        if t - orbit.filter_t_tai_ns > FILTER_LAG_NS:
            frames.true_of_date(t, &date)
            pole(&date, pole_i)
            orbit_filter.advance(orbit, t - FILTER_LAG_NS, pole_i, self.mean_motion_radps)
        sigma = orbit_filter.sigma_at(orbit, t + self.period_ns, self.mean_motion_radps)
        if sigma > self.out.position_sigma_m:
            return False
        self.out.position_sigma_m = sigma
        return True

    cdef void shift(self) noexcept nogil:
        """Node 1 becomes node 0."""
        cdef OrbitSection* orbit = self.orbit
        orbit.node_t_tai_ns[0] = orbit.node_t_tai_ns[1]
        memcpy(orbit.pos_i_m[0], orbit.pos_i_m[1], sizeof(orbit.pos_i_m[0]))
        memcpy(orbit.vel_i_mps[0], orbit.vel_i_mps[1], sizeof(orbit.vel_i_mps[0]))
        memcpy(orbit.sun_i[0], orbit.sun_i[1], sizeof(orbit.sun_i[0]))
        memcpy(orbit.mag_i_tesla[0], orbit.mag_i_tesla[1], sizeof(orbit.mag_i_tesla[0]))
        memcpy(orbit.q_ti[0], orbit.q_ti[1], sizeof(orbit.q_ti[0]))
        orbit.sunlit[0] = orbit.sunlit[1]
        orbit.gast_rad[0] = orbit.gast_rad[1]

    cdef bint use_gnss(self, int64_t now) except -1:
        """Feed a new GNSS solution to the filter at its own time of validity; True when the orbit changed."""
        cdef const GnssSample* gnss = self.samples.gnss
        cdef OrbitSection* orbit = self.orbit
        cdef OrbitState sgp4
        cdef orbit_filter.Hill frame
        cdef double pos_i[3]
        cdef double vel_i[3]
        cdef double pole_i[3]
        if not gnss.valid or gnss.t_tai_ns == orbit.gnss_t_tai_ns:
            return False
        orbit.gnss_t_tai_ns = gnss.t_tai_ns
        if (gnss.t_tai_ns > now + self.period_ns or gnss.t_tai_ns < now - FILTER_LAG_NS
                or (orbit.filter_valid and gnss.t_tai_ns < orbit.filter_t_tai_ns)):
            self.out.gnss_rejected += 1
            return False
        if not self.sgp4_state(gnss.t_tai_ns, &sgp4):
            return False
        self.gnss_state(&sgp4, pos_i, vel_i)
        if self.fdir.excluded[DEVICE_GNSS]:
            self.judge_gnss(&sgp4, pos_i)
            return False
        if orbit.filter_valid:
            pole(&sgp4.date, pole_i)
            orbit_filter.advance(orbit, gnss.t_tai_ns, pole_i, self.mean_motion_radps)
        else:
            orbit_filter.start(orbit, gnss.t_tai_ns, sgp4.pos_i_m, sgp4.vel_i_mps,
                               self.bare_sigma_m(gnss.t_tai_ns), self.mean_motion_radps)
        if not orbit_filter.measure(orbit, pos_i, vel_i, max(self.gnss_sigma_m, gnss.accuracy_m / sqrt(3.0)),
                                    self.gnss_sigma_mps):
            self.out.gnss_rejected += 1
            return False
        self.out.gnss_used += 1
        orbit.gnss_agreed = 0
        vector.copy(orbit.filter_pos_i_m, pos_i)
        vector.copy(orbit.filter_vel_i_mps, vel_i)
        vector.add_scaled(-1.0, sgp4.pos_i_m, pos_i)
        vector.add_scaled(-1.0, sgp4.vel_i_mps, vel_i)
        orbit_filter.hill_frame(sgp4.pos_i_m, sgp4.vel_i_mps, &frame)
        orbit_filter.to_hill(&frame, pos_i, vel_i, orbit.correction)
        return True

    cdef void judge_gnss(self, const OrbitState* sgp4, const double* pos_i_m) noexcept nogil:
        """Say whether a receiver that is not used agrees with the orbit as propagated without it."""
        cdef OrbitSection* orbit = self.orbit
        cdef double pole_i[3]
        cdef double miss[3]
        cdef double sigma_m = self.bare_sigma_m(sgp4.t_tai_ns)
        vector.copy(pos_i_m, miss)
        if orbit.filter_valid:
            pole(&sgp4.date, pole_i)
            orbit_filter.advance(orbit, sgp4.t_tai_ns, pole_i, self.mean_motion_radps)
            sigma_m = sqrt(orbit.p[0][0] + orbit.p[1][1] + orbit.p[2][2])
        vector.add_scaled(-1.0, &orbit.filter_pos_i_m[0] if orbit.filter_valid else &sgp4.pos_i_m[0], miss)
        orbit.gnss_miss_m = vector.norm(miss)
        if orbit.gnss_miss_m < AGREES_SIGMAS * (sigma_m + max(2.0 * self.gnss_sigma_m, self.samples.gnss.accuracy_m)):
            orbit.gnss_agreed += 1
            orbit.gnss_streak = 0
        else:
            orbit.gnss_agreed = 0

    cdef void gnss_state(self, const OrbitState* earth, double* pos_i_m, double* vel_i_mps) noexcept nogil:
        """The GNSS solution in GCRF."""
        cdef const GnssSample* gnss = self.samples.gnss
        cdef EarthOrientation eop
        cdef double q_ei[4]
        cdef double vel_e[3]
        self.earth_orientation(&eop)
        frames.earth_attitude(&earth.date, earth.gast_rad, &eop, q_ei)
        vector.copy(gnss.vel_e_mps, vel_e)
        vel_e[0] -= EARTH_RATE_RADPS * gnss.pos_e_m[1]
        vel_e[1] += EARTH_RATE_RADPS * gnss.pos_e_m[0]
        quat_rotate_back(q_ei, gnss.pos_e_m, pos_i_m)
        quat_rotate_back(q_ei, vel_e, vel_i_mps)

    cdef double bare_sigma_m(self, int64_t t) noexcept nogil:
        """1-sigma position error of SGP4 alone: 1.5 km at the TLE's epoch and 2 km a day."""
        return TLE_SIGMA_M + TLE_SIGMA_M_PER_DAY * fabs(<double> (t - self.tle_t_tai_ns)) / DAY_NS

    cdef void environment(self, int k) noexcept nogil:
        """Sun, shadow and field at node `k`."""
        cdef OrbitSection* orbit = self.orbit
        cdef TrueOfDate date
        cdef EarthOrientation eop
        cdef double sun_i[3]
        cdef double q_ei[4]
        cdef double pos_e[3]
        cdef double mag_e[3]
        sun.sun_position(orbit.node_t_tai_ns[k], sun_i)
        orbit.sunlit[k] = sun.sunlit_fraction(orbit.pos_i_m[k], sun_i)
        vector.add_scaled(-1.0, orbit.pos_i_m[k], sun_i)
        vector.unit(sun_i, orbit.sun_i[k])
        memcpy(date.q_ti, orbit.q_ti[k], sizeof(date.q_ti))
        self.earth_orientation(&eop)
        frames.earth_attitude(&date, orbit.gast_rad[k], &eop, q_ei)
        quat_rotate(q_ei, orbit.pos_i_m[k], pos_e)
        self.field(orbit.node_t_tai_ns[k], pos_e, mag_e)
        quat_rotate_back(q_ei, mag_e, orbit.mag_i_tesla[k])

    cdef void field(self, int64_t t, const double* pos_e_m, double* mag_e_tesla) noexcept nogil:
        cdef double g[geomagnetic.COEFFICIENTS]
        cdef double h[geomagnetic.COEFFICIENTS]
        geomagnetic.interpolate(&self.table, t, g, h)
        geomagnetic.field_e(g, h, geomagnetic.MAX_DEGREE, pos_e_m, mag_e_tesla)

    cdef void interpolate(self, int64_t t) noexcept nogil:
        """Cubic Hermite position and its derivative; Sun, field and shadow linear between the nodes.

        Over one second the cubic errs by n^4 r h^4 / 384 = 3e-8 m and the field by 3e-11 T.
        """
        cdef OrbitSection* orbit = self.orbit
        cdef NavigationSection* out = self.out
        cdef TrueOfDate date
        cdef EarthOrientation eop
        cdef double h = (orbit.node_t_tai_ns[1] - orbit.node_t_tai_ns[0]) * 1e-9
        cdef double since = (t - orbit.node_t_tai_ns[0]) * 1e-9
        cdef double u = since / h
        cdef double rise = u * u * (3.0 - 2.0 * u)
        cdef double v0 = h * u * (1.0 - u) * (1.0 - u), v1 = -h * u * u * (1.0 - u)
        cdef double slope = 6.0 * u * (1.0 - u) / h
        cdef double s0 = (1.0 - u) * (1.0 - 3.0 * u), s1 = u * (3.0 * u - 2.0)
        cdef double delta
        cdef int k
        for k in range(3):
            delta = orbit.pos_i_m[1][k] - orbit.pos_i_m[0][k]
            out.pos_i_m[k] = (orbit.pos_i_m[0][k] + rise * delta
                              + v0 * orbit.vel_i_mps[0][k] + v1 * orbit.vel_i_mps[1][k])
            out.vel_i_mps[k] = slope * delta + s0 * orbit.vel_i_mps[0][k] + s1 * orbit.vel_i_mps[1][k]
            out.sun_i[k] = orbit.sun_i[0][k] + u * (orbit.sun_i[1][k] - orbit.sun_i[0][k])
            out.mag_i_tesla[k] = orbit.mag_i_tesla[0][k] + u * (orbit.mag_i_tesla[1][k] - orbit.mag_i_tesla[0][k])
        out.sunlit = orbit.sunlit[0] + u * (orbit.sunlit[1] - orbit.sunlit[0])
        memcpy(date.q_ti, orbit.q_ti[0], sizeof(date.q_ti))
        self.earth_orientation(&eop)
        frames.earth_attitude(&date, orbit.gast_rad[0] + EARTH_RATE_RADPS * since, &eop, out.q_ei)
