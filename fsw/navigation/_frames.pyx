"""Kernel of fsw.navigation.frames: precession-nutation, Earth rotation, TEME, geodetic coordinates."""

from libc.math cimport M_PI, atan2, cos, fmod, sin, sqrt
from libc.stdint cimport int64_t

from fsw.algebra._quaternion cimport quat_conjugate, quat_multiply
from hal._handle cimport const_doubles, doubles

cdef double ARCSEC = M_PI / 648000.0
cdef double TURN = 2.0 * M_PI
cdef double TT_MINUS_TAI_S = 32.184
cdef double DAY_S = 86400.0
cdef int64_t SECOND_NS = 1000000000
cdef int64_t DAY_NS = 86400 * SECOND_NS
cdef double EARTH_RADIUS_M = 6378137.0          # WGS 84
cdef double FLATTENING = 1.0 / 298.257223563    # WGS 84

# The largest terms of the IAU 2000B nutation (McCarthy & Luzum 2003; IERS Conventions 2010, 5.5.1): multiples of
# l, l', F, D, Omega, then the sine amplitude in longitude and the cosine amplitude in obliquity [arcsec].
cdef enum:
    TERMS = 19
cdef double[7 * TERMS] NUTATION = [
    0, 0, 0, 0, 1, -17.2064161, 9.2052331,
    0, 0, 2, -2, 2, -1.3170906, 0.5730336,
    0, 0, 2, 0, 2, -0.2276413, 0.0978459,
    0, 0, 0, 0, 2, 0.2074554, -0.0897492,
    0, 1, 0, 0, 0, 0.1475877, 0.0073871,
    0, 1, 2, -2, 2, -0.0516821, 0.0224386,
    1, 0, 0, 0, 0, 0.0711159, -0.0006750,
    0, 0, 2, 0, 1, -0.0387298, 0.0200728,
    1, 0, 2, 0, 2, -0.0301461, 0.0129025,
    0, -1, 2, -2, 2, 0.0215829, -0.0095929,
    0, 0, 2, -2, 1, 0.0128227, -0.0068982,
    -1, 0, 2, 0, 2, 0.0123457, -0.0053311,
    -1, 0, 0, 2, 0, 0.0156994, -0.0001235,
    1, 0, 0, 0, 1, 0.0063110, -0.0033228,
    -1, 0, 0, 0, 1, -0.0057976, 0.0031429,
    -1, 0, 2, 2, 2, -0.0059641, 0.0025543,
    1, 0, 2, 0, 1, -0.0051613, 0.0026366,
    -2, 0, 2, 0, 1, 0.0045893, -0.0024236,
    0, 0, 0, 2, 0, 0.0063384, -0.0001220,
]


cdef double centuries_tt(int64_t t_tai_ns) noexcept nogil:
    return (<double> t_tai_ns * 1e-9 + TT_MINUS_TAI_S) / (36525.0 * DAY_S)


cdef void nutation(double t, double* dpsi, double* deps, double* node) noexcept nogil:
    """Nutation in longitude and obliquity [rad]; `node` is the mean longitude of the Moon's ascending node."""
    cdef double f[5]
    cdef double argument, longitude = 0.0, obliquity = 0.0
    cdef const double* k
    cdef int i
    f[0] = fmod(485868.249036 + 1717915923.2178 * t, 1296000.0) * ARCSEC
    f[1] = fmod(1287104.79305 + 129596581.0481 * t, 1296000.0) * ARCSEC
    f[2] = fmod(335779.526232 + 1739527262.8478 * t, 1296000.0) * ARCSEC
    f[3] = fmod(1072260.70369 + 1602961601.2090 * t, 1296000.0) * ARCSEC
    f[4] = fmod(450160.398036 - 6962890.5431 * t, 1296000.0) * ARCSEC
    for i in range(TERMS):
        k = NUTATION + 7 * i
        argument = k[0] * f[0] + k[1] * f[1] + k[2] * f[2] + k[3] * f[3] + k[4] * f[4]
        longitude += k[5] * sin(argument)
        obliquity += k[6] * cos(argument)
    dpsi[0] = longitude * ARCSEC
    deps[0] = obliquity * ARCSEC
    node[0] = f[4]


cdef void true_of_date(int64_t t_tai_ns, TrueOfDate* out) noexcept nogil:
    # Fukushima-Williams angles of the IAU 2006 precession, frame bias included (Capitaine & Wallace 2006, eq. 4, 37):
    # C_ti = R1(-eps) R3(-psi) R1(phi) R3(gamma).
    cdef double t = centuries_tt(t_tai_ns)
    cdef double dpsi, deps, node, gamma, phi, psi, eps
    cdef double q[4]
    cdef double step[4]
    nutation(t, &dpsi, &deps, &node)
    gamma = (-0.052928 + t * (10.556378 + t * (0.4932044 - t * 0.00031238))) * ARCSEC
    phi = (84381.412819 + t * (-46.811016 + t * (0.0511268 + t * 0.00053289))) * ARCSEC
    psi = (-0.041775 + t * (5038.481484 + t * (1.5584175 - t * 0.00018522))) * ARCSEC
    eps = (84381.406 + t * (-46.836769 + t * (-0.0001831 + t * 0.0020034))) * ARCSEC
    # Complementary terms of IERS Conventions 2010, 5.5.7: the two largest.
    out.equinoxes_rad = dpsi * cos(eps) + (0.00264096 * sin(node) + 0.00006352 * sin(2.0 * node)) * ARCSEC
    about_z(gamma, q)
    about_x(phi, step)
    quat_multiply(step, q, out.q_ti)
    about_z(-(psi + dpsi), step)
    quat_multiply(step, out.q_ti, q)
    about_x(-(eps + deps), step)
    quat_multiply(step, q, out.q_ti)


cdef inline void about_x(double angle, double* q) noexcept nogil:
    q[0] = sin(0.5 * angle)
    q[1] = 0.0
    q[2] = 0.0
    q[3] = cos(0.5 * angle)


cdef inline void about_z(double angle, double* q) noexcept nogil:
    q[0] = 0.0
    q[1] = 0.0
    q[2] = sin(0.5 * angle)
    q[3] = cos(0.5 * angle)


cdef double gmst_rad(int64_t t_tai_ns, int64_t tai_utc_s, double ut1_utc_s) noexcept nogil:
    # Earth rotation angle (IERS Conventions 2010, eq. 5.15) plus the IAU 2006 precession in right ascension (5.32).
    cdef int64_t utc_ns = t_tai_ns - tai_utc_s * SECOND_NS
    cdef int64_t days = utc_ns / DAY_NS
    cdef double of_day = (<double> (utc_ns - days * DAY_NS) * 1e-9 + ut1_utc_s) / DAY_S
    cdef double t = centuries_tt(t_tai_ns)
    cdef double turns = 0.7790572732640 + of_day + 0.00273781191135448 * (<double> days + of_day)
    cdef double precession = 0.014506 + t * (4612.156534 + t * 1.3915817)
    return fmod(turns, 1.0) * TURN + precession * ARCSEC


cdef void earth_attitude(const TrueOfDate* date, double gast_rad, const EarthOrientation* eop,
                         double* q_ei) noexcept nogil:
    # C_ei = R1(-y) R2(-x) R3(GAST) C_ti, the pole's rotation to first order (IERS Conventions 2010, 5.4.1).
    cdef double s = sin(0.5 * gast_rad), c = cos(0.5 * gast_rad)
    cdef double half_x = -0.5 * eop.polar_y_rad, half_y = -0.5 * eop.polar_x_rad
    cdef double q[4]
    q[0] = c * half_x - s * half_y
    q[1] = c * half_y + s * half_x
    q[2] = s
    q[3] = c
    quat_multiply(q, date.q_ti, q_ei)


cdef void teme_attitude(const TrueOfDate* date, double* q_i_teme) noexcept nogil:
    # TEME's x axis is the mean equinox carried to the true equator: C_(t,teme) = R3(-(GAST - GMST)) (Vallado,
    # Crawford, Hujsak & Kelso, AIAA 2006-6753, appendix C).
    cdef double turn[4]
    cdef double back[4]
    about_z(-date.equinoxes_rad, turn)
    quat_conjugate(date.q_ti, back)
    quat_multiply(back, turn, q_i_teme)


cdef void geodetic(const double* pos_e_m, double* lat_lon_alt) noexcept nogil:
    # Bowring's parametric-latitude formula, one step: below 1e-9 rad up to 1000 km (Bowring 1976).
    cdef double b = EARTH_RADIUS_M * (1.0 - FLATTENING)
    cdef double e2 = FLATTENING * (2.0 - FLATTENING)
    cdef double ep2 = e2 / (1.0 - e2)
    cdef double p = sqrt(pos_e_m[0] * pos_e_m[0] + pos_e_m[1] * pos_e_m[1])
    cdef double beta = atan2(pos_e_m[2] * EARTH_RADIUS_M, p * b)
    cdef double sb = sin(beta), cb = cos(beta)
    cdef double latitude, sl, cl
    # A second pass with the improved parametric latitude makes the result exact to rounding.
    latitude = atan2(pos_e_m[2] + ep2 * b * sb * sb * sb, p - e2 * EARTH_RADIUS_M * cb * cb * cb)
    beta = atan2((1.0 - FLATTENING) * sin(latitude), cos(latitude))
    sb = sin(beta)
    cb = cos(beta)
    latitude = atan2(pos_e_m[2] + ep2 * b * sb * sb * sb, p - e2 * EARTH_RADIUS_M * cb * cb * cb)
    sl = sin(latitude)
    cl = cos(latitude)
    lat_lon_alt[0] = latitude
    lat_lon_alt[1] = atan2(pos_e_m[1], pos_e_m[0])
    lat_lon_alt[2] = p * cl + pos_e_m[2] * sl - EARTH_RADIUS_M * sqrt(1.0 - e2 * sl * sl)


def attitudes(int64_t t_tai_ns, int64_t tai_utc_s, double ut1_utc_s, double polar_x_rad, double polar_y_rad,
              q_ei, q_i_teme):
    """Write q_ei and q_(i,teme) at one instant, for `fsw.navigation.frames`."""
    cdef TrueOfDate date
    cdef EarthOrientation eop = EarthOrientation(ut1_utc_s, polar_x_rad, polar_y_rad)
    cdef double* earth = doubles(q_ei, 4)
    cdef double* teme = doubles(q_i_teme, 4)
    true_of_date(t_tai_ns, &date)
    earth_attitude(&date, gmst_rad(t_tai_ns, tai_utc_s, eop.ut1_utc_s) + date.equinoxes_rad, &eop, earth)
    teme_attitude(&date, teme)


def geodetic_coordinates(pos_e_m, out):
    """Write latitude, longitude [rad] and height [m], for `fsw.navigation.frames.geodetic`."""
    geodetic(const_doubles(pos_e_m, 3), doubles(out, 3))
