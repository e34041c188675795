# In-flight magnetometer calibration: recursive least squares of (model - measured) field on [1, measured / 4e-5 T],
# in body axes, while the star tracker gives the attitude. The rows share the regressor and the noise, and with equal
# priors also their covariance: one 4x4 matrix serves all three (offset 3, linear part 9 parameters). Sources: Alonso &
# Shuster, Complete linear attitude-independent magnetometer calibration, J. Astronautical Sci. 50(4), 2002 (error
# model); Crassidis & Junkins, Optimal Estimation of Dynamic Systems (2nd ed.), 1.3 (sequential least squares).
from fsw_estimation_sections cimport MagCalibrationSection


cdef inline void regressor(const double* mag_b, double* phi) noexcept nogil:
    """phi = [1, mag_b / 4e-5 T]."""
    phi[0] = 1.0
    phi[1] = mag_b[0] * (1.0 / 4.0e-5)
    phi[2] = mag_b[1] * (1.0 / 4.0e-5)
    phi[3] = mag_b[2] * (1.0 / 4.0e-5)


cdef inline void mag_correct(const MagCalibrationSection* self, const double* measured_b, double* mag_b) noexcept nogil:
    """mag_b = measured_b corrected; not in place."""
    cdef double[4] phi
    cdef int i
    regressor(measured_b, phi)
    for i in range(3):
        mag_b[i] = measured_b[i] + (
            self.correction_b_tesla[i][0] * phi[0] + self.correction_b_tesla[i][1] * phi[1]
            + self.correction_b_tesla[i][2] * phi[2] + self.correction_b_tesla[i][3] * phi[3]
        )


cdef inline void mag_prior(MagCalibrationSection* self, double offset_variance, double linear_variance) noexcept nogil:
    """Set the covariance before any measurement [T^2]."""
    cdef int k
    for k in range(10):
        self.p[k] = 0.0
    self.p[0] = offset_variance
    self.p[4] = self.p[7] = self.p[9] = linear_variance


cdef inline void times_p(const MagCalibrationSection* self, const double* phi, double* u) noexcept nogil:
    """u = P phi; P's upper triangle is stored by rows."""
    cdef const double* p = self.p
    u[0] = p[0] * phi[0] + p[1] * phi[1] + p[2] * phi[2] + p[3] * phi[3]
    u[1] = p[1] * phi[0] + p[4] * phi[1] + p[5] * phi[2] + p[6] * phi[3]
    u[2] = p[2] * phi[0] + p[5] * phi[1] + p[7] * phi[2] + p[8] * phi[3]
    u[3] = p[3] * phi[0] + p[6] * phi[1] + p[8] * phi[2] + p[9] * phi[3]


cdef inline double mag_variance(const MagCalibrationSection* self, const double* mag_b) noexcept nogil:
    """Variance of one axis of the corrected field that the correction leaves [T^2]."""
    cdef double[4] phi
    cdef double[4] u
    regressor(mag_b, phi)
    times_p(self, phi, u)
    return phi[0] * u[0] + phi[1] * u[1] + phi[2] * u[2] + phi[3] * u[3]


cdef inline void mag_learn(
    MagCalibrationSection* self, const double* mag_b, const double* model_b, double variance,
    double offset_growth, double linear_growth,
) noexcept nogil:
    """One field vector: corrected mag_b, modelled model_b [T], noise variance; growth of P since the last [T^2]."""
    cdef double[4] phi
    cdef double[4] u
    cdef double weight, residual
    cdef int i, j, k = 0
    self.p[0] += offset_growth
    self.p[4] += linear_growth
    self.p[7] += linear_growth
    self.p[9] += linear_growth
    regressor(mag_b, phi)
    times_p(self, phi, u)
    weight = 1.0 / (phi[0] * u[0] + phi[1] * u[1] + phi[2] * u[2] + phi[3] * u[3] + variance)
    for i in range(3):
        residual = model_b[i] - mag_b[i]
        self.residual_b_tesla[i] = residual
        for j in range(4):
            self.correction_b_tesla[i][j] += u[j] * (weight * residual)
    for i in range(4):
        for j in range(i, 4):
            self.p[k] -= u[i] * weight * u[j]
            k += 1
    self.updates += 1
