# Space packets in COBS frames with CRC-16; see hal/_packet.pxd (kernels) and hal/packet.py (users).
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer

from hal_wire cimport SEQUENCE_FLAGS_UNSEGMENTED
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.string cimport memchr, memcpy, memset

from hal.saved import require_size

# CRC of octet b followed by k zero octets, all from a zero register: "slicing by 8".
cdef uint16_t[8][256] CRC_TABLE

cdef void _fill_crc_table() noexcept:
    cdef int octet, k, bit
    cdef uint16_t crc
    for octet in range(256):
        crc = <uint16_t>(octet << 8)
        for k in range(8):
            for bit in range(8):
                crc = <uint16_t>((crc << 1) ^ (0x1021 if crc & 0x8000 else 0))
            CRC_TABLE[k][octet] = crc


_fill_crc_table()


cdef uint16_t crc16_update(uint16_t crc, const uint8_t* octets, size_t size) noexcept nogil:
    while size >= 8:
        crc = (
            CRC_TABLE[7][octets[0] ^ (crc >> 8)] ^ CRC_TABLE[6][octets[1] ^ (crc & 0xFF)]
            ^ CRC_TABLE[5][octets[2]] ^ CRC_TABLE[4][octets[3]] ^ CRC_TABLE[3][octets[4]]
            ^ CRC_TABLE[2][octets[5]] ^ CRC_TABLE[1][octets[6]] ^ CRC_TABLE[0][octets[7]]
        )
        octets += 8
        size -= 8
    while size > 0:
        crc = <uint16_t>((crc << 8) ^ CRC_TABLE[0][octets[0] ^ (crc >> 8)])
        octets += 1
        size -= 1
    return crc


cdef size_t cobs_encode_into(uint8_t* out, const uint8_t* octets, size_t size) noexcept nogil:
    cdef size_t i, code_at = 0, at = 1
    cdef uint8_t octet
    for i in range(size):
        octet = octets[i]
        if octet == 0:
            out[code_at] = <uint8_t>(at - code_at)
            code_at = at
            at += 1
            continue
        out[at] = octet
        at += 1
        if at - code_at == 0xFF and i + 1 < size:  # a full group carries no zero
            out[code_at] = 0xFF
            code_at = at
            at += 1
    out[code_at] = <uint8_t>(at - code_at)
    return at


cdef Py_ssize_t cobs_decode_into(uint8_t* out, const uint8_t* octets, size_t size) noexcept nogil:
    cdef size_t i = 0, j, at = 0, code
    while i < size:
        code = octets[i]
        if code == 0 or i + code > size:
            return -1
        for j in range(i + 1, i + code):
            if octets[j] == 0:
                return -1
            out[at] = octets[j]
            at += 1
        i += code
        if code != 0xFF and i < size:
            out[at] = 0
            at += 1
    return <Py_ssize_t>at


cdef void header_encode(uint8_t* out, const Header* header) noexcept nogil:
    cdef uint32_t length = header.data_size - 1
    out[0] = <uint8_t>(
        (header.version << 5) | (header.packet_type << 4) | (header.secondary_header << 3) | (header.apid >> 8)
    )
    out[1] = <uint8_t>(header.apid & 0xFF)
    out[2] = <uint8_t>((header.sequence_flags << 6) | (header.seq_count >> 8))
    out[3] = <uint8_t>(header.seq_count & 0xFF)
    out[4] = <uint8_t>(length >> 8)
    out[5] = <uint8_t>(length & 0xFF)


cdef void header_decode(Header* header, const uint8_t* octets) noexcept nogil:
    header.version = octets[0] >> 5
    header.packet_type = (octets[0] >> 4) & 1
    header.secondary_header = (octets[0] >> 3) & 1
    header.apid = <uint16_t>(((octets[0] & 7) << 8) | octets[1])
    header.sequence_flags = octets[2] >> 6
    header.seq_count = <uint16_t>(((octets[2] & 0x3F) << 8) | octets[3])
    header.data_size = <uint32_t>(((octets[4] << 8) | octets[5]) + 1)


cdef size_t frame_encode(
    uint8_t* out, uint16_t apid, uint8_t packet_type, uint16_t seq_count, const uint8_t* payload, size_t size,
) noexcept nogil:
    cdef uint8_t[PACKET_CAPACITY] packet
    cdef Header header
    cdef uint16_t crc
    if apid > 0x7FF or packet_type > 1 or seq_count > 0x3FFF or size > PAYLOAD_CAPACITY:
        return 0
    header.version = 0
    header.packet_type = packet_type
    header.secondary_header = 0
    header.apid = apid
    header.sequence_flags = SEQUENCE_FLAGS_UNSEGMENTED
    header.seq_count = seq_count
    header.data_size = <uint32_t>(size + CRC_SIZE)
    header_encode(packet, &header)
    memcpy(&packet[HEADER_SIZE], payload, size)
    crc = crc16_update(0xFFFF, packet, HEADER_SIZE + size)
    packet[HEADER_SIZE + size] = <uint8_t>(crc >> 8)
    packet[HEADER_SIZE + size + 1] = <uint8_t>(crc & 0xFF)
    size = cobs_encode_into(out, packet, HEADER_SIZE + size + CRC_SIZE)
    out[size] = 0
    return size + 1


cdef void _decode_frame(
    FrameStream* self, uint8_t* octets, const uint8_t* encoded, size_t size, Packet* packet,
) noexcept nogil:
    """Decode one frame without its delimiter into `octets`; count the outcome."""
    cdef Header header
    cdef Py_ssize_t n
    if size > FRAME_CAPACITY - 1:
        self.length_errors += 1
        return
    n = _decode_bounded(octets, encoded, size)
    if n == -1:
        self.cobs_errors += 1
    elif n < HEADER_SIZE + CRC_SIZE:
        self.length_errors += 1
    elif crc16_update(0xFFFF, octets, n) != 0:
        self.crc_errors += 1
    else:
        header_decode(&header, octets)
        if header.version != 0 or header.secondary_header or header.sequence_flags != SEQUENCE_FLAGS_UNSEGMENTED:
            self.header_errors += 1
        elif HEADER_SIZE + header.data_size != <uint32_t>n:
            self.length_errors += 1
        else:
            self.frames_ok += 1
            packet.payload = &octets[HEADER_SIZE]
            packet.payload_size = <uint16_t>(n - HEADER_SIZE - CRC_SIZE)
            packet.apid = header.apid
            packet.seq_count = header.seq_count
            packet.packet_type = header.packet_type


cdef Py_ssize_t _decode_bounded(uint8_t* out, const uint8_t* encoded, size_t size) noexcept nogil:
    """COBS decoding into PACKET_CAPACITY octets: -1 not COBS, -2 too long."""
    cdef uint8_t[FRAME_CAPACITY] whole
    cdef Py_ssize_t n
    if size <= PACKET_CAPACITY:
        return cobs_decode_into(out, encoded, size)
    n = cobs_decode_into(whole, encoded, size)
    if n > PACKET_CAPACITY:
        return -2
    if n > 0:
        memcpy(out, whole, n)
    return n


cdef size_t stream_next(
    FrameStream* self, uint8_t* decoded, const uint8_t* octets, size_t size, Packet* packet,
) noexcept nogil:
    cdef const uint8_t* end = <const uint8_t*>memchr(octets, 0, size) if size else NULL
    cdef size_t n = <size_t>(end - octets) if end != NULL else size
    packet.payload = NULL
    if end != NULL and self.size == 0 and not self.overflow:
        if n:  # the whole frame is here: no copy
            _decode_frame(self, decoded, octets, n, packet)
        return n + 1
    if self.size + n > FRAME_CAPACITY:
        self.overflow = 1
    else:
        memcpy(&self.encoded[self.size], octets, n)
        self.size += <uint32_t>n
    if end == NULL:
        return n
    if self.overflow:
        self.length_errors += 1
    else:
        _decode_frame(self, decoded, self.encoded, self.size, packet)
    self.overflow = 0
    self.size = 0
    return n + 1


class PacketError(ValueError):
    """Octets are not a packet or frame, or a number does not fit its field."""


cdef bytes _octets(object buffer):
    """Any contiguous buffer as bytes; TypeError for anything else."""
    cdef Py_buffer view
    if type(buffer) is bytes:
        return <bytes>buffer
    PyObject_GetBuffer(buffer, &view, PyBUF_SIMPLE)
    try:
        return PyBytes_FromStringAndSize(<char*>view.buf, view.len)
    finally:
        PyBuffer_Release(&view)


def crc16(octets, crc=0xFFFF):
    """CRC-16 of a bytes-like object: polynomial 0x1021, not reflected, no final xor.

    `crc` continues a computation over several pieces. The CRC over data followed by its own CRC is 0.
    Source: CCSDS 232.0-B, frame error control procedure (ECSS-E-ST-70-41C, annex B names it the same way).
    """
    cdef bytes data = _octets(octets)
    if not 0 <= crc <= 0xFFFF:
        raise PacketError(f"CRC start value {crc}: expected 0 to 65535")
    return crc16_update(crc, <const uint8_t*>PyBytes_AS_STRING(data), len(data))


def cobs_encode(octets):
    """Encode a bytes-like object so that it contains no zero octet; the delimiter is not added.

    Source: Cheshire and Baker, Consistent Overhead Byte Stuffing, IEEE/ACM Trans. Networking 7(2), 1999.
    """
    cdef bytes data = _octets(octets)
    cdef size_t size = len(data)
    cdef bytes out = PyBytes_FromStringAndSize(NULL, size + size // 254 + 1)
    cdef size_t n = cobs_encode_into(
        <uint8_t*>PyBytes_AS_STRING(out), <const uint8_t*>PyBytes_AS_STRING(data), size
    )
    return out[:n]


def cobs_decode(octets):
    """Decode what `cobs_encode` made (no delimiter); raise `PacketError` when it is not COBS."""
    cdef bytes data = _octets(octets)
    cdef bytes out = PyBytes_FromStringAndSize(NULL, len(data))
    cdef Py_ssize_t n = cobs_decode_into(
        <uint8_t*>PyBytes_AS_STRING(out), <const uint8_t*>PyBytes_AS_STRING(data), len(data)
    )
    if n < 0 or not data:
        raise PacketError(f"{len(data)} octets are not COBS: a code octet is zero or points past the end")
    return out[:n]


def encode_frame(apid, packet_type, seq_count, payload):
    """Encode one packet as a frame, 0x00 included.

    `apid` 0 to 2047, `packet_type` 0 (telemetry) or 1 (telecommand), `seq_count` 0 to 16383, `payload`
    bytes-like of 0 to 1016 octets. Raises `PacketError` when one does not fit.
    """
    cdef uint8_t[FRAME_CAPACITY] frame
    cdef bytes data = _octets(payload)
    if not 0 <= apid <= 0x7FF:
        raise PacketError(f"apid {apid}: expected 0 to 2047")
    if not 0 <= packet_type <= 1:
        raise PacketError(f"packet type {packet_type}: expected 0 or 1")
    if not 0 <= seq_count <= 0x3FFF:
        raise PacketError(f"sequence count {seq_count}: expected 0 to 16383")
    if len(data) > PAYLOAD_CAPACITY:
        raise PacketError(f"payload of {len(data)} octets: expected at most {PAYLOAD_CAPACITY}")
    cdef size_t n = frame_encode(
        frame, apid, packet_type, seq_count, <const uint8_t*>PyBytes_AS_STRING(data), len(data)
    )
    return PyBytes_FromStringAndSize(<char*>frame, n)


cdef class FrameDecoder:
    """Stream decoder of one link: bounded memory, resynchronises at the next 0x00 after any garbage.

    Counters: `frames_ok`, `cobs_errors`, `crc_errors`, `length_errors`, `header_errors`, and their sum
    without the first, `frames_bad`. Empty frames (0x00 after 0x00) are fill and not counted.
    """

    cdef FrameStream stream

    def __cinit__(self):
        memset(&self.stream, 0, sizeof(self.stream))

    def feed(self, octets):
        """Take octets as they come; return the packets they complete.

        Each is a tuple `(apid, packet_type, seq_count, payload)`. Bad frames are counted, never raised.
        """
        cdef bytes data = _octets(octets)
        cdef const uint8_t* at = <const uint8_t*>PyBytes_AS_STRING(data)
        cdef size_t left = len(data), taken
        cdef uint8_t[PACKET_CAPACITY] decoded
        cdef Packet packet
        cdef list packets = []
        while left > 0:
            taken = stream_next(&self.stream, decoded, at, left, &packet)
            at += taken
            left -= taken
            if packet.payload != NULL:
                packets.append((
                    packet.apid, packet.packet_type, packet.seq_count,
                    PyBytes_FromStringAndSize(<const char*>packet.payload, packet.payload_size),
                ))
        return packets

    def save(self):
        """Return the unfinished frame and the counters, as octets (`hal.saved`)."""
        return (<char*>&self.stream)[:sizeof(self.stream)]

    def restore(self, bytes state):
        """Take over what was saved; raise `SavedError` for other octets."""
        require_size("frame decoder", state, sizeof(self.stream))
        memcpy(&self.stream, PyBytes_AS_STRING(state), sizeof(self.stream))

    def reset(self):
        """Forget an unfinished frame and zero the counters."""
        memset(&self.stream, 0, sizeof(self.stream))

    @property
    def frames_ok(self):
        """Frames decoded."""
        return self.stream.frames_ok

    @property
    def cobs_errors(self):
        """Frames dropped because a code octet pointed past the end."""
        return self.stream.cobs_errors

    @property
    def crc_errors(self):
        """Frames dropped because of their CRC."""
        return self.stream.crc_errors

    @property
    def length_errors(self):
        """Frames dropped because too short, too long, or not what the header says."""
        return self.stream.length_errors

    @property
    def header_errors(self):
        """Frames dropped with a good CRC but a header that this protocol does not use."""
        return self.stream.header_errors

    @property
    def frames_bad(self):
        """All frames dropped."""
        return (
            self.stream.cobs_errors + self.stream.crc_errors + self.stream.length_errors + self.stream.header_errors
        )
