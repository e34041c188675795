# Two-axis digital Sun sensor.

from libc.stdint cimport int16_t

from sim.devices._model cimport DeviceModel
from sim_devices_digital_sun_sensor_records cimport DigitalSunTruth
from sim_physics_records cimport TruthRecord


cdef class DigitalSunSensor(DeviceModel):
    cdef DigitalSunTruth* out
    cdef double c_sb[9]              # nominal mounting, body to sensor
    cdef double m_sb[9]              # with the errors that are on
    cdef double error[3]             # turn-on misalignment, a rotation vector in sensor axes [rad]
    cdef double half_angle_rad, noise_rad, albedo_share, count_rad
    cdef double reflectivity         # of the Earth, mean
    cdef double angle_rad[2]         # in nominal axes
    cdef bint in_view

    # Angles of a direction in body axes, by a matrix; whether both are in the field of view.
    cdef bint angles(self, const double* matrix, const double* direction_b, double* angle) noexcept nogil
    # Irradiance of the Earth at the sensor over the Sun's, and the angles of its centre; 0 when it is not in view.
    cdef double earthlight(self, const TruthRecord* truth, double* angle) noexcept nogil
