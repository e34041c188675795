# The rotation of one interval of constant rate, and the closed forms that integrals of it take: the transition and the
# process noise of attitude and bias errors (Crassidis & Junkins, Optimal Estimation of Dynamic Systems, 2nd ed., 7.2).
from libc.math cimport cos, sin, sqrt


cdef struct Turn:
    # The rotation theta of one interval and the coefficients of its closed-form integrals, x = |theta|^2:
    double[3] theta       # [rad]
    double x              # |theta|^2
    double half_sinc      # sin(|theta|/2) / |theta|
    double half_cos       # cos(|theta|/2)
    double a              # sin / |theta|
    double b              # (1 - cos) / x
    double c              # (|theta| - sin) / |theta|^3
    double d              # (1/2 - b) / x
    double e              # (1/3 - 2 c) / x


cdef inline void turn_set(Turn* t, const double* dtheta_b, const double* bias_b, double dt) noexcept nogil:
    """Series below 0.1 rad (relative error < 1e-14), closed form above."""
    cdef double x, angle
    t.theta[0] = dtheta_b[0] - bias_b[0] * dt
    t.theta[1] = dtheta_b[1] - bias_b[1] * dt
    t.theta[2] = dtheta_b[2] - bias_b[2] * dt
    x = t.theta[0] * t.theta[0] + t.theta[1] * t.theta[1] + t.theta[2] * t.theta[2]
    t.x = x
    if x < 0.01:
        t.half_sinc = 0.5 - x * (1.0 / 48.0 - x * (1.0 / 3840.0 - x * (1.0 / 645120.0)))
        t.half_cos = 1.0 - x * (1.0 / 8.0 - x * (1.0 / 384.0 - x * (1.0 / 46080.0 - x * (1.0 / 10321920.0))))
        t.d = 1.0 / 24.0 - x * (1.0 / 720.0 - x * (1.0 / 40320.0 - x * (1.0 / 3628800.0)))
        t.e = 1.0 / 60.0 - x * (1.0 / 2520.0 - x * (1.0 / 181440.0 - x * (1.0 / 19958400.0)))
        t.b = 0.5 - x * t.d
        t.c = 1.0 / 6.0 - 0.5 * x * t.e
        t.a = 1.0 - x * t.c
    else:
        angle = sqrt(x)
        t.half_sinc = sin(0.5 * angle) / angle
        t.half_cos = cos(0.5 * angle)
        t.a = 2.0 * t.half_sinc * t.half_cos
        t.b = 2.0 * t.half_sinc * t.half_sinc
        t.c = (1.0 - t.a) / x
        t.d = (0.5 - t.b) / x
        t.e = (1.0 / 3.0 - 2.0 * t.c) / x


cdef inline void turn_matrix(const Turn* t, double unit, double first, double second, double* m) noexcept nogil:
    """m = unit I - first [theta x] + second [theta x]^2."""
    cdef double x = t.theta[0]
    cdef double y = t.theta[1]
    cdef double z = t.theta[2]
    cdef double sx = second * x
    cdef double sy = second * y
    cdef double sz = second * z
    m[0] = unit - sy * y - sz * z
    m[4] = unit - sx * x - sz * z
    m[8] = unit - sx * x - sy * y
    m[1] = sx * y + first * z
    m[3] = sx * y - first * z
    m[2] = sx * z - first * y
    m[6] = sx * z + first * y
    m[5] = sy * z + first * x
    m[7] = sy * z - first * x
