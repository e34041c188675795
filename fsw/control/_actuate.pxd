# The last step of the control path: demands to commands.
from libc.stdint cimport int64_t, uint16_t

from fsw_health_sections cimport FdirSection
from fsw_control_sections cimport ControlSection
from fsw.core._samples cimport Samples
from fsw_core_sections cimport TimeSection
from fsw_control_sections cimport CommandSection
from fsw_guidance_sections cimport ModeSection
from fsw_guidance_sections cimport GuidanceSection
from hal._handle cimport Kernel
from hal_samples cimport ActuatorCommand, MAX_TORQUERS, MAX_WHEELS

cdef class Actuate(Kernel):
    cdef const TimeSection* time
    cdef const ModeSection* mode
    cdef Samples samples
    cdef const GuidanceSection* guidance
    cdef const ControlSection* control
    cdef const FdirSection* fdir
    cdef CommandSection* out
    cdef int64_t period_ns
    cdef double torque_max_nm[MAX_WHEELS]
    cdef int wheels, torquers            # how many there are
    cdef double torquer_inverse[MAX_TORQUERS][3]   # body dipole to each torquer, divided by the duty
    cdef double dipole_max_am2[MAX_TORQUERS]

    cdef bint command(self, ActuatorCommand* command) noexcept nogil
    cdef bint helpless(self) noexcept nogil
    cdef uint16_t switches(self) noexcept nogil
