# Magnetorquers.

from libc.stdint cimport int16_t

from hal_samples cimport MAX_TORQUERS
from sim.devices._model cimport DeviceModel
from sim_devices_magnetorquers_records cimport MagnetorquersTruth


cdef class Torquers(DeviceModel):
    cdef MagnetorquersTruth* out
    cdef int fitted                           # torquers that there are
    cdef double axis_b[MAX_TORQUERS][3]
    cdef double dipole_count_am2[MAX_TORQUERS]
    cdef double dipole_max_am2[MAX_TORQUERS]
    cdef double residual_fraction[MAX_TORQUERS]
    cdef double power_full_w[MAX_TORQUERS]
    cdef int duty_permille
    cdef double power_w                   # drawn while driven
    cdef double last_am2[MAX_TORQUERS]        # dipole that each torquer was driven to last
    cdef double last_b_am2[3]             # the same in body axes
    cdef double driven_b_am2[3]           # dipole while driven; an idle torquer keeps its residual
    cdef double residual_b_am2[3]         # dipole while all are switched off
    cdef double stuck_b_am2[3]            # share of both that cannot be switched off: torquers stuck by a fault
    cdef int16_t counts[MAX_TORQUERS]         # commanded last

    # Set the dipoles for the commanded counts; 0 leaves a torquer idle.
    cdef void set_dipoles(self, const int16_t* counts) noexcept nogil
