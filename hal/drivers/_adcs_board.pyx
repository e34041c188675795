# The ADCS board; see hal/drivers/_adcs_board.pxd (kernels) and hal/drivers/adcs_board.py (users).
from libc.math cimport fabs, isfinite, round
from libc.stdint cimport int16_t, uint16_t
from libc.string cimport memcpy, memset

from hal_samples cimport (
    BOARD_IDENTITY_REFUSED, Sample, bind_ActuatorCommand, bind_CssSample, bind_GyroSample, bind_MagSample,
    bind_TorquerSample, bind_WheelSample,
)
from hal_wire cimport (
    COMMAND_FLAG_OUTPUTS_ENABLED, SENSOR_FLAG_CSS_VALID, SENSOR_FLAG_GYRO_VALID, SENSOR_FLAG_MAG_VALID,
    SENSOR_FLAG_WHEELS_VALID, AdcsCommand, AdcsCommand_END, AdcsSensors_END,
)


cdef inline int16_t _counts(double value, double count, int limit) noexcept nogil:
    """Round to the nearest count, halves away from zero, within +-limit."""
    cdef double scaled = round(value / count)
    return <int16_t>(limit if scaled > limit else -limit if scaled < -limit else <int>scaled)


cdef bint _sound(const ActuatorCommand* command, const AdcsScale* scale) noexcept nogil:
    """Whether the command asks for outputs, and every number of it is finite."""
    cdef int i
    for i in range(scale.wheels):
        if not isfinite(command.wheel_torque_nm[i]):
            return 0
    for i in range(scale.torquers):
        if not isfinite(command.dipole_am2[i]):
            return 0
    return command.valid != 0


cdef class AdcsBoard(Board):
    """Kernel of `hal.drivers.adcs_board.AdcsBoardDriver`."""

    def set_scale(self, scale, names):
        """Take the counts of the vehicle file and the names of the records."""
        memset(&self.scale, 0, sizeof(self.scale))
        cdef int i
        self.scale.gyro_count_rad, self.scale.gyro_range_radps = scale["gyro"]
        self.scale.mag_count_tesla, self.scale.mag_range_tesla = scale["mag"]
        self.scale.css_range = scale["css_range"]
        self.scale.sun_sensors, self.scale.wheels = len(scale["css"]), len(scale["wheels"])
        self.scale.torquers = len(scale["torquers"])
        for i, count in enumerate(scale["css"]):
            self.scale.css_count[i] = count
        for i, (speed_count, speed_range, torque_count, torque_limit) in enumerate(scale["wheels"]):
            self.scale.speed_count_radps[i], self.scale.speed_range_radps[i] = speed_count, speed_range
            self.scale.torque_count_nm[i], self.scale.torque_limit_counts[i] = torque_count, torque_limit
        for i, (dipole_count, dipole_limit) in enumerate(scale["torquers"]):
            self.scale.dipole_count_am2[i], self.scale.dipole_limit_counts[i] = dipole_count, dipole_limit
        self.names = dict(names)

    cdef int attach(self, pool) except -1:
        Board.attach(self, pool)
        self.actuators = bind_ActuatorCommand(self, pool, self.names["actuators"])
        self.gyro, self.mag, self.css, self.wheel, self.torquer = NULL, NULL, NULL, NULL, NULL
        if "gyro" in self.names:
            self.gyro = bind_GyroSample(self, pool, self.names["gyro"])
            self.add_sample(<Sample*>self.gyro)
        if "magnetometer" in self.names:
            self.mag = bind_MagSample(self, pool, self.names["magnetometer"])
            self.add_sample(<Sample*>self.mag)
        if "coarse_sun_sensors" in self.names:
            self.css = bind_CssSample(self, pool, self.names["coarse_sun_sensors"])
            self.add_sample(<Sample*>self.css)
        if "reaction_wheels" in self.names:
            self.wheel = bind_WheelSample(self, pool, self.names["reaction_wheels"])
            self.add_sample(<Sample*>self.wheel)
        if "magnetorquers" in self.names:
            self.torquer = bind_TorquerSample(self, pool, self.names["magnetorquers"])
            self.add_sample(<Sample*>self.torquer)
        return 0

    cdef size_t command(self, uint8_t* payload) noexcept:
        cdef AdcsCommand command
        cdef int i
        memset(&command, 0, sizeof(command))
        self.state.command_seq += 1
        command.seq = self.state.command_seq
        if self.board.identity != BOARD_IDENTITY_REFUSED and _sound(self.actuators, &self.scale):
            command.flags = COMMAND_FLAG_OUTPUTS_ENABLED
            for i in range(self.scale.wheels):
                command.wheel_torque_counts[i] = _counts(
                    self.actuators.wheel_torque_nm[i], self.scale.torque_count_nm[i], self.scale.torque_limit_counts[i]
                )
            for i in range(self.scale.torquers):
                command.dipole_counts[i] = _counts(
                    self.actuators.dipole_am2[i], self.scale.dipole_count_am2[i], self.scale.dipole_limit_counts[i]
                )
        memcpy(payload, &command, AdcsCommand_END)
        return AdcsCommand_END

    cdef size_t sensors_size(self) noexcept:
        return AdcsSensors_END

    cdef void sensors(self, const uint8_t* payload, int64_t now_ns) noexcept:
        cdef AdcsSensors packet
        memcpy(&packet, payload, AdcsSensors_END)
        cdef int64_t interval_ns = self.admit(packet.cycle, packet.board_time_ns, now_ns)
        if interval_ns == 0:
            return
        self.account(
            packet.flags, packet.commands_accepted, packet.commands_rejected, packet.frames_bad, packet.reset_reason
        )
        if self.gyro != NULL:
            self.take_gyro(&packet, interval_ns)
        if self.mag != NULL:
            self.take_mag(&packet)
        if self.css != NULL:
            self.take_cells(&packet)
        if self.wheel != NULL:
            self.take_wheels(&packet)
        if self.torquer != NULL:
            self.take_torquers(&packet)

    cdef void set_head(self, void* sample, bint valid) noexcept:
        """Time, sequence number and flags of a sample that has just arrived."""
        cdef Sample* head = <Sample*>sample
        head.t_ns = self.state.cycle_valid_ns
        head.seq = self.state.cycle
        head.new = 1
        head.valid = valid

    cdef void take_gyro(self, const AdcsSensors* packet, int64_t interval_ns) noexcept:
        """Angle increments; those of several packets in one exchange add up, so that none is lost."""
        cdef bint adds = self.gyro.new != 0, in_range = 1
        cdef bint valid = (packet.flags & SENSOR_FLAG_GYRO_VALID) != 0
        cdef double limit = self.scale.gyro_range_radps * (<double>interval_ns * 1e-9), angle
        cdef int i
        if not adds:
            self.gyro.dt_ns = 0
        for i in range(3):
            angle = packet.gyro_counts[i] * self.scale.gyro_count_rad
            in_range = in_range and fabs(angle) <= limit
            self.gyro.dtheta_s_rad[i] = angle + (self.gyro.dtheta_s_rad[i] if adds else 0.0)
        self.gyro.dt_ns += interval_ns
        if valid and not in_range:
            self.health.samples_out_of_range += 1
        self.set_head(self.gyro, valid and in_range and (self.gyro.valid or not adds))

    cdef void take_mag(self, const AdcsSensors* packet) noexcept:
        """Flux density."""
        cdef bint in_range = 1
        cdef int i
        for i in range(3):
            self.mag.mag_s_tesla[i] = packet.mag_counts[i] * self.scale.mag_count_tesla
            in_range = in_range and fabs(self.mag.mag_s_tesla[i]) <= self.scale.mag_range_tesla
        if packet.flags & SENSOR_FLAG_MAG_VALID and not in_range:
            self.health.samples_out_of_range += 1
        self.set_head(self.mag, packet.flags & SENSOR_FLAG_MAG_VALID and in_range)

    cdef void take_cells(self, const AdcsSensors* packet) noexcept:
        """Coarse Sun sensors."""
        cdef bint in_range = 1
        cdef int i
        for i in range(self.scale.sun_sensors):
            self.css.ratio[i] = packet.css_counts[i] * self.scale.css_count[i]
            in_range = in_range and self.css.ratio[i] <= self.scale.css_range
        if packet.flags & SENSOR_FLAG_CSS_VALID and not in_range:
            self.health.samples_out_of_range += 1
        self.set_head(self.css, packet.flags & SENSOR_FLAG_CSS_VALID and in_range)

    cdef void take_wheels(self, const AdcsSensors* packet) noexcept:
        """Wheel tachometers."""
        cdef bint in_range = 1
        cdef int i
        for i in range(self.scale.wheels):
            self.wheel.speed_radps[i] = packet.wheel_counts[i] * self.scale.speed_count_radps[i]
            in_range = in_range and fabs(self.wheel.speed_radps[i]) <= self.scale.speed_range_radps[i]
        if packet.flags & SENSOR_FLAG_WHEELS_VALID and not in_range:
            self.health.samples_out_of_range += 1
        self.set_head(self.wheel, packet.flags & SENSOR_FLAG_WHEELS_VALID and in_range)

    cdef void take_torquers(self, const AdcsSensors* packet) noexcept:
        """The dipoles driven."""
        cdef bint in_range = 1
        cdef int i
        for i in range(self.scale.torquers):
            self.torquer.dipole_am2[i] = packet.dipole_counts[i] * self.scale.dipole_count_am2[i]
            if abs(<int>packet.dipole_counts[i]) > self.scale.dipole_limit_counts[i]:
                in_range = 0
        if not in_range:
            self.health.samples_out_of_range += 1
        self.set_head(self.torquer, in_range)
