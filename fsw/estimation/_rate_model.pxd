# The body's rate from the balance of angular momentum, H = J w + h, in body axes: dH/dt = -w x H + T, with T the torque
# of the torquers in the measured field (Markley & Crassidis (2014), 3.3; wheels' momentum h from their tachometers).
# A gyro in use corrects H with the time constant below, so that unknown torques do not add up.
from fsw.algebra cimport _vector as vector
from fsw.core._samples cimport Samples
from hal_samples cimport MAX_TORQUERS
from fsw_estimation_sections cimport BodySection, RateModelSection

cdef enum:
    CORRECTION_S = 20  # [s]


cdef struct Balance:
    double[9] inertia         # J [kg m^2]
    double[9] inverse
    int torquers
    double[MAX_TORQUERS][3] torquer_axes    # times the duty


cdef inline void rate_of(const Balance* self, RateModelSection* model, const double* wheels_b_nms) noexcept nogil:
    """The rate that momentum and wheels leave."""
    cdef double[3] body
    cdef int i
    for i in range(3):
        body[i] = model.momentum_b_nms[i] - wheels_b_nms[i]
    vector.apply(self.inverse, body, model.rate_bi_b_radps)


cdef inline void set_rate(const Balance* self, RateModelSection* model, const BodySection* body,
                          const double* rate_b) noexcept nogil:
    """Set the momentum from a rate that is known."""
    cdef int i
    vector.apply(self.inertia, rate_b, model.momentum_b_nms)
    for i in range(3):
        model.momentum_b_nms[i] += body.wheel_momentum_b_nms[i]
        model.rate_bi_b_radps[i] = rate_b[i]


cdef inline void advance_momentum(const Balance* self, RateModelSection* model, const Samples* samples,
                                  const BodySection* body, const double* rate_b, double dt_s) noexcept nogil:
    """Carry the momentum on by dt_s at the rate given, and take the rate from it."""
    cdef double[3] turn
    cdef double[3] dipole
    cdef double[3] torque
    cdef int i
    vector.cross(rate_b, model.momentum_b_nms, turn)
    torque[0] = torque[1] = torque[2] = 0.0
    if samples.torquers.valid and body.mag_valid:
        vector.combine(self.torquers, &self.torquer_axes[0][0], samples.torquers.dipole_am2, dipole)
        vector.cross(dipole, body.mag_b_tesla, torque)
    for i in range(3):
        model.momentum_b_nms[i] += dt_s * (torque[i] - turn[i])
    rate_of(self, model, body.wheel_momentum_b_nms)


cdef inline void correct_momentum(const Balance* self, RateModelSection* model, const double* rate_b,
                                  double dt_s) noexcept nogil:
    """Note how far a measured rate is off, and follow it slowly."""
    cdef double[3] change
    cdef int i
    for i in range(3):
        model.innovation_b_radps[i] = rate_b[i] - model.rate_bi_b_radps[i]
    vector.apply(self.inertia, model.innovation_b_radps, change)
    for i in range(3):
        model.momentum_b_nms[i] += dt_s * (1.0 / CORRECTION_S) * change[i]
        model.rate_bi_b_radps[i] += dt_s * (1.0 / CORRECTION_S) * model.innovation_b_radps[i]
