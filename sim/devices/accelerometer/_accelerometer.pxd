# Three-axis accelerometer.

from sim.devices._model cimport DeviceModel
from sim_devices_accelerometer_records cimport AccelerometerTruth


cdef class Accelerometer(DeviceModel):
    cdef AccelerometerTruth* out
    cdef double c_sb[9]              # mounting, body to sensor
    cdef double position_b_m[3]
    cdef double bias[3]              # turn-on bias [m/s^2]
    cdef double scale[3]             # scale factor error
    cdef double noise_mps2, count_mps2, range_mps2
    cdef double rate_last_b_radps[3]
    cdef bint begun                  # there is a rate of the cycle before
    cdef double force_s_mps2[3]      # true, mean over the last cycle
