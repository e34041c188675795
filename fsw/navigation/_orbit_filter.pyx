"""Kernel of the orbit filter: zonal gravity, Clohessy-Wiltshire covariance, sequential update with a joint gate."""

from libc.math cimport ceil, cos, fabs, sin, sqrt
from libc.stdint cimport int64_t
from libc.string cimport memcpy, memset

from fsw.algebra cimport _vector as vector
from hal._handle cimport const_doubles, doubles

cdef double MU_M3PS2 = 3.986004415e14             # EGM-96, as the rest of these constants
cdef double EARTH_RADIUS_M = 6378136.3
cdef double[7] J = [0.0, 0.0, 1.0826266835e-3, -2.5326564853e-6, -1.6196215914e-6, -2.2729608287e-7, 5.4068123911e-7]
cdef double STEP_S = 10.0
cdef double GATE = 33.11                           # chi-square, 6 degrees of freedom, 1e-5 false rejections
cdef int STREAK = 8                                # rejections in a row after which a receiver still in use is believed
cdef double NOISE_M2PS3 = 1e-6                     # tesserals, drag, third bodies: 3e-5 m/s^2 over ten minutes


cdef void gravity(const double* pos_i_m, const double* pole_i, double* accel_i_mps2) noexcept nogil:
    # Gradient of -mu/r sum J_n (R/r)^n P_n(s), s the sine of the latitude (Vallado (2013), 8.6.1).
    cdef double r = vector.norm(pos_i_m)
    cdef double s = vector.dot(pos_i_m, pole_i) / r
    cdef double before = 1.0, legendre = s, next_legendre
    cdef double slope_before = 0.0, slope = 1.0, next_slope
    cdef double ratio = EARTH_RADIUS_M / r, k = MU_M3PS2 / (r * r) * ratio
    cdef double radial = -MU_M3PS2 / (r * r), polar = 0.0
    cdef int n
    for n in range(2, 7):
        k *= ratio
        next_legendre = ((2 * n - 1) * s * legendre - (n - 1) * before) / n
        next_slope = slope_before + (2 * n - 1) * legendre
        before = legendre
        legendre = next_legendre
        slope_before = slope
        slope = next_slope
        radial += k * J[n] * ((n + 1) * legendre + s * slope)
        polar -= k * J[n] * slope
    vector.scale(radial / r, pos_i_m, accel_i_mps2)
    vector.add_scaled(polar, pole_i, accel_i_mps2)


cdef void integrate(double* pos_i_m, double* vel_i_mps, const double* pole_i, double dt_s) noexcept nogil:
    cdef int steps = <int> ceil(fabs(dt_s) / STEP_S)
    cdef int k
    for k in range(steps):
        runge_kutta(pos_i_m, vel_i_mps, pole_i, dt_s / steps)


cdef void runge_kutta(double* pos, double* vel, const double* pole, double h) noexcept nogil:
    """One classical fourth-order step of r'' = gravity(r), in the form for second-order equations."""
    cdef double a[4][3]
    cdef double at[3]
    cdef int k
    gravity(pos, pole, a[0])
    for k in range(3):
        at[k] = pos[k] + 0.5 * h * vel[k]
    gravity(at, pole, a[1])
    for k in range(3):
        at[k] += 0.25 * h * h * a[0][k]
    gravity(at, pole, a[2])
    for k in range(3):
        at[k] = pos[k] + h * vel[k] + 0.5 * h * h * a[1][k]
    gravity(at, pole, a[3])
    for k in range(3):
        pos[k] += h * vel[k] + h * h / 6.0 * (a[0][k] + a[1][k] + a[2][k])
        vel[k] += h / 6.0 * (a[0][k] + 2.0 * a[1][k] + 2.0 * a[2][k] + a[3][k])


cdef void hill_frame(const double* pos_i_m, const double* vel_i_mps, Hill* out) noexcept nogil:
    cdef double h[3]
    cdef double r2 = vector.dot(pos_i_m, pos_i_m)
    vector.cross(pos_i_m, vel_i_mps, h)
    vector.unit(pos_i_m, out.x_i)
    out.rate_radps = vector.unit(h, out.z_i) / r2
    vector.cross(out.z_i, out.x_i, out.y_i)


cdef void to_hill(const Hill* frame, const double* dpos_i_m, const double* dvel_i_mps, double* x) noexcept nogil:
    x[0] = vector.dot(frame.x_i, dpos_i_m)
    x[1] = vector.dot(frame.y_i, dpos_i_m)
    x[2] = vector.dot(frame.z_i, dpos_i_m)
    x[3] = vector.dot(frame.x_i, dvel_i_mps) + frame.rate_radps * x[1]
    x[4] = vector.dot(frame.y_i, dvel_i_mps) - frame.rate_radps * x[0]
    x[5] = vector.dot(frame.z_i, dvel_i_mps)


cdef void from_hill(const Hill* frame, const double* x, double* dpos_i_m, double* dvel_i_mps) noexcept nogil:
    cdef double vx = x[3] - frame.rate_radps * x[1]
    cdef double vy = x[4] + frame.rate_radps * x[0]
    cdef int k
    for k in range(3):
        dpos_i_m[k] = x[0] * frame.x_i[k] + x[1] * frame.y_i[k] + x[2] * frame.z_i[k]
        dvel_i_mps[k] = vx * frame.x_i[k] + vy * frame.y_i[k] + x[5] * frame.z_i[k]


cdef void transition(double n_radps, double dt_s, double* phi) noexcept nogil:
    # Clohessy & Wiltshire (1960), closed form as in Vallado, Fundamentals of Astrodynamics (4th ed.), 6.8.
    cdef double n = n_radps, a = n_radps * dt_s
    cdef double s = sin(a), c = cos(a)
    cdef int k
    for k in range(36):
        phi[k] = 0.0
    phi[0] = 4.0 - 3.0 * c
    phi[3] = s / n
    phi[4] = 2.0 * (1.0 - c) / n
    phi[6] = 6.0 * (s - a)
    phi[7] = 1.0
    phi[9] = -2.0 * (1.0 - c) / n
    phi[10] = (4.0 * s - 3.0 * a) / n
    phi[14] = c
    phi[17] = s / n
    phi[18] = 3.0 * n * s
    phi[21] = c
    phi[22] = 2.0 * s
    phi[24] = -6.0 * n * (1.0 - c)
    phi[27] = -2.0 * s
    phi[28] = 4.0 * c - 3.0
    phi[32] = -n * s
    phi[35] = c


cdef void propagate(double* p, double n_radps, double dt_s, double noise_m2ps3) noexcept nogil:
    cdef double phi[36]
    cdef double half[36]
    cdef double total
    cdef int i, j, k
    transition(n_radps, dt_s, phi)
    for i in range(6):
        for j in range(6):
            total = 0.0
            for k in range(6):
                total += phi[6 * i + k] * p[6 * k + j]
            half[6 * i + j] = total
    for i in range(6):
        for j in range(i, 6):
            total = 0.0
            for k in range(6):
                total += half[6 * i + k] * phi[6 * j + k]
            p[6 * i + j] = total
            p[6 * j + i] = total
    for i in range(3):
        p[7 * i] += noise_m2ps3 * dt_s * dt_s * dt_s / 3.0
        p[7 * i + 3] += noise_m2ps3 * dt_s * dt_s / 2.0
        p[7 * i + 18] += noise_m2ps3 * dt_s * dt_s / 2.0
        p[7 * i + 21] += noise_m2ps3 * dt_s


cdef double update(double* x, double* p, const double* z, const double* r, double gate) noexcept nogil:
    # One scalar update after the other (Brown & Hwang (2012), 5.5). The sum of their normalised squares is the joint
    # NIS, so that a copy is updated and kept only if the sum passes the gate.
    cdef double new_p[36]
    cdef double gain[6]
    cdef double innovation, variance, nis = 0.0
    cdef int i, j, m
    memset(x, 0, 6 * sizeof(double))
    memcpy(new_p, p, sizeof(new_p))
    for m in range(6):
        variance = new_p[7 * m] + r[m]
        innovation = z[m] - x[m]
        nis += innovation * innovation / variance
        for i in range(6):
            gain[i] = new_p[6 * i + m] / variance
        for i in range(6):
            x[i] += gain[i] * innovation
            for j in range(i, 6):
                new_p[6 * i + j] -= gain[i] * variance * gain[j]
        for i in range(6):
            for j in range(i):
                new_p[6 * i + j] = new_p[6 * j + i]
    if nis <= gate:
        memcpy(p, new_p, sizeof(new_p))
    else:
        memset(x, 0, 6 * sizeof(double))
    return nis


cdef void start(OrbitSection* orbit, int64_t t_tai_ns, const double* pos_i_m, const double* vel_i_mps, double sigma_m,
                double n_radps) noexcept nogil:
    cdef int k
    orbit.filter_t_tai_ns = t_tai_ns
    vector.copy(pos_i_m, orbit.filter_pos_i_m)
    vector.copy(vel_i_mps, orbit.filter_vel_i_mps)
    memset(orbit.p, 0, sizeof(orbit.p))
    for k in range(3):
        orbit.p[k][k] = sigma_m * sigma_m
        orbit.p[k + 3][k + 3] = sigma_m * sigma_m * n_radps * n_radps


cdef void advance(OrbitSection* orbit, int64_t t_tai_ns, const double* pole_i, double n_radps) noexcept nogil:
    cdef double dt = (t_tai_ns - orbit.filter_t_tai_ns) * 1e-9
    integrate(orbit.filter_pos_i_m, orbit.filter_vel_i_mps, pole_i, dt)
    propagate(&orbit.p[0][0], n_radps, dt, NOISE_M2PS3)
    orbit.filter_t_tai_ns = t_tai_ns


cdef bint measure(OrbitSection* orbit, const double* pos_i_m, const double* vel_i_mps, double sigma_m,
                  double sigma_mps) noexcept nogil:
    cdef Hill frame
    cdef double dpos[3]
    cdef double dvel[3]
    cdef double z[6]
    cdef double r[6]
    cdef double x[6]
    cdef int k
    vector.copy(pos_i_m, dpos)
    vector.copy(vel_i_mps, dvel)
    vector.add_scaled(-1.0, orbit.filter_pos_i_m, dpos)
    vector.add_scaled(-1.0, orbit.filter_vel_i_mps, dvel)
    hill_frame(orbit.filter_pos_i_m, orbit.filter_vel_i_mps, &frame)
    to_hill(&frame, dpos, dvel, z)
    for k in range(3):
        r[k] = sigma_m * sigma_m
        r[k + 3] = sigma_mps * sigma_mps + frame.rate_radps * frame.rate_radps * r[k]
    orbit.nis_gnss = update(x, &orbit.p[0][0], z, r, GATE)
    if orbit.nis_gnss > GATE:
        orbit.gnss_streak += 1
        if orbit.gnss_streak < STREAK:
            return False
        # Isolation would have excluded it by now, were there reason to: believe it, with margin.
        memset(orbit.p, 0, sizeof(orbit.p))
        for k in range(6):
            x[k] = z[k]
            orbit.p[k][k] = 4.0 * r[k]
    orbit.gnss_streak = 0
    orbit.filter_valid = 1
    from_hill(&frame, x, dpos, dvel)
    vector.add_scaled(1.0, dpos, orbit.filter_pos_i_m)
    vector.add_scaled(1.0, dvel, orbit.filter_vel_i_mps)
    return True


cdef double sigma_at(const OrbitSection* orbit, int64_t t_tai_ns, double n_radps) noexcept nogil:
    cdef double p[36]
    memcpy(p, orbit.p, sizeof(p))
    propagate(p, n_radps, (t_tai_ns - orbit.filter_t_tai_ns) * 1e-9, NOISE_M2PS3)
    return sqrt(p[0] + p[7] + p[14])


def gravity_at(pos_i_m, pole_i, out):
    """`gravity`, for `fsw.navigation.orbit_filter`, as what follows."""
    gravity(const_doubles(pos_i_m, 3), const_doubles(pole_i, 3), doubles(out, 3))


def transition_over(double n_radps, double dt_s, phi):
    """`transition`."""
    transition(n_radps, dt_s, doubles(phi, 36))


def update_with(x, p, z, r, double gate):
    """`update`."""
    return update(doubles(x, 6), doubles(p, 36), const_doubles(z, 6), const_doubles(r, 6), gate)
