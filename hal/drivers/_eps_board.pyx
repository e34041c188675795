# The EPS board; see hal/drivers/_eps_board.pxd (kernels) and hal/drivers/eps_board.py (users).
from libc.stdint cimport int64_t, uint8_t
from libc.string cimport memcpy

from hal_samples cimport Sample, bind_EpsSample
from hal_wire cimport COMMAND_FLAG_OUTPUTS_ENABLED, EpsCommand, EpsCommand_END, EpsSensors, EpsSensors_END

cdef double TEMPERATURE_LOW_K = 150.0     # no battery reads these: the thermistor is open or shorted
cdef double TEMPERATURE_HIGH_K = 400.0


cdef class EpsBoard(Board):
    """Kernel of `hal.drivers.eps_board.EpsBoardDriver`."""

    def set_limits(self, limits, names):
        """Take the ranges and the names of the records."""
        self.limits.voltage_low_v, self.limits.voltage_high_v, self.limits.array_power_high_w = limits
        self.names = dict(names)

    cdef int attach(self, pool) except -1:
        Board.attach(self, pool)
        self.eps = bind_EpsSample(self, pool, self.names["eps"])
        self.add_sample(<Sample*>self.eps)
        self.switches = <const uint16_t*>self.hold_values(pool.handle(self.names["switches"]), "u2", 1)
        return 0

    cdef size_t command(self, uint8_t* payload) noexcept:
        cdef EpsCommand command
        self.state.command_seq += 1
        command.seq = self.state.command_seq
        command.flags = COMMAND_FLAG_OUTPUTS_ENABLED
        command.switches = self.switches[0]
        memcpy(payload, &command, EpsCommand_END)
        return EpsCommand_END

    cdef bint is_sensors(self, size_t size) noexcept:
        return size == EpsSensors_END

    cdef void sensors(self, const uint8_t* payload, size_t size, int64_t now_ns) noexcept:
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
