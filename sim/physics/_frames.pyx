"""Kernels of the truth's reference frames and ephemerides; see `sim.physics.environment` for the public face."""

from libc.math cimport asin, atan2, cos, floor, fmod, pi, sin, sqrt
from libc.stdint cimport int64_t

import numpy as np

from sim.physics._algebra cimport apply_transposed, identity, matmul, rotate_x, rotate_y, rotate_z

cdef double ARCSEC = pi / 648000.0
cdef double DEGREE = pi / 180.0
cdef int64_t DAY_NS = 86400000000000
cdef int64_t CELL_NS = 60000000000
cdef double CENTURY_S = 36525.0 * 86400.0
cdef double OBLIQUITY_J2000 = 84381.406 * ARCSEC  # IAU 2006


cdef int64_t floor_divide(int64_t a, int64_t b) noexcept nogil:
    cdef int64_t q = a // b
    return q - 1 if a - q * b < 0 else q


cdef void nutation(const double[:, ::1] table, double t, double* dpsi, double* deps) noexcept nogil:
    """IAU 2000B (McCarthy & Luzum 2003): nutation in longitude and obliquity [rad] at t centuries of TT."""
    cdef double l = fmod(485868.249036 + 1717915923.2178 * t, 1296000.0) * ARCSEC
    cdef double lp = fmod(1287104.79305 + 129596581.0481 * t, 1296000.0) * ARCSEC
    cdef double f = fmod(335779.526232 + 1739527262.8478 * t, 1296000.0) * ARCSEC
    cdef double d = fmod(1072260.70369 + 1602961601.2090 * t, 1296000.0) * ARCSEC
    cdef double om = fmod(450160.398036 - 6962890.5431 * t, 1296000.0) * ARCSEC
    cdef double a, s, c, psi = 0.0, eps = 0.0
    cdef Py_ssize_t i
    for i in range(table.shape[0]):
        a = table[i, 0] * l + table[i, 1] * lp + table[i, 2] * f + table[i, 3] * d + table[i, 4] * om
        s = sin(a)
        c = cos(a)
        psi += (table[i, 5] + table[i, 6] * t) * s + table[i, 7] * c
        eps += (table[i, 8] + table[i, 9] * t) * c + table[i, 10] * s
    # the model's fixed offsets in lieu of planetary terms: -0.135 and +0.388 milliarcseconds
    dpsi[0] = (psi * 1e-7 - 0.135e-3) * ARCSEC
    deps[0] = (eps * 1e-7 + 0.388e-3) * ARCSEC


cdef void precession(double t, double* gamma, double* phi, double* psi, double* eps) noexcept nogil:
    """IAU 2006 bias and precession, Fukushima-Williams angles [rad] (Hilton et al. 2006, table 1)."""
    gamma[0] = ARCSEC * (-0.052928 + t * (10.556378 + t * (0.4932044 + t * (-0.00031238 + t * (
        -0.000002788 + t * 0.0000000260)))))
    phi[0] = ARCSEC * (84381.412819 + t * (-46.811016 + t * (0.0511268 + t * (0.00053289 + t * (
        -0.000000440 - t * 0.0000000176)))))
    psi[0] = ARCSEC * (-0.041775 + t * (5038.481484 + t * (1.5584175 + t * (-0.00018522 + t * (
        -0.000026452 - t * 0.0000000148)))))
    eps[0] = ARCSEC * (84381.406 + t * (-46.836769 + t * (-0.0001831 + t * (0.00200340 + t * (
        -0.000000576 - t * 0.0000000434)))))


cdef double cio_locator(double t, double x, double y) noexcept nogil:
    """s [rad]: polynomial and terms above 1 microarcsecond of s + XY/2 (IERS Conventions 2010, table 5.2d)."""
    cdef double om = (450160.398036 - 6962890.5431 * t) * ARCSEC
    cdef double f = (335779.526232 + 1739527262.8478 * t) * ARCSEC
    cdef double d = (1072260.70369 + 1602961601.2090 * t) * ARCSEC
    cdef double u = 2.0 * (f - d + om)
    cdef double w = 94.0 + t * (3808.65 + t * (-122.68 + t * (-72574.11 + t * (27.98 + t * 15.62))))
    w += -2640.73 * sin(om) - 63.53 * sin(2.0 * om) - 11.75 * sin(u + om) - 11.21 * sin(u - om) + 4.57 * sin(u)
    w += -2.02 * sin(2.0 * f + 3.0 * om) - 1.98 * sin(2.0 * f + om) + 1.72 * sin(3.0 * om)
    w += t * t * (743.52 * sin(om) + 56.91 * sin(u) + 9.84 * sin(2.0 * (f + om)) - 8.85 * sin(2.0 * om))
    return w * 1e-6 * ARCSEC - 0.5 * x * y


cdef void sun_of_date(double t, double unit_m, double* out) noexcept nogil:
    """Geocentric Sun [m], mean ecliptic and equinox of date, 13 arcsec or better from 1990 to 2040.

    Equation of the centre: Meeus, Astronomical Algorithms (1998), chapter 25. Perturbations by Venus, Jupiter and
    the Moon: Meeus, Astronomical Formulae for Calculators (1988), chapter 18, whose time runs from 1900.
    """
    cdef double u = t + 1.0
    cdef double m = (357.52911 + t * (35999.05029 - t * 0.0001537)) * DEGREE
    cdef double e = 0.016708634 - t * (0.000042037 + t * 0.0000001267)
    cdef double venus_a = (153.23 + 22518.7541 * u) * DEGREE
    cdef double venus_b = (216.57 + 45037.5082 * u) * DEGREE
    cdef double jupiter = (312.69 + 32964.3577 * u) * DEGREE
    cdef double moon = (350.74 + 445267.1142 * u - 0.00144 * u * u) * DEGREE
    cdef double mixed = (353.40 + 65928.7155 * u) * DEGREE
    cdef double centre = ((1.914602 - t * (0.004817 + t * 0.000014)) * sin(m)
                          + (0.019993 - 0.000101 * t) * sin(2.0 * m) + 0.000289 * sin(3.0 * m))
    cdef double lon = 280.46646 + t * (36000.76983 + t * 0.0003032) + centre
    cdef double r = 1.000001018 * (1.0 - e * e) / (1.0 + e * cos(m + centre * DEGREE))
    lon += (0.00134 * cos(venus_a) + 0.00154 * cos(venus_b) + 0.00200 * cos(jupiter) + 0.00179 * sin(moon)
            + 0.00178 * sin((231.19 + 20.20 * u) * DEGREE))
    r += (0.00000543 * sin(venus_a) + 0.00001575 * sin(venus_b) + 0.00001627 * sin(jupiter)
          + 0.00003076 * cos(moon) + 0.00000927 * sin(mixed))
    lon = fmod(lon, 360.0) * DEGREE
    out[0] = unit_m * r * cos(lon)
    out[1] = unit_m * r * sin(lon)
    out[2] = 0.0


cdef void moon_j2000(double t, double* out) noexcept nogil:
    """Geocentric Moon [m], mean equator and equinox of J2000, a few arcmin (Montenbruck & Gill 2000, 3.3.2)."""
    cdef double turn = 2.0 * pi
    cdef double l = turn * fmod(0.374897 + 1325.552410 * t, 1.0)
    cdef double lp = turn * fmod(0.993133 + 99.997361 * t, 1.0)
    cdef double d = turn * fmod(0.827361 + 1236.853086 * t, 1.0)
    cdef double f = turn * fmod(0.259086 + 1342.227825 * t, 1.0)
    cdef double dl = (
        22640.0 * sin(l) - 4586.0 * sin(l - 2 * d) + 2370.0 * sin(2 * d) + 769.0 * sin(2 * l) - 668.0 * sin(lp)
        - 412.0 * sin(2 * f) - 212.0 * sin(2 * l - 2 * d) - 206.0 * sin(l + lp - 2 * d) + 192.0 * sin(l + 2 * d)
        - 165.0 * sin(lp - 2 * d) - 125.0 * sin(d) - 110.0 * sin(l + lp) + 148.0 * sin(l - lp)
        - 55.0 * sin(2 * f - 2 * d))
    cdef double lon = turn * fmod(0.606433 + 1336.851344 * t, 1.0) + dl * ARCSEC
    cdef double s = f + (dl + 412.0 * sin(2 * f) + 541.0 * sin(lp)) * ARCSEC
    cdef double h = f - 2 * d
    cdef double n = (-526.0 * sin(h) + 44.0 * sin(l + h) - 31.0 * sin(h - l) - 23.0 * sin(lp + h)
                     + 11.0 * sin(h - lp) - 25.0 * sin(f - 2 * l) + 21.0 * sin(f - l))
    cdef double lat = (18520.0 * sin(s) + n) * ARCSEC
    cdef double r = 1e3 * (
        385000.0 - 20905.0 * cos(l) - 3699.0 * cos(2 * d - l) - 2956.0 * cos(2 * d) - 570.0 * cos(2 * l)
        + 246.0 * cos(2 * l - 2 * d) - 205.0 * cos(lp - 2 * d) - 171.0 * cos(l + 2 * d) - 152.0 * cos(l + lp - 2 * d))
    cdef double y = r * cos(lat) * sin(lon), z = r * sin(lat)
    out[0] = r * cos(lat) * cos(lon)
    out[1] = cos(OBLIQUITY_J2000) * y - sin(OBLIQUITY_J2000) * z
    out[2] = sin(OBLIQUITY_J2000) * y + cos(OBLIQUITY_J2000) * z


cdef void new_slow(SlowMemory* memory) noexcept nogil:
    memory.cell = -(<int64_t>1 << 62)


cdef class Frames:
    """Frames and ephemerides; `nutation_table` is IAU 2000B, polar motion in radians."""

    def __init__(self, nutation_table, double polar_x_rad, double polar_y_rad, double unit_m):
        self._nutation = np.ascontiguousarray(nutation_table, dtype=np.float64)
        self._unit_m = unit_m
        identity(self._polar)
        rotate_y(-polar_x_rad, self._polar)
        rotate_x(-polar_y_rad, self._polar)

    cdef void _evaluate(self, int64_t index, SlowNode* out) noexcept nogil:
        cdef double t = (<double>(index * 60) + 32.184) / CENTURY_S
        cdef double gamma, phi, psi, eps, dpsi, deps
        cdef double m[9]
        cdef double sun[3]
        precession(t, &gamma, &phi, &psi, &eps)
        nutation(self._nutation, t, &dpsi, &deps)
        identity(m)
        rotate_z(gamma, m)
        rotate_x(phi, m)
        rotate_z(-psi, m)  # m: GCRF to mean ecliptic and equinox of date
        sun_of_date(t, self._unit_m, sun)
        apply_transposed(m, sun, out.sun_i_m)
        rotate_z(-dpsi, m)
        rotate_x(-(eps + deps), m)
        out.cip_x = m[6]
        out.cip_y = m[7]
        out.cio_s = cio_locator(t, m[6], m[7])
        moon_j2000(t, out.moon_i_m)

    cdef void slow(self, int64_t t_tai_ns, SlowMemory* memory, SlowNode* out) noexcept nogil:
        cdef int64_t cell = floor_divide(t_tai_ns, CELL_NS)
        cdef double f, *a, *b, *c
        cdef int i
        if cell != memory.cell:
            if cell == memory.cell + 1:
                memory.left = memory.right
            else:
                self._evaluate(cell, &memory.left)
            self._evaluate(cell + 1, &memory.right)
            memory.cell = cell
        f = <double>(t_tai_ns - cell * CELL_NS) / <double>CELL_NS
        a = <double*>&memory.left
        b = <double*>&memory.right
        c = <double*>out
        for i in range(9):
            c[i] = a[i] + f * (b[i] - a[i])

    cdef void earth_fixed(self, int64_t t_tai_ns, int64_t ut1_tai_ns, const SlowNode* node, double* c_ei) noexcept nogil:
        cdef int64_t ut1_ns = t_tai_ns + ut1_tai_ns
        cdef int64_t day = floor_divide(ut1_ns, DAY_NS)
        cdef double part = <double>(ut1_ns - day * DAY_NS) / <double>DAY_NS
        cdef double turns = 0.7790572732640 + part + 0.00273781191135448 * (<double>day + part)
        cdef double angle = 2.0 * pi * (turns - floor(turns)) - node.cio_s
        cdef double x = node.cip_x, y = node.cip_y, z = sqrt(1.0 - x * x - y * y), a = 1.0 / (1.0 + z)
        cdef double m[9]
        # Capitaine & Wallace (2006), eq. 10: GCRF to the celestial intermediate frame; ERA: IERS (2010), eq. 5.15
        m[0] = 1.0 - a * x * x
        m[1] = -a * x * y
        m[2] = -x
        m[3] = m[1]
        m[4] = 1.0 - a * y * y
        m[5] = -y
        m[6] = x
        m[7] = y
        m[8] = z
        rotate_z(angle, m)
        matmul(self._polar, m, c_ei)
