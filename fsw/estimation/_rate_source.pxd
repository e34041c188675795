# What carries the attitude from tick to tick; `_estimator` adds the measurements.
from libc.stdint cimport int64_t

from fsw.core._samples cimport Samples
from fsw.estimation._history cimport History
from fsw.estimation._mekf cimport MekfNoise
from fsw.estimation._rate_model cimport Balance
from fsw_core_sections cimport TimeSection
from fsw_estimation_sections cimport AttitudeSection, BodySection, RateModelSection
from fsw_health_sections cimport FdirSection
from hal._handle cimport Kernel


cdef struct Tuning:
    double bias_variance          # turn-on bias [rad^2/s^2]
    double bridge_accel           # body acceleration assumed while the gyro is silent [rad/s^2]
    double mag_noise_variance     # white, per axis [T^2]
    double mag_model_variance     # of the model's direction, correlated in time [rad^2]
    double mag_correlation_s
    double mag_offset_variance    # magnetometer offset before calibration [T^2]
    double mag_linear_variance    # the same for the linear part, at 40 uT [T^2]
    double sun_variance           # of the coarse Sun direction, correlated in time [rad^2]
    double sun_correlation_s
    double tick_s


cdef class RateSource(Kernel):
    cdef const TimeSection* time
    cdef const BodySection* body
    cdef AttitudeSection* attitude
    cdef Samples samples
    cdef const FdirSection* fdir
    cdef RateModelSection* model
    cdef History history
    cdef Tuning tuning
    cdef Balance momentum
    cdef MekfNoise gyro_noise
    cdef bint wheels                 # the satellite has wheels, whose momentum is known while they speak
    cdef double[3] rate_before       # of the momentum balance, a tick ago; set and used within a tick

    cdef void carry(self) noexcept nogil
    cdef void balance_momentum(self) noexcept nogil
    cdef void choose_rate(self) noexcept nogil
    cdef void switch_rate(self, bint in_use, double turned_rad) noexcept nogil
    cdef double rate_variance(self) noexcept nogil
    cdef bint gyro_speaks(self) noexcept nogil
    cdef bint began_lately(self) noexcept nogil
    cdef void propagate_model(self) noexcept nogil
    cdef void propagate(self) noexcept nogil
    cdef void restart(self, int64_t t_ns) noexcept nogil
