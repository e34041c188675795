# Three-axis magnetometer, sampled after the torquers were switched off.

from libc.stdint cimport int16_t

from sim.devices._device cimport Device
from sim_physics_records cimport TruthRecord


cdef class Magnetometer(Device):
    cdef double c_sb[9]          # mounting, body to sensor
    cdef double soft[9]          # soft iron: what is added to the identity
    cdef double hard[3]          # hard iron [T]
    cdef double noise_tesla
    cdef double coupling         # field of a driven torquer at the sensor [T/(A m^2)]
    cdef double remanence        # share of that field left when sampled with the torquers off
    cdef double count_tesla
    cdef double range_tesla

    # Flux density in counts about the sensor axes. `dipole_b_am2`: dipole driven last; `driven`: it still is;
    # `stuck_b_am2`: dipole of torquers that cannot be switched off.
    cdef void sample(self, const TruthRecord* truth, const double* dipole_b_am2, const double* stuck_b_am2, bint driven,
                     int16_t* counts) noexcept nogil
