# Three-axis magnetometer, sampled after the torquers were switched off.

from sim.devices._model cimport DeviceModel


cdef class Magnetometer(DeviceModel):
    cdef double c_sb[9]          # mounting, body to sensor
    cdef double soft[9]          # soft iron: what is added to the identity
    cdef double hard[3]          # hard iron [T]
    cdef double noise_tesla
    cdef double coupling         # field of a driven torquer at the sensor [T/(A m^2)]
    cdef double remanence        # share of that field left when sampled with the torquers off
    cdef double count_tesla
    cdef double range_tesla
