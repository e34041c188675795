# The flight recorder's codec: words of state against their own past, octets of links against the last of their link.
#
# State is a row of 64-bit words. Each word is predicted from its last value, from a straight line through its last
# two, or as a copy of any other word; what is stored is the difference, as few octets as hold it:
#
#   per 512 words   one octet: which of its blocks of 64 words changed
#   per 64 words    one octet: which of its groups of 8 words changed
#   per 8 words     one octet: which words changed; then a 4-bit code a changed word; then the differences
#
#   code 0-6    last value, difference of 1, 2, 4, 5, 6, 7, 8 octets
#   code 7-14   straight line, difference of 0 to 7 octets
#   code 15     copy of the word whose index follows in two octets
#
# Differences are modulo 2**64 on the bit patterns, zigzag-coded, little-endian: exact for every type on every host.
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t

cdef enum:
    COPY_SLOTS = 512     # of the encoder's table of words seen
    STREAMS = 32         # links times directions that are delta-coded
    STREAM_OCTETS = 2048 # longest string of octets that is delta-coded

cdef struct Words:
    uint64_t* now        # values to encode
    uint64_t* last       # values of the record before
    uint64_t* before     # values of the record before that

cdef struct Stream:      # one link in one direction
    uint16_t key         # link * 256 + direction
    uint16_t length
    uint8_t octets[2048] # the last string

cdef struct Streams:
    uint32_t count
    Stream items[32]

# Append the words [lo, hi) to `out`; return its new end. At most 10 octets a word are written.
cdef uint8_t* put_words(Words* w, uint32_t lo, uint32_t hi, uint16_t* seen, uint8_t* out) noexcept nogil

# Read the words [lo, hi) into `w.last`; return the end of what was read, or NULL when the octets are no such words.
cdef const uint8_t* get_words(
    Words* w, uint32_t lo, uint32_t hi, uint32_t count, const uint8_t* at, const uint8_t* end,
) noexcept nogil

# Append one string of `n` octets; at most n + 4 octets are written.
cdef uint8_t* put_string(Streams* s, uint16_t key, const uint8_t* octets, uint32_t n, uint8_t* out) noexcept nogil

# Read one string into `into` (room for 65535 octets); NULL when the octets are no such string.
cdef const uint8_t* get_string(
    Streams* s, const uint8_t* at, const uint8_t* end, uint16_t* key, uint32_t* n, uint8_t* into,
) noexcept nogil

# 64-bit digest of `n` words; it tells two states apart, it protects from nobody.
cdef uint64_t digest_words(const uint64_t* words, uint32_t n) noexcept nogil

# Check word of `n` octets.
cdef uint32_t check_octets(const uint8_t* octets, uint32_t n) noexcept nogil
