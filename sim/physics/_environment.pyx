"""Kernel of the truth's environment; `sim.physics.environment` is its public face and names every model's source."""

from libc.math cimport acos, asin, atan, atan2, cos, exp, log, pi, pow, sin, sqrt
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

import numpy as np

from sim.physics import constants
from sim.physics._algebra cimport apply, apply_transposed, dot, norm
from sim.physics._field cimport new_field
from sim.physics._frames cimport SlowNode, new_slow

cdef double A_WGS84 = constants.RADIUS_EARTH_M
cdef double E2 = constants.FLATTENING * (2.0 - constants.FLATTENING)
cdef double B_WGS84 = constants.RADIUS_EARTH_M * (1.0 - constants.FLATTENING)
cdef double E2_PRIME = E2 / (1.0 - E2)
cdef double RADIUS_SUN = constants.RADIUS_SUN_M
cdef double AU = constants.ASTRONOMICAL_UNIT_M
cdef double COS_LAG = cos(pi / 6.0), SIN_LAG = sin(pi / 6.0)  # the density bulge follows the Sun by 30 deg


cdef void geodetic(const double* pos_e_m, double* lat_rad, double* lon_rad, double* alt_m) noexcept nogil:
    """Bowring (1985, Survey Review 28, 202) with the reduced latitude, two passes: far below a millimetre."""
    cdef double p = sqrt(pos_e_m[0] * pos_e_m[0] + pos_e_m[1] * pos_e_m[1]), z = pos_e_m[2], k, c, s
    cdef double num = z * A_WGS84 * (1.0 + E2_PRIME * B_WGS84 / sqrt(p * p + z * z)), den = p * B_WGS84
    cdef int i
    for i in range(2):
        k = 1.0 / sqrt(num * num + den * den)
        s = num * k
        c = den * k
        num = (z + E2_PRIME * B_WGS84 * s * s * s) * (B_WGS84 if i == 0 else 1.0)
        den = (p - E2 * A_WGS84 * c * c * c) * (A_WGS84 if i == 0 else 1.0)
    k = 1.0 / sqrt(num * num + den * den)
    s = num * k
    c = den * k
    lat_rad[0] = atan2(s, c)
    lon_rad[0] = atan2(pos_e_m[1], pos_e_m[0])
    alt_m[0] = p * c + z * s - A_WGS84 * sqrt(1.0 - E2 * s * s)


cdef double sunlit_share(const double* pos_i_m, const double* sun_i_m) noexcept nogil:
    """Montenbruck & Gill (2000), 3.4.2: overlap of the apparent discs of Sun and Earth."""
    cdef double to_sun[3]
    cdef double r = norm(pos_i_m), d, a, b, c, x, y, cos_c, share
    cdef int i
    for i in range(3):
        to_sun[i] = sun_i_m[i] - pos_i_m[i]
    d = norm(to_sun)
    cos_c = -dot(pos_i_m, to_sun) / (r * d)
    if cos_c <= 0.0:
        return 1.0
    a = asin(RADIUS_SUN / d)
    b = asin(A_WGS84 / r) if r > A_WGS84 else 0.5 * pi
    c = acos(cos_c) if cos_c < 1.0 else 0.0
    if c >= a + b:
        return 1.0
    if c <= b - a:
        return 0.0
    if c <= a - b:
        return 1.0 - b * b / (a * a)
    # With differences of squares as products and angles by both legs: near contact little is left of large numbers.
    x = ((c - b) * (c + b) + a * a) / (2.0 * c)
    y = sqrt(max(0.0, (a - x) * (a + x)))
    share = 1.0 - (a * a * atan2(y, x) + b * b * atan2(y, c - x) - c * y) / (pi * a * a)
    return 0.0 if share < 0.0 else (1.0 if share > 1.0 else share)


cdef double limb_angle(const TruthEnvironment* env, const double* direction_i) noexcept nogil:
    """Angle from nadir less the angular radius of a sphere of the equatorial radius."""
    cdef double x = -dot(env.pos_i_m, direction_i) / norm(env.pos_i_m)
    x = acos(-1.0 if x < -1.0 else (1.0 if x > 1.0 else x))
    return x - env.earth_radius_rad


cdef double view_factor(double cos_tilt, double h) noexcept nogil:
    """View factor from a plate to a sphere at h radii from its centre (Howell, Catalog of Radiation Configuration
    Factors, B-43); cos_tilt: plate normal to the direction of the centre."""
    cdef double x = sqrt(h * h - 1.0), sin_tilt, y, root
    if cos_tilt * h >= 1.0:
        return cos_tilt / (h * h)
    if cos_tilt * h <= -1.0:
        return 0.0
    sin_tilt = sqrt(1.0 - cos_tilt * cos_tilt)
    y = -x * cos_tilt / sin_tilt
    root = sqrt(1.0 - y * y) if y * y < 1.0 else 0.0
    y = -1.0 if y < -1.0 else (1.0 if y > 1.0 else y)
    return (cos_tilt * acos(y) - x * sin_tilt * root) / (pi * h * h) + atan(sin_tilt * root / x) / pi


cdef double albedo_on(const TruthEnvironment* env, const double* normal_i) noexcept nogil:
    """Lambert Earth lit as at the sub-satellite point (Gilmore, Spacecraft Thermal Control Handbook, 2002, 2.2)."""
    cdef double r = norm(env.pos_i_m), h = r / A_WGS84
    if env.albedo_ratio <= 0.0:
        return 0.0
    return env.albedo_ratio * h * h * view_factor(-dot(env.pos_i_m, normal_i) / r, h)


cdef void new_sky(Sky* sky, int64_t ut1_tai_ns) noexcept nogil:
    sky.ut1_tai_ns = ut1_tai_ns
    new_slow(&sky.slow)
    new_field(&sky.field)


cdef class Environment:
    """Environment of `frames` and `field` with the switches of `options` (`PhysicsOptions`)."""

    def __init__(self, Frames frames, Field field, options, int64_t ut1_tai_ns):
        cdef int k
        self.ut1_tai_ns = ut1_tai_ns
        self.frames = frames
        self.field = field
        self._with_field = options.magnetic_field
        self._with_eclipse = options.eclipse
        self._density_scale = options.density_scale * 1e-12  # the table is in g/km^3
        self._bulge_exponent = 0.5 * options.bulge_exponent
        self._albedo = options.albedo
        self._gm_sun = constants.GM_SUN_M3PS2 if options.sun_gravity else 0.0
        self._gm_moon = constants.GM_MOON_M3PS2 if options.moon_gravity else 0.0
        table = constants.HARRIS_PRIESTER
        self._layers = len(table)
        for k in range(self._layers):
            self._height_m[k] = 1e3 * table[k][0]
            self._night_kgpm3[k] = table[k][1]
            self._day_kgpm3[k] = table[k][2]
        for k in range(self._layers - 1):
            step = self._height_m[k] - self._height_m[k + 1]
            self._night_scale_m[k] = step / log(self._night_kgpm3[k + 1] / self._night_kgpm3[k])
            self._day_scale_m[k] = step / log(self._day_kgpm3[k + 1] / self._day_kgpm3[k])

    cdef double density(self, double altitude_m, const double* pos_i_m, const double* sun_i_m) noexcept nogil:
        """Harris-Priester (Montenbruck & Gill 2000, 3.5.2); below the table its lowest layer, above it vacuum."""
        cdef int low = 0, high = self._layers - 1, mid
        cdef double night, day, bulge_x, bulge_y, cos_psi, dh
        if altitude_m >= self._height_m[high]:
            return 0.0
        while high - low > 1:
            mid = (low + high) >> 1
            if altitude_m >= self._height_m[mid]:
                low = mid
            else:
                high = mid
        dh = self._height_m[low] - altitude_m
        dh = 0.0 if dh > 0.0 else dh
        night = self._night_kgpm3[low] * exp(dh / self._night_scale_m[low])
        day = self._day_kgpm3[low] * exp(dh / self._day_scale_m[low])
        bulge_x = COS_LAG * sun_i_m[0] - SIN_LAG * sun_i_m[1]
        bulge_y = SIN_LAG * sun_i_m[0] + COS_LAG * sun_i_m[1]
        cos_psi = (pos_i_m[0] * bulge_x + pos_i_m[1] * bulge_y + pos_i_m[2] * sun_i_m[2]) / (
            norm(pos_i_m) * norm(sun_i_m))
        cos_psi = 0.5 + 0.5 * cos_psi
        return self._density_scale * (
            night + (day - night) * (0.0 if cos_psi <= 0.0 else pow(cos_psi, self._bulge_exponent)))

    cdef void _bodies(self, const SlowNode* node, const double* pos_i_m, TruthEnvironment* out) noexcept nogil:
        """Sun and Moon as seen from here, and their tidal acceleration (Montenbruck & Gill 2000, 3.3)."""
        cdef double to_moon[3]
        cdef double d, k_sun, k_moon, far_sun, far_moon
        cdef int i
        for i in range(3):
            out.sun_i_m[i] = node.sun_i_m[i]
            out.moon_i_m[i] = node.moon_i_m[i]
            out.sun_i[i] = node.sun_i_m[i] - pos_i_m[i]
            to_moon[i] = node.moon_i_m[i] - pos_i_m[i]
        out.sun_distance_m = norm(out.sun_i)
        d = norm(to_moon)
        k_sun = self._gm_sun / (out.sun_distance_m * out.sun_distance_m * out.sun_distance_m)
        k_moon = self._gm_moon / (d * d * d)
        d = norm(out.sun_i_m)
        far_sun = self._gm_sun / (d * d * d)
        d = norm(out.moon_i_m)
        far_moon = self._gm_moon / (d * d * d)
        for i in range(3):
            out.accel_third_body_i_mps2[i] = (k_sun * out.sun_i[i] - far_sun * out.sun_i_m[i]
                                              + k_moon * to_moon[i] - far_moon * out.moon_i_m[i])
            out.sun_i[i] /= out.sun_distance_m

    cdef void evaluate(self, int64_t t_tai_ns, const double* pos_i_m, Sky* sky, TruthEnvironment* out) noexcept nogil:
        cdef SlowNode node
        cdef double mag_e[3]
        cdef double r = norm(pos_i_m), cos_zenith, h, d
        out.t_tai_ns = t_tai_ns
        memcpy(out.pos_i_m, pos_i_m, sizeof(out.pos_i_m))
        self.frames.slow(t_tai_ns, &sky.slow, &node)
        self.frames.earth_fixed(t_tai_ns, sky.ut1_tai_ns, &node, out.c_ei)
        out.pole_i[0] = node.cip_x
        out.pole_i[1] = node.cip_y
        out.pole_i[2] = sqrt(1.0 - node.cip_x * node.cip_x - node.cip_y * node.cip_y)
        self._bodies(&node, pos_i_m, out)
        out.sunlit = sunlit_share(pos_i_m, out.sun_i_m) if self._with_eclipse else 1.0
        apply(out.c_ei, pos_i_m, out.pos_e_m)
        geodetic(out.pos_e_m, &out.latitude_rad, &out.longitude_rad, &out.altitude_m)
        memset(out.mag_i_tesla, 0, sizeof(out.mag_i_tesla))
        if self._with_field:
            self.field.evaluate(t_tai_ns, out.pos_e_m, &sky.field, mag_e)
            apply_transposed(out.c_ei, mag_e, out.mag_i_tesla)
        out.density_kgpm3 = self.density(out.altitude_m, pos_i_m, out.sun_i_m)
        h = A_WGS84 / r if r > A_WGS84 else 1.0
        out.earth_radius_rad = asin(h)
        cos_zenith = dot(pos_i_m, out.sun_i) / r
        d = AU / out.sun_distance_m
        out.albedo_ratio = self._albedo * d * d * h * h * cos_zenith if cos_zenith > 0.0 else 0.0

    def c_ei(self, int64_t t_tai_ns):
        """Return the 3 x 3 matrix from GCRF to ITRF."""
        cdef SlowNode node
        cdef SlowMemory memory
        cdef double[:, ::1] m = np.empty((3, 3))
        new_slow(&memory)
        self.frames.slow(t_tai_ns, &memory, &node)
        self.frames.earth_fixed(t_tai_ns, self.ut1_tai_ns, &node, &m[0, 0])
        return np.asarray(m)

    def sun_and_moon_i_m(self, int64_t t_tai_ns):
        """Return the geocentric positions of Sun and Moon [m], GCRF."""
        cdef SlowNode node
        cdef SlowMemory memory
        new_slow(&memory)
        self.frames.slow(t_tai_ns, &memory, &node)
        return (np.array([node.sun_i_m[0], node.sun_i_m[1], node.sun_i_m[2]]),
                np.array([node.moon_i_m[0], node.moon_i_m[1], node.moon_i_m[2]]))

    def mag_e_tesla(self, int64_t t_tai_ns, double[::1] pos_e_m):
        """Return the flux density (3) [T] at an Earth-fixed position, ITRF axes."""
        cdef double[::1] out = np.empty(3)
        cdef FieldMemory memory
        new_field(&memory)
        self.field.evaluate(t_tai_ns, &pos_e_m[0], &memory, &out[0])
        return np.asarray(out)

    def at(self, int64_t t_tai_ns, double[::1] pos_i_m):
        """Return every quantity of `TruthEnvironment` by name."""
        cdef TruthEnvironment env
        cdef Sky sky
        new_sky(&sky, self.ut1_tai_ns)
        self.evaluate(t_tai_ns, &pos_i_m[0], &sky, &env)
        return env

    def limb_angle_rad(self, int64_t t_tai_ns, double[::1] pos_i_m, double[::1] direction_i):
        """Return the angle from a unit direction to the Earth's limb, negative onto the Earth."""
        cdef TruthEnvironment env
        cdef Sky sky
        new_sky(&sky, self.ut1_tai_ns)
        self.evaluate(t_tai_ns, &pos_i_m[0], &sky, &env)
        return limb_angle(&env, &direction_i[0])

    def albedo_on(self, int64_t t_tai_ns, double[::1] pos_i_m, double[::1] normal_i):
        """Return the albedo irradiance on a plate over the solar constant."""
        cdef TruthEnvironment env
        cdef Sky sky
        new_sky(&sky, self.ut1_tai_ns)
        self.evaluate(t_tai_ns, &pos_i_m[0], &sky, &env)
        return albedo_on(&env, &normal_i[0])


def geodetic_from_itrf(double[::1] pos_e_m):
    """Return geodetic latitude [rad], longitude [rad] and height [m]."""
    cdef double lat, lon, alt
    geodetic(&pos_e_m[0], &lat, &lon, &alt)
    return lat, lon, alt


def visible_sun(double[::1] pos_i_m, double[::1] sun_i_m):
    """Return the visible share of the Sun's disc."""
    return sunlit_share(&pos_i_m[0], &sun_i_m[0])


def plate_view_factor(double cos_tilt, double distance_radii):
    """Return the view factor from a plate to the Earth."""
    return view_factor(cos_tilt, distance_radii)
