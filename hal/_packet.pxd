# Space packets in COBS frames with CRC-16: the codec for kernels. Documentation for users is in hal/packet.py.
#
# frame = COBS(primary header (6) | payload | CRC-16 (2)) | 0x00. Everything works on caller-owned memory and
# neither allocates nor raises.
from libc.stdint cimport uint8_t, uint16_t, uint32_t

# FrameStream: receiving end of one link; zeroed memory is a valid start. FRAME_CAPACITY: octets of the largest frame.
from hal_link_state cimport FRAME_CAPACITY, FrameStream

cdef enum:
    HEADER_SIZE = 6                   # CCSDS primary header, octets
    CRC_SIZE = 2
    PACKET_CAPACITY = 1024            # largest header + payload + CRC
    PAYLOAD_CAPACITY = 1016           # PACKET_CAPACITY - HEADER_SIZE - CRC_SIZE

cdef struct Header:                   # CCSDS primary header (133.0-B, 4.1.3), version 0
    uint32_t data_size                # octets of the packet data field, 1 to 65536 (one more than the field says)
    uint16_t apid                     # 0 to 2047
    uint16_t seq_count                # 0 to 16383
    uint8_t packet_type               # 0 telemetry, 1 telecommand
    uint8_t secondary_header          # 1 when the data field starts with one
    uint8_t sequence_flags            # 3 unsegmented, 1 first, 0 continuation, 2 last
    uint8_t version                   # packet version number, 0

cdef struct Packet:                   # one decoded packet
    const uint8_t* payload            # points into the caller's `decoded`; NULL: no packet
    uint16_t payload_size
    uint16_t apid
    uint16_t seq_count
    uint8_t packet_type

# CRC-16 of `size` octets, continued from `crc` (0xFFFF at the start).
cdef uint16_t crc16_update(uint16_t crc, const uint8_t* octets, size_t size) noexcept nogil

# COBS without the delimiter. `out` holds size + size // 254 + 1 octets; returns the octets written.
cdef size_t cobs_encode_into(uint8_t* out, const uint8_t* octets, size_t size) noexcept nogil

# Inverse; `out` holds `size` octets. Returns the octets written, -1 when the input is not COBS.
cdef Py_ssize_t cobs_decode_into(uint8_t* out, const uint8_t* octets, size_t size) noexcept nogil

# Six octets from or to a header; numbers are in range, as above.
cdef void header_encode(uint8_t* out, const Header* header) noexcept nogil
cdef void header_decode(Header* header, const uint8_t* octets) noexcept nogil

# One whole frame with its 0x00. `out` holds FRAME_CAPACITY octets. Returns the octets written, 0 when a
# number does not fit its field or the payload exceeds PAYLOAD_CAPACITY.
cdef size_t frame_encode(
    uint8_t* out, uint16_t apid, uint8_t packet_type, uint16_t seq_count, const uint8_t* payload, size_t size,
) noexcept nogil

# Take octets up to the end of the next frame; returns how many were taken. `packet.payload` is not NULL when
# that completed a good frame: then it points into `decoded`, which has room for PACKET_CAPACITY octets. Call again
# with the rest until nothing is left.
cdef size_t stream_next(
    FrameStream* self, uint8_t* decoded, const uint8_t* octets, size_t size, Packet* packet,
) noexcept nogil
