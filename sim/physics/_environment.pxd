"""Everything that surrounds the satellite at one time and place; the answers that device models need."""

from libc.stdint cimport int64_t

from sim.physics._field cimport Field, FieldMemory
from sim.physics._frames cimport Frames, SlowMemory, SlowNode

cdef enum:
    LAYERS = 64

cdef struct TruthEnvironment:
    int64_t t_tai_ns
    double pos_i_m[3]               # where it was evaluated
    double c_ei[9]                  # GCRF to ITRF, row-major
    double pole_i[3]                # celestial intermediate pole: the axis of zonals and of the Earth's rotation
    double sun_i_m[3]               # geocentric
    double moon_i_m[3]              # geocentric
    double sun_i[3]                 # unit vector, satellite to Sun
    double sun_distance_m           # satellite to Sun
    double sunlit                   # visible share of the Sun's disc
    double mag_i_tesla[3]
    double density_kgpm3
    double accel_third_body_i_mps2[3]
    double pos_e_m[3]
    double latitude_rad             # geodetic, WGS84
    double longitude_rad
    double altitude_m
    double earth_radius_rad         # angular radius of the Earth
    double albedo_ratio             # albedo irradiance on a nadir-facing plate over the solar constant


# What one user of the environment keeps between two calls: the environment is shared, and never changes.
cdef struct Sky:
    int64_t ut1_tai_ns              # UT1 - TAI, which holds through leap seconds
    SlowMemory slow
    FieldMemory field


cdef class Environment:
    cdef readonly Frames frames
    cdef readonly Field field
    cdef double _height_m[LAYERS]           # Harris-Priester layers
    cdef double _night_kgpm3[LAYERS]
    cdef double _day_kgpm3[LAYERS]
    cdef double _night_scale_m[LAYERS]      # scale heights between a layer and the next
    cdef double _day_scale_m[LAYERS]
    cdef int _layers
    cdef bint _with_field, _with_eclipse
    cdef double _density_scale, _bulge_exponent, _albedo
    cdef double _gm_sun, _gm_moon           # zero when switched off
    cdef readonly int64_t ut1_tai_ns        # UT1 - TAI at its epoch, for callers in Python

    cdef void evaluate(self, int64_t t_tai_ns, const double* pos_i_m, Sky* sky, TruthEnvironment* out) noexcept nogil
    cdef void _bodies(self, const SlowNode* node, const double* pos_i_m, TruthEnvironment* out) noexcept nogil
    cdef double density(self, double altitude_m, const double* pos_i_m, const double* sun_i_m) noexcept nogil


# A sky to begin with.
cdef void new_sky(Sky* sky, int64_t ut1_tai_ns) noexcept nogil

# Geodetic latitude, longitude [rad] and height [m] above the WGS84 ellipsoid.
cdef void geodetic(const double* pos_e_m, double* lat_rad, double* lon_rad, double* alt_m) noexcept nogil

# Visible share of the Sun's disc, conical shadow of a spherical Earth.
cdef double sunlit_share(const double* pos_i_m, const double* sun_i_m) noexcept nogil

# Angle from a unit direction to the Earth's limb [rad]; negative when the direction meets the Earth.
cdef double limb_angle(const TruthEnvironment* env, const double* direction_i) noexcept nogil

# Albedo irradiance on a flat plate with unit normal normal_i, over the solar constant at 1 au.
cdef double albedo_on(const TruthEnvironment* env, const double* normal_i) noexcept nogil
