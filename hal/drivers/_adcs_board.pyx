# The ADCS board; see hal/drivers/_adcs_board.pxd (kernels) and hal/drivers/adcs_board.py (users).
from libc.math cimport fabs, isfinite, round
from libc.stdint cimport INT16_MAX, INT16_MIN, INT32_MAX, INT32_MIN, UINT16_MAX, int16_t, int32_t, uint16_t
from libc.string cimport memcpy, memset

from hal_samples cimport BOARD_IDENTITY_REFUSED, bind_ActuatorCommand
from hal_wire cimport (
    COMMAND_FLAG_OUTPUTS_ENABLED, COUNT_TYPE_I4, COUNT_TYPE_U2, OUTPUT_TYPE_PULSE, CommandHead, CommandHead_END,
    SensorsHead_END,
)

from hal.devices.layout import counts_of, driven_of
from hal.devices.registry import kind_of
from hal.samples import ActuatorCommand as ActuatorCommandClass


cdef inline int _counts(double value, double worth, int low, int high) noexcept nogil:
    """Round to the nearest count, halves away from zero, within the limits."""
    cdef double scaled = round(value / worth)
    return high if scaled > high else low if scaled < low else <int>scaled


cdef inline bint _count(const uint8_t* octets, int type, int i, double* count) noexcept nogil:
    """One count of the packet; whether it is a measurement: not at the end of its type's range."""
    cdef int32_t wide
    cdef int16_t narrow
    cdef uint16_t positive
    if type == COUNT_TYPE_I4:
        memcpy(&wide, octets + 4 * i, sizeof(wide))
        count[0] = wide
        return wide != INT32_MIN and wide != INT32_MAX
    if type == COUNT_TYPE_U2:
        memcpy(&positive, octets + 2 * i, sizeof(positive))
        count[0] = positive
        return positive != UINT16_MAX
    memcpy(&narrow, octets + 2 * i, sizeof(narrow))
    count[0] = narrow
    return narrow != INT16_MIN and narrow != INT16_MAX


def require_room(handle, int count):
    """Return a handle on values; raise `TypeError` when there are fewer than a kind's channels have counts."""
    if handle.count < count:
        raise TypeError(f"{handle.name}: found {handle.count} values, expected one for each of {count} counts of its kind")
    return handle


cdef class AdcsBoard(Board):
    """Kernel of `hal.drivers.adcs_board.AdcsBoardDriver`."""

    def set_layout(self, layout, names):
        """Take what the board carries (`hal.devices.layout.Layout`) and the names of the records."""
        self.layout = layout
        self.names = dict(names)
        self.whole_size = layout.sensors.end
        self.read_size = SensorsHead_END + layout.readings_end

    cdef int attach(self, pool) except -1:
        Board.attach(self, pool)
        self.actuators = bind_ActuatorCommand(self, pool, self.names["actuators"])
        self.group_count = self.drive_count = self.outputs = 0
        for carried in self.layout.devices:
            name, readings, outputs = carried.device.name, carried.channels.readings, carried.channels.outputs
            kind = kind_of(carried.device)
            if readings is not None or (outputs is not None and outputs.told):
                sample = pool.handle(f"samples.{name}")
                self.add_sample(<Sample*>self.hold(sample, kind.sample.__module__, kind.sample.__name__))
            if readings is not None:
                self.hold_readings(pool, name, readings)
            if outputs is not None:
                self.hold_drive(pool, kind.command or ActuatorCommandClass, outputs)
            if outputs is not None and outputs.told:
                self.hold_told(pool, name, outputs)
        return 0

    cdef Group* add_group(self, object pool, str name, str counts, int count) except NULL:
        """A group of values for the field of the sample that was added last."""
        cdef Group* group = &self.groups[self.group_count]
        memset(group, 0, sizeof(group[0]))
        group.head = self.samples[self.sample_count - 1]
        group.values = <double*>self.hold_values(require_room(pool.handle(name), count), "f8", -1)
        group.count = count
        group.at = next(f.offset for f in self.layout.sensors.fields if f.name == counts)
        if self.group_count > 0:
            group.first = self.groups[self.group_count - 1].first + self.groups[self.group_count - 1].count
        self.group_count += 1
        return group

    cdef int hold_readings(self, object pool, str device, object readings) except -1:
        cdef Group* group = self.add_group(pool, f"samples.{device}.{readings.field}", counts_of(device), len(readings.scale))
        cdef int i
        group.type = readings.type
        if readings.increment:
            group.dt_ns = <int64_t*>self.hold_values(pool.handle(f"samples.{device}.dt_ns"), "i8", 1)
        for i in range(group.count):
            self.scale[group.first + i], self.largest[group.first + i] = readings.scale[i], readings.largest[i]
        return 0

    cdef int hold_told(self, object pool, str device, object outputs) except -1:
        cdef Group* group = self.add_group(pool, f"samples.{device}.{outputs.told}", driven_of(device), len(outputs.scale))
        cdef int i
        group.told = 1
        for i in range(group.count):
            self.scale[group.first + i] = outputs.scale[i]
            self.largest[group.first + i] = (outputs.limit[i] + 0.5) * outputs.scale[i]
        return 0

    cdef int hold_drive(self, object pool, object record, object outputs) except -1:
        cdef Drive* drive = &self.drives[self.drive_count]
        cdef int i
        self.hold(pool.handle(outputs.command), record.__module__, record.__name__)
        drive.type, drive.count, drive.first = outputs.type, len(outputs.scale), self.outputs
        values = require_room(pool.handle(f"{outputs.command}.{outputs.field}"), drive.count)
        drive.values = <double*>self.hold_values(values, "f8", -1)
        for i in range(drive.count):
            self.count_worth[drive.first + i], self.limit[drive.first + i] = outputs.scale[i], outputs.limit[i]
        self.drive_count += 1
        self.outputs += drive.count
        return 0

    cdef bint sound(self) noexcept:
        """Whether the command asks for outputs, and every number of it is finite."""
        cdef int d, i
        for d in range(self.drive_count):
            for i in range(self.drives[d].count):
                if not isfinite(self.drives[d].values[i]):
                    return 0
        return self.actuators.valid != 0

    cdef size_t command(self, uint8_t* payload) noexcept:
        cdef CommandHead head
        cdef Drive* drive
        cdef int d, i, n
        cdef int16_t count
        memset(&head, 0, sizeof(head))
        memset(payload + CommandHead_END, 0, 2 * self.outputs)
        self.state.command_seq += 1
        head.seq = self.state.command_seq
        if self.board.identity != BOARD_IDENTITY_REFUSED and self.sound():
            head.flags = COMMAND_FLAG_OUTPUTS_ENABLED
            for d in range(self.drive_count):
                drive = &self.drives[d]
                for i in range(drive.count):
                    n = drive.first + i
                    count = <int16_t>_counts(
                        drive.values[i], self.count_worth[n],
                        0 if drive.type == OUTPUT_TYPE_PULSE else -self.limit[n], self.limit[n],
                    )
                    memcpy(payload + CommandHead_END + 2 * n, &count, sizeof(count))
        memcpy(payload, &head, CommandHead_END)
        return CommandHead_END + 2 * self.outputs

    cdef bint is_sensors(self, size_t size) noexcept:
        """A board that has no configuration says what it reads, and one without a simulator not even that."""
        return size == self.whole_size or size == self.read_size or size == SensorsHead_END

    cdef void sensors(self, const uint8_t* payload, size_t size, int64_t now_ns) noexcept:
        cdef SensorsHead head
        cdef int64_t interval_ns
        cdef int g
        memcpy(&head, payload, SensorsHead_END)
        interval_ns = self.admit(head.cycle, head.board_time_ns, now_ns)
        if interval_ns == 0:
            return
        self.account(head.flags, head.commands_accepted, head.commands_rejected, head.frames_bad, head.reset_reason)
        for g in range(self.group_count):
            if size == self.whole_size or (size == self.read_size and not self.groups[g].told):
                self.take_group(&self.groups[g], payload + self.groups[g].at, interval_ns)
            elif size == self.read_size:
                self.take_group(&self.groups[g], NULL, interval_ns)

    cdef void take_group(self, const Group* group, const uint8_t* counts, int64_t interval_ns) noexcept:
        """The values of one device; `counts` is NULL for outputs of a board that drives none: it has no configuration.

        Increments of several packets in one exchange add up, so that none is lost. The increment of a board's first
        cycle began before that life of the board.
        """
        cdef Sample* head = group.head
        cdef bint increments = group.dt_ns != NULL
        cdef bint adds = increments and head.new != 0
        cdef bint valid = not (increments and self.state.cycle == 0), in_range = 1
        cdef double per_value = <double>interval_ns * 1e-9 if increments else 1.0, count = 0.0, value
        cdef int i
        for i in range(group.count):
            if counts != NULL and not _count(counts, group.type, i, &count) and not group.told:
                valid = 0
            value = count * self.scale[group.first + i]
            in_range = in_range and fabs(value) <= self.largest[group.first + i] * per_value
            group.values[i] = value + (group.values[i] if adds else 0.0)
        if increments:
            group.dt_ns[0] = interval_ns + (group.dt_ns[0] if adds else 0)
        if valid and not in_range:
            self.health.samples_out_of_range += 1
        head.t_ns = self.state.cycle_valid_ns
        head.seq = self.state.cycle
        head.valid = valid and in_range and (head.valid or not adds)
        head.new = 1
