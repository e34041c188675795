# Rate-integrating gyro.

from libc.stdint cimport int64_t

from sim.devices._model cimport DeviceModel, Surroundings
from sim_devices_gyro_records cimport GyroTruth
from sim_physics_records cimport TruthRecord


cdef class Gyro(DeviceModel):
    cdef GyroTruth* out
    cdef double c_sb[9]          # nominal mounting, body to sensor
    cdef double bias[3]          # turn-on bias [rad/s]
    cdef double walk[3]          # rate random walk so far [rad/s]
    cdef double scale[3]         # scale factor error
    cdef double skew[9]          # misalignment, small angles, zero diagonal [rad]
    cdef double m_sb[9]          # (I + scale + skew) c_sb with the switches applied
    cdef double sigma_arw        # [rad/sqrt(s)]
    cdef double sigma_rrw        # [rad/s/sqrt(s)]
    cdef double count_rad
    cdef double range_radps
    cdef double carry[3]         # angle not yet delivered, below one count [rad]
    cdef double q_last[4]        # attitude at the last sample
    cdef int64_t t_last_ns       # time of the last sample, -1 before the first

    # Rotation since the last sample, through the true mounting and scale factors [rad].
    cdef void true_increment(self, const TruthRecord* truth, double* theta_s) noexcept nogil
