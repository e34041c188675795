# A board that runs our firmware: commands and configuration out, sensor and boot packets in.
from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

from hal._board_time cimport BoardTime
from hal._samples cimport BoardHealth
from hal.drivers._driver cimport Driver

cdef enum:
    CONFIG_CAPACITY = 64
    FRAMES_CAPACITY = 256                    # configuration and command together

cdef class Board(Driver):
    cdef BoardTime clock
    cdef BoardHealth* board                  # the same memory as `health`
    cdef uint8_t kind                        # hal.wire.BoardKind
    cdef uint16_t apid_offset                # added to every hal.wire.Apid
    cdef uint8_t[CONFIG_CAPACITY] config     # payload of the configuration packet
    cdef size_t config_size
    cdef uint8_t configured                  # 1 when the board has said so since its last restart
    cdef uint8_t config_sent                 # 1 when it has gone out: only then can the board speak of ours
    cdef uint8_t urgent                      # 1: send at the next exchange, whatever the period
    cdef uint16_t seq_count                  # of the packets sent
    cdef uint16_t command_seq                # of the commands sent
    cdef int64_t period_ns                   # of the board's cycle
    cdef int64_t sent_period                 # tick time // period of the last command
    # The last accepted sensor packet.
    cdef uint8_t running                     # 1 when there is one since the last restart
    cdef uint32_t cycle
    cdef int64_t board_ns
    cdef int64_t cycle_valid_ns              # mission time of validity of its samples
    cdef readonly uint32_t late              # packets accepted after the exchange that waited for them had ended
    cdef uint16_t counted_accepted, counted_rejected, counted_bad   # as the board counts, modulo 2**16
    cdef uint8_t lived                       # 1 when a cycle of the board's present life was accepted
    cdef uint8_t born                        # 1 when that life began with a reset that this driver saw
    cdef uint32_t stale_since                # packets refused since the last accepted one
    cdef int32_t outstanding                 # frames sent that the board has not counted: least of the last `settling`
    cdef uint32_t settling
    cdef uint16_t config_crc                 # of `config`
    # Refused packets that follow each other: the board is consistently elsewhere when they persist.
    cdef uint32_t refused
    cdef uint32_t refused_cycle
    cdef int64_t refused_board_ns, refused_now_ns

    # Decide whether a sensor packet continues what came before. Returns its interval since the previous cycle [ns of
    # mission time] when it does, 0 when it is stale.
    cdef int64_t admit(self, uint32_t cycle, int64_t board_ns, int64_t now_ns) noexcept
    cdef void identify(self, const uint8_t* payload) noexcept            # compare the board with what flight expects
    cdef void settle(self) noexcept          # count frames that the board will never count
    cdef bint persists(self, uint32_t cycle, int64_t board_ns, int64_t now_ns) noexcept
    cdef int64_t valid_time(self, int64_t board_ns, int64_t now_ns) noexcept   # mission time of validity
    cdef void restart(self, bint reset) noexcept
    cdef void account(
        self, uint16_t flags, uint16_t accepted, uint16_t rejected, uint16_t frames_bad, uint8_t reset_reason,
    ) noexcept

    # For the two boards to define.
    cdef size_t command(self, uint8_t* payload) noexcept                  # write a command, return its size
    cdef void sensors(self, const uint8_t* payload, int64_t now_ns) noexcept
    cdef size_t sensors_size(self) noexcept
