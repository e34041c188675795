"""Kernel of fsw.navigation.sun: analytic Sun and conical Earth shadow."""

from libc.math cimport M_PI, acos, asin, atan2, cos, fabs, fmod, sin, sqrt
from libc.stdint cimport int64_t

from fsw.algebra cimport _vector as vector
from fsw.navigation._frames cimport centuries_tt
from hal._handle cimport const_doubles, doubles

cdef double DEG = M_PI / 180.0
cdef double AU_M = 149597870700.0
cdef double SUN_RADIUS_M = 6.957e8
cdef double EARTH_RADIUS_M = 6378137.0


cdef void sun_position(int64_t t_tai_ns, double* sun_i_m) noexcept nogil:
    # Meeus, Astronomical Algorithms (1998), chapter 25, low accuracy, with the perturbations by Venus (two terms),
    # Jupiter and the Moon and the long-period term of Meeus, Astronomical Formulae for Calculators (1982), chapter
    # 18; referred to the ecliptic and equinox of J2000 by the general precession in longitude (Lieske 1977) and
    # shifted by 20.5 arcsec of aberration.
    cdef double t = centuries_tt(t_tai_ns)
    cdef double m = fmod(357.52911 + t * (35999.05029 - t * 0.0001537), 360.0) * DEG
    cdef double mean = 280.46646 + t * (36000.76983 + t * 0.0003032)
    cdef double center = ((1.914602 - t * (0.004817 + t * 0.000014)) * sin(m)
                          + (0.019993 - t * 0.000101) * sin(2.0 * m) + 0.000289 * sin(3.0 * m))
    cdef double since_1900 = t + 1.0
    cdef double perturbation = (0.00134 * cos((153.23 + 22518.7541 * since_1900) * DEG)
                                + 0.00154 * cos((216.57 + 45037.5082 * since_1900) * DEG)
                                + 0.00200 * cos((312.69 + 32964.3577 * since_1900) * DEG)
                                + 0.00179 * sin((350.74 + 445267.1142 * since_1900) * DEG)
                                + 0.00178 * sin((231.19 + 20.20 * since_1900) * DEG))
    cdef double precession = t * (1.396971 + t * 0.0003086)
    cdef double longitude = fmod(mean + center - precession - 0.00569 + perturbation, 360.0) * DEG
    cdef double e = 0.016708634 - t * 0.000042037
    cdef double true_anomaly = m + center * DEG
    cdef double distance = AU_M * 1.000001018 * (1.0 - e * e) / (1.0 + e * cos(true_anomaly))
    cdef double obliquity = 23.43927944 * DEG
    # The ecliptic of date is tilted against that of J2000 by 47 arcsec a century about 174.87 deg (Lieske 1977).
    cdef double latitude = 0.01305 * t * DEG * sin(longitude - 174.87 * DEG)
    cdef double cl = distance * cos(longitude), sl = distance * sin(longitude)
    sun_i_m[0] = cl
    sun_i_m[1] = sl * cos(obliquity) - distance * latitude * sin(obliquity)
    sun_i_m[2] = sl * sin(obliquity) + distance * latitude * cos(obliquity)


cdef double sunlit_fraction(const double* pos_i_m, const double* sun_i_m) noexcept nogil:
    # Overlap of two disks (Montenbruck & Gill, Satellite Orbits (2000), 3.4.2).
    cdef double to_sun[3]
    cdef double a, b, c, x, y, cosine, shadowed, r, d
    cdef int k
    for k in range(3):
        to_sun[k] = sun_i_m[k] - pos_i_m[k]
    r = vector.norm(pos_i_m)
    d = vector.norm(to_sun)
    cosine = -vector.dot(pos_i_m, to_sun) / (r * d)
    if cosine < 0.0:
        return 1.0                                    # the Sun is on the side away from the Earth
    a = asin(SUN_RADIUS_M / d)
    b = asin(min(1.0, EARTH_RADIUS_M / r))
    c = acos(min(1.0, cosine))
    if c >= a + b:
        return 1.0
    if c <= b - a:
        return 0.0
    if c <= a - b:
        return 1.0 - b * b / (a * a)
    # Differences of squares as products, angles by both legs: near contact little is left of large numbers.
    x = ((c - b) * (c + b) + a * a) / (2.0 * c)
    y = sqrt(max(0.0, (a - x) * (a + x)))
    shadowed = a * a * atan2(y, x) + b * b * atan2(y, c - x) - c * y
    return max(0.0, min(1.0, 1.0 - shadowed / (M_PI * a * a)))


def position(int64_t t_tai_ns, sun_i_m):
    """Write the Sun's position, for `fsw.navigation.sun.sun_position_i_m`."""
    sun_position(t_tai_ns, doubles(sun_i_m, 3))


def fraction(pos_i_m, sun_i_m):
    """Return the sunlit share of the disk, for `fsw.navigation.sun.sunlit_fraction`."""
    return sunlit_fraction(const_doubles(pos_i_m, 3), const_doubles(sun_i_m, 3))
