# Rotations between GCRF (i), true equator and equinox of date (t), TEME and ITRF (e). Attitudes are quaternions,
# scalar last, Shuster product; C(q_ti) maps i to t. Time arguments are on-board TAI nanoseconds.
from libc.stdint cimport int64_t

cdef struct EarthOrientation:
    double ut1_utc_s      # UT1 - UTC [s]
    double polar_x_rad    # pole coordinates of IERS [rad]
    double polar_y_rad

cdef struct TrueOfDate:
    double q_ti[4]              # GCRF to true equator and equinox of date
    double equinoxes_rad        # equation of the equinoxes, GAST - GMST [rad]

# Julian centuries of TT since J2000.0.
cdef double centuries_tt(int64_t t_tai_ns) noexcept nogil

# Precession, frame bias and the largest nutation terms; changes by less than 0.1 arcsec a day beyond its rate.
cdef void true_of_date(int64_t t_tai_ns, TrueOfDate* out) noexcept nogil

# Greenwich mean sidereal time [rad] for a UTC given as TAI minus `tai_utc_s`.
cdef double gmst_rad(int64_t t_tai_ns, int64_t tai_utc_s, double ut1_utc_s) noexcept nogil

# q_ei from the date's precession-nutation and the apparent sidereal time.
cdef void earth_attitude(const TrueOfDate* date, double gast_rad, const EarthOrientation* eop,
                         double* q_ei) noexcept nogil

# q_(i,teme): maps TEME vectors to GCRF.
cdef void teme_attitude(const TrueOfDate* date, double* q_i_teme) noexcept nogil

# Geodetic latitude, longitude [rad] and height [m] over WGS 84 of an ITRF position [m].
cdef void geodetic(const double* pos_e_m, double* lat_lon_alt) noexcept nogil
