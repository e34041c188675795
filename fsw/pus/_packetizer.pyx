"""Telemetry packets: ECSS-E-ST-70-41C, 7.4.3 (headers); CCSDS 133.0-B-2, 4.1; CCSDS 301.0-B-4, 3.2 (CUC, 1958 TAI)."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.string cimport memcpy

from fsw_core_sections cimport bind_TimeSection
from fsw_pus_sections cimport MAX_DESTINATIONS, MAX_MESSAGE_TYPES, PusSection, bind_PusSection
from hal._packet cimport crc16_update

cdef int64_t CUC_EPOCH_OFFSET_S = 1325419200    # 1958-01-01T00 TAI to 2000-01-01T12 TAI
cdef int64_t NS = 1000000000
cdef uint8_t CUC_P_FIELD = 0x1E                  # 1958 TAI epoch, 4 + 2 octets

MAX_PACKET_OCTETS = MAX_PACKET
HEADER_OCTETS = HEADER
MAX_DATA_OCTETS = MAX_PACKET - HEADER - 2


cdef inline void put16(uint8_t* at, uint32_t value) noexcept nogil:
    at[0] = <uint8_t>(value >> 8)
    at[1] = <uint8_t>value


cdef class Packetizer(Kernel):
    """Makes telemetry packets of one APID; counters live in `PusSection`, time in `TimeSection`."""

    def __init__(self, int apid):
        self._apid = apid

    cdef int attach(self, pool) except -1:
        self._pus = bind_PusSection(self, pool)
        self._time = bind_TimeSection(self, pool)

    cdef uint16_t* _counters(self, int destination) noexcept nogil:
        """Return the message type counters of a destination; a new one takes the place that was used longest ago."""
        cdef PusSection* pus = self._pus
        cdef int i, oldest = 0
        if destination == 0:
            return pus.message_counters
        pus.destination_answers += 1
        for i in range(MAX_DESTINATIONS):
            if pus.destination_used[i] != 0 and pus.destination_ids[i] == destination:
                pus.destination_used[i] = pus.destination_answers
                return pus.destination_counters[i]
            if pus.destination_used[i] < pus.destination_used[oldest]:
                oldest = i
        if pus.destination_used[oldest] != 0:
            pus.destinations_replaced += 1
        pus.destination_used[oldest] = pus.destination_answers
        pus.destination_ids[oldest] = <uint16_t>destination
        for i in range(MAX_MESSAGE_TYPES):
            pus.destination_counters[oldest][i] = pus.first_count
        return pus.destination_counters[oldest]

    cdef int _head(self, int message, int service, int subtype, int destination) noexcept nogil:
        """Write both headers (length left open) and count; return the offset of the source data."""
        cdef PusSection* pus = self._pus
        cdef int64_t t = self._time.t_tai_ns
        cdef int64_t s = t // NS - (1 if t % NS < 0 else 0)
        cdef uint32_t coarse = <uint32_t>(s + CUC_EPOCH_OFFSET_S)
        cdef uint32_t fine = <uint32_t>(((t - s * NS) << 16) // NS)
        cdef uint8_t* b = self._buffer
        cdef uint16_t* counters = self._counters(destination)
        put16(b, 0x0800 | self._apid)
        put16(b + 2, 0xC000 | (pus.tm_seq_count & 0x3FFF))
        pus.tm_seq_count = (pus.tm_seq_count + 1) & 0x3FFF
        b[6] = 0x20                                   # PUS version 2, time reference status 0
        b[7] = service
        b[8] = subtype
        put16(b + 9, counters[message])
        counters[message] += 1
        put16(b + 11, destination)
        b[13] = CUC_P_FIELD
        put16(b + 14, coarse >> 16)
        put16(b + 16, coarse)
        put16(b + 18, fine)
        return HEADER

    cdef bytes _finish(self, int end):
        """Close the packet whose source data ends before `end`."""
        put16(self._buffer + 4, end + 2 - 7)
        put16(self._buffer + end, crc16_update(0xFFFF, self._buffer, end))
        return self._buffer[:end + 2]

    cpdef bytes build(self, int message, int service, int subtype, int destination, const uint8_t[:] data):
        """Make one packet around `data`; ValueError if it does not fit one packet."""
        cdef Py_ssize_t n = data.shape[0]
        self.check()
        if n > MAX_PACKET - HEADER - 2:
            raise ValueError(f"source data of {n} octets, expected at most {MAX_PACKET - HEADER - 2}")
        cdef int end = self._head(message, service, subtype, destination)
        if n:
            memcpy(self._buffer + end, &data[0], n)
        return self._finish(end + <int>n)


cdef class Structure(Kernel):
    """One housekeeping structure: gathers its parameters from the pool, big-endian, in their order.

    `rows`: (section, octet in it, octets of an element, elements, octets from one to the next).
    """

    def __init__(self, int structure_id, rows):
        self._octets = 2 + sum(size * count for _, _, size, count, _ in rows)
        if self._octets > MAX_PACKET - HEADER - 2:
            total = self._octets + HEADER + 2
            raise ValueError(f"structure of {total} octets, expected at most {MAX_PACKET} in one packet")
        if len(rows) > MAX_ROWS:
            raise ValueError(f"structure of {len(rows)} rows, expected at most {MAX_ROWS}")
        self._id = structure_id
        self._places = rows

    cdef int attach(self, pool) except -1:
        cdef Row* row
        self._n = 0
        for section, begin, size, count, stride in self._places:
            row = &self._rows[self._n]
            row.source = <const uint8_t*>self.hold_octets(pool.handle(section), begin, (count - 1) * stride + size)
            row.size, row.count, row.stride = size, count, stride
            self._n += 1

    cpdef bytes report(self):
        """Source data of TM[3,25]: structure id, then the parameters as they are now."""
        self.check()
        cdef bytes data = PyBytes_FromStringAndSize(NULL, self._octets)
        cdef uint8_t* to = <uint8_t*>PyBytes_AS_STRING(data)
        cdef int i, k, j, size
        cdef const uint8_t* source
        put16(to, self._id)
        to += 2
        for i in range(self._n):
            source = self._rows[i].source
            size = self._rows[i].size
            for k in range(self._rows[i].count):
                for j in range(size):
                    to[j] = source[size - 1 - j]
                to += size
                source += self._rows[i].stride
        return data
