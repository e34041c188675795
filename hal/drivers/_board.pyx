# A board that runs our firmware; see hal/drivers/_board.pxd.
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.math cimport llround
from libc.string cimport memcpy, memset

from hal._board_time cimport board_time_add, board_time_mission, board_time_residual
from hal_link_state cimport FRAME_CAPACITY
from hal._packet cimport Packet, crc16_update, frame_encode
from hal_link_state cimport LinkState, bind_BoardLinkState
from hal_samples cimport (
    BOARD_IDENTITY_ACCEPTED, BOARD_IDENTITY_REFUSED, BOARD_IDENTITY_UNKNOWN, UnitHealth, bind_BoardHealth,
)
from hal_wire cimport (
    APID_BOOT, APID_COMMAND, APID_CONFIG, APID_IDENTIFY, APID_IDENTITY, APID_SENSORS, BOARD_PAYLOAD_MAX, FIRMWARE_VERSION,
    PACKET_TYPE_TELECOMMAND, PACKET_TYPE_TELEMETRY, SENSOR_FLAG_COMMAND_TIMEOUT, SENSOR_FLAG_CONFIGURED,
    SENSOR_FLAG_OUTPUTS_SAFE, Boot, Boot_END, Identity, Identity_END,
)

cdef enum:
    RESYNC_AFTER = 3       # exchanges with refused packets that follow each other
    PERIODS_LATE = 2       # a packet further from the expected time of arrival is stale
    CYCLES_KNOWN = 64      # cycles of which `arrived` tells
    SETTLED_AFTER = 3      # packets of the board after which what it has not counted is lost
    PAYLOAD_CAPACITY = BOARD_PAYLOAD_MAX
    PROTOCOL = FIRMWARE_VERSION >> 8   # major and minor number
    FLAGS_SAFE = SENSOR_FLAG_OUTPUTS_SAFE | SENSOR_FLAG_COMMAND_TIMEOUT

cdef int64_t TIME_MAX = <int64_t>1 << 62


cdef class Board(Driver):
    """Driver of a board: sequence, time, configuration and health; the boards add commands and samples."""

    def set_board(self, kind, apid_offset, config, period_ns, deadline_ns, silent_after_ns):
        """Take what the vehicle file says of the board; `config` is the configuration packet's payload."""
        if len(config) > CONFIG_CAPACITY:
            raise ValueError(f"configuration of {len(config)} octets: expected at most {CONFIG_CAPACITY}")
        cdef bytes payload = config
        self.kind = kind
        self.apid_offset = apid_offset
        self.config_size = len(payload)
        memcpy(self.config, <const uint8_t*>payload, self.config_size)
        self.config_crc = crc16_update(0xFFFF, self.config, self.config_size)
        self.period_ns, self.deadline_ns = period_ns, deadline_ns
        self.silent_after_ns = silent_after_ns

    cdef int attach(self, pool) except -1:
        self.state = bind_BoardLinkState(self, pool, self.names["state"])
        self.board = bind_BoardHealth(self, pool, self.names["health"])
        self.set_memory(<LinkState*>self.state, <UnitHealth*>self.board)
        self.state.sent_period = -1
        self.state.urgent = 1
        return 0

    @property
    def late(self):
        """Packets accepted after the exchange that waited for them had ended."""
        self.check()
        return self.state.late

    cdef bytes frames(self, int64_t t_ns):
        """Every board period, and after a restart: configuration and request for identity until the board has them,
        and a command."""
        cdef uint8_t[2 * FRAME_CAPACITY] out
        cdef uint8_t[PAYLOAD_CAPACITY] payload
        cdef size_t size = 0
        cdef int64_t period = t_ns // self.period_ns
        cdef uint32_t before
        if period == self.state.sent_period and not self.state.urgent:
            return None
        if period != self.state.sent_period:
            self.state.under_way = 0  # what the board has not counted by now is overdue
        self.state.sent_period = period
        self.state.urgent = 0
        before = self.board.frames_sent
        if not self.state.configured:
            size = frame_encode(
                out, APID_CONFIG + self.apid_offset, PACKET_TYPE_TELECOMMAND, self.state.seq_count, self.config, self.config_size
            )
            self.state.seq_count = (self.state.seq_count + 1) & 0x3FFF
            self.state.config_sent = 1
            self.board.frames_sent += 1
        if self.board.identity != BOARD_IDENTITY_ACCEPTED:
            size += frame_encode(&out[size], APID_IDENTIFY + self.apid_offset, PACKET_TYPE_TELECOMMAND, self.state.seq_count, NULL, 0)
            self.state.seq_count = (self.state.seq_count + 1) & 0x3FFF
            self.board.frames_sent += 1
        size += frame_encode(
            &out[size], APID_COMMAND + self.apid_offset, PACKET_TYPE_TELECOMMAND, self.state.seq_count, payload, self.command(payload)
        )
        self.state.seq_count = (self.state.seq_count + 1) & 0x3FFF
        self.board.frames_sent += 1
        self.state.under_way += self.board.frames_sent - before
        return PyBytes_FromStringAndSize(<const char*>out, size)

    cdef bint due(self, int64_t t_ns) noexcept:
        """A newer packet than the last one must come before the deadline, whatever the phase of the board's cycles."""
        return not self.state.running or t_ns - self.state.cycle_valid_ns > self.period_ns - self.deadline_ns

    cdef void packet(self, const Packet* packet, int64_t now_ns) noexcept:
        cdef Boot boot
        cdef uint16_t apid = packet.apid - self.apid_offset
        if packet.packet_type != PACKET_TYPE_TELEMETRY:
            self.link.mistyped += 1
        elif apid == APID_SENSORS and self.is_sensors(packet.payload_size):
            self.sensors(packet.payload, packet.payload_size, now_ns)
        elif apid == APID_BOOT and packet.payload_size == Boot_END:
            memcpy(&boot, packet.payload, Boot_END)
            if boot.kind != self.kind:
                self.link.mistyped += 1
                return
            self.restart(1)
            self.board.reset_reason = boot.reset_reason
            self.board.board_time_ns = boot.board_time_ns
            self.board.firmware_version = boot.version
            self.board.fault_pc, self.board.fault_status = boot.fault_pc, boot.fault_status
        elif apid == APID_IDENTITY and packet.payload_size == Identity_END:
            self.identify(packet.payload)
        else:
            self.link.mistyped += 1

    cdef void identify(self, const uint8_t* payload) noexcept:
        cdef Identity identity
        memcpy(&identity, payload, Identity_END)
        self.board.identities += 1
        self.board.firmware_version, self.board.firmware_source = identity.version, identity.source
        self.board.config_crc = identity.config_crc
        if (
            identity.kind == self.kind and identity.version >> 8 == PROTOCOL
            and identity.config_crc == self.config_crc
        ):
            self.board.identity = BOARD_IDENTITY_ACCEPTED
        else:
            self.board.identity = BOARD_IDENTITY_REFUSED

    cdef void restart(self, bint reset) noexcept:
        """Forget the past of the board: it was reset, or its clock was set."""
        self.state.running = 0
        self.state.refused = 0
        memset(&self.state.clock, 0, sizeof(self.state.clock))
        if reset:
            self.board.reset_count += 1
            if self.state.lived:
                self.board.cycles_past += self.board.cycle_count + 1
            self.state.lived, self.state.born = 0, 1
            self.board.cycle_count = 0
            self.board.identity = BOARD_IDENTITY_UNKNOWN
            self.board.configured = self.state.configured = 0
            self.state.urgent = 1
            self.state.counted_accepted = self.state.counted_rejected = self.state.counted_bad = 0

    cdef int64_t admit(self, uint32_t cycle, int64_t board_ns, int64_t now_ns) noexcept:
        cdef int64_t residual_ns, interval_ns = self.period_ns
        cdef int32_t ahead = <int32_t>(cycle - self.state.cycle)
        cdef bint follows = 0 <= board_ns <= TIME_MAX
        if follows and self.state.running:
            residual_ns = board_time_residual(&self.state.clock, board_ns, now_ns)
            follows = (
                ahead > 0 and board_ns > self.state.board_ns
                and -PERIODS_LATE * self.period_ns <= residual_ns <= PERIODS_LATE * self.period_ns
            )
        if not follows:
            if not self.persists(cycle, board_ns, now_ns):
                self.health.samples_stale += 1
                if not self.is_past(ahead, board_ns):
                    self.state.stale_since += 1
                return 0
            self.restart(ahead <= 0)
        self.count_lost(cycle, ahead)
        self.state.lived = 1
        board_time_add(&self.state.clock, board_ns, now_ns)
        if self.state.running and ahead == 1:
            interval_ns = board_ns - self.state.board_ns
            interval_ns += llround(self.state.clock.drift * <double>interval_ns)
        self.state.running = 1
        self.state.refused = 0
        self.state.cycle = cycle
        self.state.board_ns = board_ns
        self.board.cycle_count = cycle
        self.board.board_time_ns = board_ns
        self.state.cycle_valid_ns = self.valid_time(board_ns, now_ns)
        if self.due(self.link.opened_ns):
            self.state.late += 1
        self.accept()
        return interval_ns

    cdef void count_lost(self, uint32_t cycle, int32_t ahead) noexcept:
        """Count the cycles between this one and the last, or since the board's reset, whose packet did not arrive."""
        cdef int32_t missing = ahead - 1 if self.state.lived else <int32_t>cycle
        if self.state.lived or self.state.born:
            self.board.frames_lost += max(0, missing - <int32_t>self.state.stale_since)
        if not self.state.lived:
            self.state.arrived = 0 if self.state.born else ~<uint64_t>0
            ahead = 1
        self.state.arrived = (self.state.arrived << ahead if 0 < ahead < CYCLES_KNOWN else 0) | 1
        self.state.stale_since = 0

    cdef bint is_past(self, int32_t ahead, int64_t board_ns) noexcept:
        """Whether a refused packet is of a past cycle of this life: again, or one that was missing and came late."""
        cdef int32_t back = -ahead
        cdef int64_t error_ns = board_ns - (self.state.board_ns - back * self.period_ns)
        if not self.state.lived or not 0 <= back < CYCLES_KNOWN:
            return 0
        if not -PERIODS_LATE * self.period_ns <= error_ns <= PERIODS_LATE * self.period_ns:
            return 0
        if not self.state.arrived >> back & 1:
            self.state.arrived |= <uint64_t>1 << back
            if self.board.frames_lost:
                self.board.frames_lost -= 1
        return 1

    cdef bint persists(self, uint32_t cycle, int64_t board_ns, int64_t now_ns) noexcept:
        """Whether refused packets follow each other for long enough to believe them instead of the past."""
        cdef bint follows = (
            self.state.refused > 0 and <int32_t>(cycle - self.state.refused_cycle) > 0 and board_ns > self.state.refused_board_ns
        )
        if board_ns < 0 or board_ns > TIME_MAX:
            self.state.refused = 0
            return 0
        if not follows:
            self.state.refused = 1
        elif now_ns > self.state.refused_now_ns:
            self.state.refused += 1
        self.state.refused_cycle, self.state.refused_board_ns, self.state.refused_now_ns = cycle, board_ns, now_ns
        return self.state.refused >= RESYNC_AFTER

    cdef int64_t valid_time(self, int64_t board_ns, int64_t now_ns) noexcept:
        return min(board_time_mission(&self.state.clock, board_ns), now_ns)

    cdef void account(
        self, uint16_t flags, uint16_t accepted, uint16_t rejected, uint16_t frames_bad, uint8_t reset_reason,
    ) noexcept:
        """Take over what the board says of itself; its counters wrap at 2**16, ours at 2**32."""
        self.state.configured = self.board.configured = 1 if flags & SENSOR_FLAG_CONFIGURED and self.state.config_sent else 0
        self.board.safe_outputs = 1 if flags & FLAGS_SAFE else 0
        self.board.reset_reason = reset_reason
        self.board.commands_accepted += <uint16_t>(accepted - self.state.counted_accepted)
        self.board.commands_rejected += <uint16_t>(rejected - self.state.counted_rejected)
        self.board.board_frames_bad += <uint16_t>(frames_bad - self.state.counted_bad)
        self.state.counted_accepted, self.state.counted_rejected, self.state.counted_bad = accepted, rejected, frames_bad
        self.state.under_way = 0
        self.settle()

    cdef void settle(self) noexcept:
        cdef BoardHealth* board = self.board
        cdef int32_t outstanding = <int32_t>(
            board.frames_sent - board.commands_accepted - board.commands_rejected - board.board_frames_bad
            - board.commands_lost
        )
        if self.state.settling == 0 or outstanding < self.state.outstanding:
            self.state.outstanding = outstanding
        self.state.settling += 1
        if self.state.settling == SETTLED_AFTER:
            # Below 0: a frame came after it had been given up, or what came of one was counted as several.
            board.commands_lost = <uint32_t>max(0, <int64_t>board.commands_lost + self.state.outstanding)
            self.state.settling = 0

    cdef size_t command(self, uint8_t* payload) noexcept:
        return 0

    cdef bint is_sensors(self, size_t size) noexcept:
        return 0

    cdef void sensors(self, const uint8_t* payload, size_t size, int64_t now_ns) noexcept:
        self.link.mistyped += 1
