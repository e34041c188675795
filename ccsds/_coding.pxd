# Block checks and randomizers of the channel-coding layers.
from libc.stdint cimport uint8_t, uint16_t, uint64_t

cdef enum:
    BCH_UNCORRECTABLE = -1

# CRC-16 with polynomial 0x1021, not reflected; start with crc = 0xFFFF. Over octets plus their CRC it is 0.
cdef uint16_t crc16(const uint8_t* octets, Py_ssize_t n, uint16_t crc) noexcept nogil

# XOR n <= SEQUENCE_OCTETS octets with the sequence of `kind`, from its start.
cdef void randomize(uint8_t* octets, Py_ssize_t n, int kind) noexcept nogil

# The eighth octet of the codeblock of 7 data octets: inverted parity, filler bit 0.
cdef uint8_t bch_parity(const uint8_t* data) noexcept nogil

# Check one codeblock of 8 octets; with `correct`, put one wrong bit right in place (single error correction),
# without, refuse any error (triple error detection). Returns bits corrected (0, 1) or BCH_UNCORRECTABLE, block
# untouched. The filler bit is not looked at.
cdef int bch_check(uint8_t* block, bint correct) noexcept nogil
