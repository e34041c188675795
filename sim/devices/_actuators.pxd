# Wheel drive electronics (limits, friction and dynamics are in sim/physics) and magnetorquers.

from libc.stdint cimport int16_t

from hal_samples cimport MAX_TORQUERS, MAX_WHEELS
from sim.devices._device cimport Device
from sim_physics_records cimport TruthRecord


cdef class Wheels(Device):
    cdef int count
    cdef double torque_count_nm[MAX_WHEELS]
    cdef double speed_count_radps[MAX_WHEELS]

    # Channels of faults: 0 to 3 the tachometers, 4 to 7 the motors.
    # Motor torque that is asked of each wheel for the commanded counts; 0 without power.
    cdef void drive(self, const int16_t* counts, bint powered, double* torque_nm) noexcept nogil

    # Tachometer counts; wheels that the vehicle does not have read 0.
    cdef void sample(self, const TruthRecord* truth, int16_t* counts) noexcept nogil


cdef class Torquers(Device):
    cdef double axis_b[MAX_TORQUERS][3]
    cdef double dipole_count_am2[MAX_TORQUERS]
    cdef double dipole_max_am2[MAX_TORQUERS]
    cdef double residual_fraction[MAX_TORQUERS]
    cdef double power_full_w[MAX_TORQUERS]
    cdef double power_w                   # drawn while driven
    cdef double last_am2[MAX_TORQUERS]        # dipole that each torquer was driven to last
    cdef double last_b_am2[3]             # the same in body axes
    cdef double driven_b_am2[3]           # dipole while driven; an idle torquer keeps its residual
    cdef double residual_b_am2[3]         # dipole while all are switched off
    cdef double stuck_b_am2[3]            # share of both that cannot be switched off: torquers stuck by a fault
    cdef int16_t counts[MAX_TORQUERS]         # commanded last

    # Set the dipoles for the commanded counts; 0 leaves a torquer idle.
    cdef void drive(self, const int16_t* counts) noexcept nogil
