# Reed-Solomon (255, 223), E = 16, dual-basis symbols on the wire (CCSDS 131.0-B-5, section 4).
from libc.stdint cimport uint8_t

from ccsds_formats cimport RS_CODEWORD_OCTETS, RS_DATA_OCTETS, RS_INTERLEAVE_MAX

cdef enum:
    RS_PARITY = RS_CODEWORD_OCTETS - RS_DATA_OCTETS
    RS_CORRECTABLE = 16    # E
    RS_UNCORRECTABLE = -1

# parity[32 * interleave] of data[223 * interleave]; symbol k of codeword j is at k * interleave + j in both.
cdef void rs_encode(const uint8_t* data, int interleave, uint8_t* parity) noexcept nogil

# Correct block[255 * interleave] in place. Returns the number of symbols corrected, or RS_UNCORRECTABLE with the
# block as it was. Costs what the encoder costs while there is no error.
cdef int rs_decode(uint8_t* block, int interleave) noexcept nogil
