# The last step of the control path: demands to commands.
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

cdef extern from "hal_samples.h":
    ctypedef struct ActuatorCommand:
        int64_t t_apply_ns
        double wheel_torque_nm[4]
        double dipole_am2[3]
        uint8_t valid

cdef extern from "fsw_core_sections.h":
    ctypedef struct TimeSection:
        int64_t t_ns

    ctypedef struct ModeSection:
        uint8_t system
        uint8_t adcs

    ctypedef struct BoardHealth:
        uint32_t silent_ticks

    ctypedef struct SamplesSection:
        BoardHealth adcs_health

    ctypedef struct CommandSection:
        ActuatorCommand actuators
        uint16_t switches

cdef extern from "fsw_guidance_sections.h":
    ctypedef struct GuidanceSection:
        uint8_t slewing
        uint8_t valid

cdef extern from "fsw_control_sections.h":
    ctypedef struct ControlSection:
        double dipole_b_am2[3]
        double wheel_torque_nm[4]
        uint8_t valid

cdef extern from "fsw_autonomy_sections.h":
    ctypedef struct FdirSection:
        uint16_t switches_off

cdef class Actuate:
    cdef const TimeSection* time
    cdef const ModeSection* mode
    cdef const SamplesSection* samples
    cdef const GuidanceSection* guidance
    cdef const ControlSection* control
    cdef const FdirSection* fdir
    cdef CommandSection* out
    cdef int64_t period_ns
    cdef double torque_max_nm[4]
    cdef double torquer_inverse[9]      # body dipole to torquers, divided by the duty
    cdef double dipole_max_am2[3]

    cdef bint command(self, ActuatorCommand* command) noexcept nogil
    cdef bint helpless(self) noexcept nogil
    cdef uint16_t switches(self) noexcept nogil
