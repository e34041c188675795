# Wheel drive electronics.

from hal_samples cimport MAX_WHEELS
from sim.devices._model cimport DeviceModel


cdef class Wheels(DeviceModel):
    # Channels of faults: 0 to MAX_WHEELS - 1 the tachometers, then the motors.
    cdef int count
    cdef readonly int first               # number of its first rotor in the body
    cdef double torque_count_nm[MAX_WHEELS]
    cdef double speed_count_radps[MAX_WHEELS]
    cdef double motor_nm[MAX_WHEELS]      # asked of each motor
