# A board that runs our firmware: commands and configuration out, sensor and boot packets in.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t

from hal_link_state cimport BoardLinkState
from hal_samples cimport BoardHealth
from hal_wire cimport BOARD_PAYLOAD_MAX
from hal.drivers._driver cimport Driver

cdef enum:
    CONFIG_CAPACITY = BOARD_PAYLOAD_MAX

cdef class Board(Driver):
    cdef BoardLinkState* state               # the same memory as `link`
    cdef BoardHealth* board                  # the same memory as `health`
    cdef uint8_t kind                        # hal.wire.BoardKind
    cdef uint16_t apid_offset                # added to every hal.wire.Apid
    cdef uint8_t[CONFIG_CAPACITY] config     # payload of the configuration packet
    cdef size_t config_size
    cdef int64_t period_ns                   # of the board's cycle
    cdef uint16_t config_crc                 # of `config`

    # Decide whether a sensor packet continues what came before. Returns its interval since the previous cycle [ns of
    # mission time] when it does, 0 when it is stale.
    cdef int64_t admit(self, uint32_t cycle, int64_t board_ns, int64_t now_ns) noexcept
    cdef void identify(self, const uint8_t* payload) noexcept            # compare the board with what flight expects
    cdef void settle(self) noexcept          # count frames that the board will never count
    cdef void count_lost(self, uint32_t cycle, int32_t ahead) noexcept
    cdef bint is_past(self, int32_t ahead, int64_t board_ns) noexcept
    cdef bint persists(self, uint32_t cycle, int64_t board_ns, int64_t now_ns) noexcept
    cdef int64_t valid_time(self, int64_t board_ns, int64_t now_ns) noexcept   # mission time of validity
    cdef void restart(self, bint reset) noexcept
    cdef void account(
        self, uint16_t flags, uint16_t accepted, uint16_t rejected, uint16_t frames_bad, uint8_t reset_reason,
    ) noexcept

    # For the two boards to define.
    cdef size_t command(self, uint8_t* payload) noexcept                  # write a command, return its size
    cdef bint is_sensors(self, size_t size) noexcept                      # whether SENSORS may have that size
    cdef void sensors(self, const uint8_t* payload, size_t size, int64_t now_ns) noexcept
