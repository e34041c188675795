# The EPS board; see hal/drivers/_eps_board.pxd (kernels) and hal/drivers/eps_board.py (users).
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

from hal._link_state cimport BoardLinkState
from hal._wire cimport EpsCommand, EpsCommand_END, EpsSensors, EpsSensors_END

from hal.wire import CommandFlag

cdef uint16_t OUTPUTS_ENABLED = CommandFlag.OUTPUTS_ENABLED
cdef double TEMPERATURE_LOW_K = 150.0     # no battery reads these: the thermistor is open or shorted
cdef double TEMPERATURE_HIGH_K = 400.0


cdef class EpsBoard(Board):
    """Kernel of `hal.drivers.eps_board.EpsBoardDriver`."""

    def set_limits(self, limits, eps, health, switches, state):
        """Take the ranges and the addresses of the records."""
        self.limits.voltage_low_v, self.limits.voltage_high_v, self.limits.array_power_high_w = limits
        self.set_memory([eps], health, state, sizeof(BoardLinkState))
        self.eps = <EpsSample*>self.samples[0]
        self.switches = <const uint16_t*><size_t>switches

    cdef size_t command(self, uint8_t* payload) noexcept:
        cdef EpsCommand command
        self.state.command_seq += 1
        command.seq = self.state.command_seq
        command.flags = OUTPUTS_ENABLED
        command.switches = self.switches[0]
        memcpy(payload, &command, EpsCommand_END)
        return EpsCommand_END

    cdef size_t sensors_size(self) noexcept:
        return EpsSensors_END

    cdef void sensors(self, const uint8_t* payload, int64_t now_ns) noexcept:
        cdef EpsSensors packet
        cdef bint in_range
        memcpy(&packet, payload, EpsSensors_END)
        if self.admit(packet.cycle, packet.board_time_ns, now_ns) == 0:
            return
        self.account(
            packet.flags, packet.commands_accepted, packet.commands_rejected, packet.frames_bad, packet.reset_reason
        )
        self.eps.bus_voltage_v = packet.bus_mv * 1e-3
        self.eps.battery_current_a = packet.battery_ma * 1e-3
        self.eps.array_power_w = packet.array_cw * 1e-2
        self.eps.load_power_w = packet.load_cw * 1e-2
        self.eps.state_of_charge = packet.soc_counts * 1e-4
        self.eps.temperature_k = packet.temperature_ck * 1e-2
        self.eps.switches = packet.switches
        in_range = (
            self.limits.voltage_low_v <= self.eps.bus_voltage_v <= self.limits.voltage_high_v
            and self.eps.array_power_w <= self.limits.array_power_high_w
            and self.eps.state_of_charge <= 1.0
            and TEMPERATURE_LOW_K <= self.eps.temperature_k <= TEMPERATURE_HIGH_K
        )
        self.eps.t_ns = self.state.cycle_valid_ns
        self.eps.seq = self.state.cycle
        self.eps.new = 1
        self.eps.valid = in_range
        if not in_range:
            self.health.samples_out_of_range += 1
