"""Kernel of fsw.control.actuate."""

from libc.math cimport isfinite
from libc.stdint cimport uint16_t
from libc.string cimport memset

from fsw.navigation cimport _vector as vector

from fsw.autonomy.sections import FdirSection as FdirDeclaration
from fsw.control.sections import ControlSection as ControlDeclaration
from fsw.core.modes import AdcsMode, SystemMode
from fsw.core.sections import CommandSection as CommandDeclaration
from fsw.core.sections import ModeSection as ModeDeclaration
from fsw.core.sections import SamplesSection as SamplesDeclaration
from fsw.core.sections import TimeSection as TimeDeclaration
from fsw.guidance.sections import GuidanceSection as GuidanceDeclaration
from hal.wire import EpsSwitch

cdef int BOOT = SystemMode.BOOT, SAFE = SystemMode.SAFE, NOMINAL = SystemMode.NOMINAL
cdef int IDLE = AdcsMode.IDLE, TARGET = AdcsMode.TARGET
cdef uint16_t RADIO_TX = EpsSwitch.RADIO_TX, PAYLOAD = EpsSwitch.PAYLOAD, WHEELS = EpsSwitch.WHEELS
# Without attitude control: what loads take must be less than the arrays give a body that turns as it likes.
cdef int64_t HELPLESS_NS = 300000000000       # for so long the ADCS board has been silent
cdef int64_t SENDING_NS = 3000000000          # then the transmitter is on for so long
cdef int64_t SENDING_PERIOD_NS = 15000000000  # of so long


cdef class Actuate:
    """See `fsw.control.actuate`."""

    def __init__(self, pool, vehicle, torquer_inverse):
        self.time = <const TimeSection*> <size_t> pool.address(TimeDeclaration)
        self.mode = <const ModeSection*> <size_t> pool.address(ModeDeclaration)
        self.samples = <const SamplesSection*> <size_t> pool.address(SamplesDeclaration)
        self.guidance = <const GuidanceSection*> <size_t> pool.address(GuidanceDeclaration)
        self.control = <const ControlSection*> <size_t> pool.address(ControlDeclaration)
        self.fdir = <const FdirSection*> <size_t> pool.address(FdirDeclaration)
        self.out = <CommandSection*> <size_t> pool.address(CommandDeclaration)
        self.period_ns = 1000000000 // vehicle.rates.base_hz
        memset(self.torque_max_nm, 0, sizeof(self.torque_max_nm))
        for k, wheel in enumerate(vehicle.wheels):
            self.torque_max_nm[k] = wheel.torque_max_nm
        for k in range(9):
            self.torquer_inverse[k] = torquer_inverse[k // 3][k % 3] / vehicle.torquers.duty
        for k, torquer in enumerate(vehicle.torquers.units):
            self.dipole_max_am2[k] = torquer.dipole_max_am2

    def step(self):
        """Write `CommandSection`."""
        cdef ActuatorCommand* command = &self.out.actuators
        memset(command, 0, sizeof(command[0]))
        command.t_apply_ns = self.time.t_ns + self.period_ns
        self.out.switches = self.switches() & ~self.fdir.switches_off
        if self.mode.system == BOOT or self.mode.adcs == IDLE or not self.control.valid:
            return
        command.valid = self.command(command)

    cdef bint command(self, ActuatorCommand* command) noexcept nogil:
        """Fill in torques and dipoles within the devices' limits; False when a demand is not a number."""
        cdef double driven[3]
        cdef double value, most
        cdef bint finite = True
        cdef int k
        for k in range(4):
            value = self.control.wheel_torque_nm[k]
            most = self.torque_max_nm[k]
            finite = finite and isfinite(value)
            command.wheel_torque_nm[k] = min(most, max(-most, value))
        vector.apply(self.torquer_inverse, self.control.dipole_b_am2, driven)
        for k in range(3):
            most = self.dipole_max_am2[k]
            finite = finite and isfinite(driven[k])
            command.dipole_am2[k] = min(most, max(-most, driven[k]))
        if not finite:
            memset(command.wheel_torque_nm, 0, sizeof(command.wheel_torque_nm))
            memset(command.dipole_am2, 0, sizeof(command.dipole_am2))
        return finite

    cdef bint helpless(self) noexcept nogil:
        """Whether the ADCS board has been out of reach for long: nobody points the arrays at the Sun."""
        return self.mode.system == SAFE and self.samples.adcs_health.silent_ticks * self.period_ns > HELPLESS_NS

    cdef uint16_t switches(self) noexcept nogil:
        """The transmitter always, wheels when control may use them, the payload while it sees its target.

        Without attitude control wheels are of no use, and the transmitter is on for a fifth of the time.
        """
        cdef uint16_t on = RADIO_TX
        if self.helpless():
            return RADIO_TX if self.time.t_ns % SENDING_PERIOD_NS < SENDING_NS else 0
        if self.mode.system == BOOT or self.mode.adcs == IDLE:
            return on
        on |= WHEELS
        if (self.mode.system == NOMINAL and self.mode.adcs == TARGET and self.guidance.valid
                and not self.guidance.slewing):
            on |= PAYLOAD
        return on
