"""Kernel of fsw.control.actuate."""

from libc.math cimport isfinite
from libc.string cimport memset

from fsw.algebra cimport _vector as vector
from fsw_health_sections cimport bind_FdirSection
from fsw_control_sections cimport bind_ControlSection
from fsw_guidance_modes cimport (
    ADCS_MODE_IDLE, ADCS_MODE_TARGET, SYSTEM_MODE_BOOT, SYSTEM_MODE_NOMINAL, SYSTEM_MODE_SAFE,
)
from fsw.core._samples cimport bind_samples
from fsw_core_sections cimport bind_TimeSection
from fsw_control_sections cimport bind_CommandSection
from fsw_guidance_sections cimport bind_ModeSection
from fsw_guidance_sections cimport bind_GuidanceSection
from hal_wire cimport EPS_SWITCH_PAYLOAD, EPS_SWITCH_RADIO_TX, EPS_SWITCH_WHEELS

# Without attitude control: what loads take must be less than the arrays give a body that turns as it likes.
cdef int64_t HELPLESS_NS = 300000000000       # for so long the ADCS board has been silent
cdef int64_t SENDING_NS = 3000000000          # then the transmitter is on for so long
cdef int64_t SENDING_PERIOD_NS = 15000000000  # of so long


cdef class Actuate:
    """See `fsw.control.actuate`."""

    def __init__(self, vehicle, torquer_inverse):
        self.period_ns = 1000000000 // vehicle.rates.base_hz
        memset(self.torque_max_nm, 0, sizeof(self.torque_max_nm))
        self.wheels = len(vehicle.units("reaction_wheels"))
        for k, wheel in enumerate(vehicle.units("reaction_wheels")):
            self.torque_max_nm[k] = wheel.torque_max_nm
        duty = max((d.duty for d in vehicle.of_kind("magnetorquers")), default=1.0)
        self.torquers = len(torquer_inverse)
        for k in range(self.torquers):
            for j in range(3):
                self.torquer_inverse[k][j] = torquer_inverse[k][j] / duty
        memset(self.dipole_max_am2, 0, sizeof(self.dipole_max_am2))
        for k, torquer in enumerate(vehicle.units("magnetorquers")):
            self.dipole_max_am2[k] = torquer.dipole_max_am2

    cdef int attach(self, pool) except -1:
        self.time = bind_TimeSection(self, pool)
        self.mode = bind_ModeSection(self, pool)
        bind_samples(self, pool, &self.samples)
        self.guidance = bind_GuidanceSection(self, pool)
        self.control = bind_ControlSection(self, pool)
        self.fdir = bind_FdirSection(self, pool)
        self.out = bind_CommandSection(self, pool)

    def step(self):
        """Write `CommandSection`."""
        cdef ActuatorCommand* command
        self.check()
        command = &self.out.actuators
        memset(command, 0, sizeof(command[0]))
        command.t_apply_ns = self.time.t_ns + self.period_ns
        self.out.switches = self.switches() & ~self.fdir.switches_off
        if self.mode.system == SYSTEM_MODE_BOOT or self.mode.adcs == ADCS_MODE_IDLE or not self.control.valid:
            return
        command.valid = self.command(command)

    cdef bint command(self, ActuatorCommand* command) noexcept nogil:
        """Fill in torques and dipoles within the devices' limits; False when a demand is not a number."""
        cdef double value, most
        cdef bint finite = True
        cdef int k
        for k in range(self.wheels):
            value = self.control.wheel_torque_nm[k]
            most = self.torque_max_nm[k]
            finite = finite and isfinite(value)
            command.wheel_torque_nm[k] = min(most, max(-most, value))
        for k in range(self.torquers):
            value = vector.dot(self.torquer_inverse[k], self.control.dipole_b_am2)
            most = self.dipole_max_am2[k]
            finite = finite and isfinite(value)
            command.dipole_am2[k] = min(most, max(-most, value))
        if not finite:
            memset(command.wheel_torque_nm, 0, sizeof(command.wheel_torque_nm))
            memset(command.dipole_am2, 0, sizeof(command.dipole_am2))
        return finite

    cdef bint helpless(self) noexcept nogil:
        """Whether the ADCS board has been out of reach for long: nobody points the arrays at the Sun."""
        return self.mode.system == SYSTEM_MODE_SAFE and self.samples.adcs_health.silent_ticks * self.period_ns > HELPLESS_NS

    cdef uint16_t switches(self) noexcept nogil:
        """The transmitter always, wheels when control may use them, the payload while it sees its target.

        Without attitude control wheels are of no use, and the transmitter is on for a fifth of the time.
        """
        cdef uint16_t on = EPS_SWITCH_RADIO_TX
        if self.helpless():
            return EPS_SWITCH_RADIO_TX if self.time.t_ns % SENDING_PERIOD_NS < SENDING_NS else 0
        if self.mode.system == SYSTEM_MODE_BOOT or self.mode.adcs == ADCS_MODE_IDLE:
            return on
        on |= EPS_SWITCH_WHEELS
        if (self.mode.system == SYSTEM_MODE_NOMINAL and self.mode.adcs == ADCS_MODE_TARGET and self.guidance.valid
                and not self.guidance.slewing):
            on |= EPS_SWITCH_PAYLOAD
        return on
