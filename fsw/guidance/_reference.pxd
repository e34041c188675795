# What guidance is made of: attitudes from two directions, the law of slews.

# A direction and its rate of change, GCRF. Need not be of unit length.
cdef struct Direction:
    double v[3]
    double rate[3]

# An attitude to be flown, with its rate in body axes.
cdef struct Attitude:
    double q_bi[4]
    double rate_b_radps[3]

# Limits of a slew relative to its goal.
cdef struct SlewLimits:
    double rate_radps
    double accel_radps2

# The attitude that turns the body's triad (q_bt: triad to body; z on the primary axis, y towards the secondary) so
# that z lies along `primary` and y as near to `secondary` as it can.
cdef void align(const Direction* primary, const Direction* secondary, const double* q_bt,
                Attitude* out) noexcept nogil

# Acceleration for the next `h` seconds that brings the relative rotation vector phi [rad] with rate w [rad/s] to rest.
cdef void slew_law(const double* phi, const double* w, const SlewLimits* limits, double h, double* accel) noexcept nogil

# Quaternion q_bt of the triad with z on the body axis `primary` and y towards the body axis `secondary`.
cdef void body_triad(object primary, object secondary, double* q_bt) except *
