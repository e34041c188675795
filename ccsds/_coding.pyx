# Sources: CCSDS 132.0-B-3 4.1.6 (FECF), 131.0-B-5 10 (randomizers), 231.0-B-4 3 and 6 (BCH, randomizer).
from ccsds_formats cimport (
    BCH_BLOCK_OCTETS,
    BCH_DATA_OCTETS,
    RANDOMIZER_NONE,
    RANDOMIZER_TC_255,
    RANDOMIZER_TM_131071,
    RANDOMIZER_TM_255,
    SEQUENCE_OCTETS,
)

cdef uint16_t CRC_TABLE[8][256]
cdef uint8_t SEQUENCES[4][SEQUENCE_OCTETS]
cdef uint8_t BCH_TABLE[128][256]
cdef uint8_t BCH_POSITION[128]


cdef void make_crc_tables() noexcept nogil:
    cdef int octet, bit, k
    cdef uint16_t crc
    for octet in range(256):
        crc = <uint16_t>(octet << 8)
        for bit in range(8):
            crc = <uint16_t>((crc << 1) ^ (0x1021 if crc & 0x8000 else 0))
        CRC_TABLE[0][octet] = crc
    for octet in range(256):
        for k in range(1, 8):
            crc = CRC_TABLE[k - 1][octet]
            CRC_TABLE[k][octet] = <uint16_t>(crc << 8) ^ CRC_TABLE[0][crc >> 8]


cdef uint16_t crc16(const uint8_t* octets, Py_ssize_t n, uint16_t crc) noexcept nogil:
    cdef Py_ssize_t i = 0
    while i + 8 <= n:  # eight octets at a time: each table says what an octet is worth k octets later
        crc = (CRC_TABLE[7][octets[i] ^ (crc >> 8)] ^ CRC_TABLE[6][octets[i + 1] ^ (crc & 0xFF)]
               ^ CRC_TABLE[5][octets[i + 2]] ^ CRC_TABLE[4][octets[i + 3]]
               ^ CRC_TABLE[3][octets[i + 4]] ^ CRC_TABLE[2][octets[i + 5]]
               ^ CRC_TABLE[1][octets[i + 6]] ^ CRC_TABLE[0][octets[i + 7]])
        i += 8
    while i < n:
        crc = <uint16_t>(crc << 8) ^ CRC_TABLE[0][(crc >> 8) ^ octets[i]]
        i += 1
    return crc


cdef void make_sequence_8(uint8_t* out, int taps) noexcept nogil:
    """Shift register of 8 cells, all ones; bit k of taps set: a[n] takes a[n - k - 1]."""
    cdef int history = 0xFF  # bit k is a[n - k - 1]
    cdef int i, bit, octet, tapped
    for i in range(SEQUENCE_OCTETS):
        octet = 0
        for bit in range(8):
            octet = (octet << 1) | ((history >> 7) & 1)
            tapped = history & taps
            tapped ^= tapped >> 4
            tapped ^= tapped >> 2
            tapped ^= tapped >> 1
            history = ((history << 1) | (tapped & 1)) & 0xFF
        out[i] = <uint8_t>octet


cdef void make_sequence_17(uint8_t* out) noexcept nogil:
    """a[n] = a[n - 17] ^ a[n - 3]; the seed 11000111000111000 is loaded last cell first."""
    cdef unsigned int history = 0
    cdef unsigned int seed = 0b11000111000111000
    cdef int i, bit, octet
    for i in range(17):  # the first bit out is the seed's last: bit 16 of the history
        history |= ((seed >> i) & 1) << (16 - i)
    for i in range(SEQUENCE_OCTETS):
        octet = 0
        for bit in range(8):
            octet = (octet << 1) | ((history >> 16) & 1)
            history = ((history << 1) | (((history >> 16) ^ (history >> 2)) & 1)) & 0x1FFFF
        out[i] = <uint8_t>octet


cdef void randomize(uint8_t* octets, Py_ssize_t n, int kind) noexcept nogil:
    cdef const uint8_t* sequence = &SEQUENCES[kind][0]
    cdef Py_ssize_t i
    if kind != RANDOMIZER_NONE:
        for i in range(n):
            octets[i] ^= sequence[i]


cdef void make_bch_tables() noexcept nogil:
    """Remainders by x^7 + x^6 + x^2 + 1, and the bit position that each single-error syndrome names."""
    cdef int register, octet, bit, out, position
    for register in range(128):
        for octet in range(256):
            out = register
            for bit in range(7, -1, -1):
                out = ((out << 1) & 0x7F) ^ (0x45 if ((octet >> bit) ^ (out >> 6)) & 1 else 0)
            BCH_TABLE[register][octet] = <uint8_t>out
    for register in range(128):
        BCH_POSITION[register] = 0xFF
    register = 1
    for position in range(63):
        BCH_POSITION[register] = <uint8_t>position
        register = ((register << 1) & 0x7F) ^ (0x45 if register >> 6 else 0)


cdef inline int bch_remainder(const uint8_t* data) noexcept nogil:
    cdef int register = 0, i
    for i in range(BCH_DATA_OCTETS):
        register = BCH_TABLE[register][data[i]]
    return register


cdef uint8_t bch_parity(const uint8_t* data) noexcept nogil:
    return <uint8_t>((bch_remainder(data) ^ 0x7F) << 1)


cdef int bch_check(uint8_t* block, bint correct) noexcept nogil:
    cdef int syndrome = bch_remainder(block) ^ 0x7F ^ (block[7] >> 1)
    cdef int position, bit
    if syndrome == 0:
        return 0
    position = BCH_POSITION[syndrome]
    if not correct or position == 0xFF:
        return BCH_UNCORRECTABLE
    bit = 62 - position  # from the first bit sent; x^0 is the last parity bit
    block[bit >> 3] ^= <uint8_t>(0x80 >> (bit & 7))
    return 1


make_crc_tables()
# Bit k of the taps stands for a[n - k - 1]: n-1, n-3, n-5, n-8 (TM); n-2, n-4, n-5, n-6, n-7, n-8 (TC).
make_sequence_8(&SEQUENCES[RANDOMIZER_TM_255][0], 0b10010101)
make_sequence_17(&SEQUENCES[RANDOMIZER_TM_131071][0])
make_sequence_8(&SEQUENCES[RANDOMIZER_TC_255][0], 0b11111010)
make_bch_tables()


def crc16_of(const uint8_t[::1] octets not None, int preset=0xFFFF) -> int:
    """See `coding.crc16`."""
    return crc16(&octets[0], octets.shape[0], <uint16_t>preset) if octets.shape[0] else preset & 0xFFFF


def randomized(const uint8_t[::1] octets not None, int kind) -> bytes:
    """See `coding.randomize`; the caller checked length and kind."""
    cdef bytearray out = bytearray(octets)
    cdef uint8_t[::1] view
    if len(out):
        view = out
        randomize(&view[0], view.shape[0], kind)
        view = None
    return bytes(out)


def bch_encoded(const uint8_t[::1] data not None) -> bytes:
    """Codeblocks of data whose length is a multiple of 7."""
    cdef Py_ssize_t blocks = data.shape[0] // BCH_DATA_OCTETS, i, k
    cdef bytearray out = bytearray(blocks * BCH_BLOCK_OCTETS)
    cdef uint8_t* to = out
    for i in range(blocks):
        for k in range(BCH_DATA_OCTETS):
            to[i * BCH_BLOCK_OCTETS + k] = data[i * BCH_DATA_OCTETS + k]
        to[i * BCH_BLOCK_OCTETS + BCH_DATA_OCTETS] = bch_parity(&data[i * BCH_DATA_OCTETS])
    return bytes(out)


def bch_checked(bytearray block not None, bint correct) -> int:
    """Check and correct one codeblock of 8 octets in place; -1 when it cannot be used."""
    cdef uint8_t* octets = block
    return bch_check(octets, correct)
