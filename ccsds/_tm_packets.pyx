# Source: CCSDS 132.0-B-3 4.1.4 (data field), 4.3 (receiving end).
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.string cimport memcmp

from ccsds._tm_send cimport PACKET_MIN
from ccsds_formats cimport FHP_IDLE_DATA, FHP_NO_PACKET_START, PACKET_HEADER_OCTETS
from ccsds_records cimport VIRTUAL_CHANNELS, bind_TmReception


cdef inline Py_ssize_t packet_octets(const uint8_t* header) noexcept nogil:
    return PACKET_MIN + ((<Py_ssize_t>header[4] << 8) | header[5])


cdef inline bint is_idle(const uint8_t* header) noexcept nogil:
    return (header[0] & 7) == 7 and header[1] == 0xFF


cdef inline bint starts_packet(const uint8_t* data, Py_ssize_t n) noexcept nogil:
    """Whether a field that is said to be idle starts with a packet all the same: unsegmented telemetry that fits."""
    return n >= PACKET_MIN and not data[0] >> 4 and data[2] >> 6 == 3 and packet_octets(data) <= n


cdef int content_of(const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
    """What the data field of a frame holds, which is from `begin` to `end`."""
    cdef const uint8_t* data = frame + begin
    cdef Py_ssize_t n = end - begin, fhp = first_header(frame), octets
    if frame[4] & 0x40:
        return OTHER
    if fhp == FHP_IDLE_DATA:
        return CONTENT if starts_packet(data, n) and not is_idle(data) else IDLE
    octets = min(fhp, n)
    if octets and memcmp(data, data + 1, octets - 1):
        return CONTENT
    data += octets
    n -= octets
    while n > 0:
        if data[0] >> 5 or data[0] & 7 != 7 or (n > 1 and data[1] != 0xFF):
            return CONTENT
        octets = packet_octets(data) if n >= PACKET_HEADER_OCTETS else n + 1
        if octets > n:
            return OTHER
        data += octets
        n -= octets
    return IDLE


cdef class PacketAssembly(Kernel):
    """The packets of frames whose places on their virtual channels are known, in any order."""

    def __init__(self):
        self.partial = [None] * VIRTUAL_CHANNELS
        self.loose = [{} for _ in range(VIRTUAL_CHANNELS)]

    cdef int attach(self, pool) except -1:
        self.counts = bind_TmReception(self, pool, "reception")

    cpdef object save(self):
        """Return what is remembered besides the counters (`hal.saved`)."""
        loose = [
            [(key, bytes(part) if isinstance(part, bytearray) else part) for key, part in ends.items()]
            for ends in self.loose
        ]
        return [None if part is None else bytes(part) for part in self.partial], loose

    cpdef object restore(self, object state):
        """Take over what was saved."""
        partial, loose = state
        self.partial = [None if part is None else bytearray(part) for part in partial]
        self.loose = [{key: bytearray(part) if isinstance(part, bytes) else part for key, part in ends} for ends in loose]

    cdef int take(
        self, int vcid, int64_t place, bint gap, const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end, list packets
    ) except -1:
        """Take the data field of a frame, which is from `begin` to `end`; `gap`: the one before has not come."""
        cdef const uint8_t* data = frame + begin
        cdef Py_ssize_t n = end - begin, fhp = first_header(frame)
        cdef tuple before
        if not gap and self.loose[vcid]:  # octets that may go on with those of the frame before wait as long as they
            before = self.loose[vcid].get(head_of(place - 1))
            gap = before is not None and not before[1]
        if frame[4] & 0x40:
            self.counts.frames_not_packets += 1
            self.broken(vcid)
        elif fhp == FHP_IDLE_DATA:
            self.counts.frames_idle += 1
            self.in_idle(vcid, data, n, packets)
            if gap and self.partial[vcid] is None:
                self.keep(vcid, head_of(place), (b"", False))
        else:
            if gap and self.partial[vcid] is None and fhp:
                self.keep(vcid, head_of(place), (data[:min(n, fhp)], fhp != FHP_NO_PACKET_START))
            begin = self.continued(vcid, data, n, fhp, packets)
            if fhp != FHP_NO_PACKET_START:
                self.started(vcid, data + begin, n - begin, packets)
        return 0

    cdef int take_late(
        self, int vcid, int64_t place, bint gap, const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end, list packets,
        int64_t newest
    ) except -1:
        """Take a frame that comes before the one at the place `newest`, which has come."""
        cdef bytearray kept = self.partial[vcid]
        self.resume(vcid, place - 1)
        self.take(vcid, place, gap, frame, begin, end, packets)
        self.join(vcid, place, kept, packets, newest)
        return 0

    cdef Py_ssize_t continued(self, int vcid, const uint8_t* data, Py_ssize_t n, Py_ssize_t fhp, list packets) except -1:
        """Octets before the first packet header: the rest of the packet begun earlier."""
        cdef bytearray part = self.partial[vcid]
        cdef const uint8_t* octets
        cdef Py_ssize_t have, total = 0
        if fhp < n:
            n = fhp
        if part is None:
            self.counts.octets_unused += n
            return n
        part += data[:n]
        have = len(part)
        octets = part
        if have >= PACKET_HEADER_OCTETS:
            total = packet_octets(octets)
        if total == have:
            self.partial[vcid] = None
            if is_idle(octets):
                self.counts.packets_idle += 1
            else:
                self.counts.packets[vcid] += 1
                packets.append((vcid, bytes(part)))
        elif fhp != FHP_NO_PACKET_START or (total and total < have):  # the frame contradicts the packet's length
            self.broken(vcid)
        return n

    cdef int started(self, int vcid, const uint8_t* data, Py_ssize_t n, list packets) except -1:
        """Packets from a header on; what is left begins one that ends in a later frame."""
        cdef Py_ssize_t total
        while n > 0:
            if data[0] >> 5:  # version other than 0: no space packet
                self.counts.packets_broken += 1
                self.counts.octets_unused += n
                return 0
            total = packet_octets(data) if n >= PACKET_HEADER_OCTETS else n + 1
            if total > n:
                self.partial[vcid] = bytearray(data[:n])
                return 0
            if is_idle(data):
                self.counts.packets_idle += 1
            else:
                self.counts.packets[vcid] += 1
                packets.append((vcid, PyBytes_FromStringAndSize(<const char*>data, total)))
            data += total
            n -= total
        return 0

    cdef int in_idle(self, int vcid, const uint8_t* data, Py_ssize_t n, list packets) except -1:
        """A frame that says it holds idle data only. Some satellites put whole packets there all the same."""
        cdef Py_ssize_t total
        while starts_packet(data, n):
            total = packet_octets(data)
            if is_idle(data):
                self.counts.packets_idle += 1
            else:
                self.counts.packets[vcid] += 1
                self.counts.packets_in_idle_frames += 1
                packets.append((vcid, PyBytes_FromStringAndSize(<const char*>data, total)))
            data += total
            n -= total
        return 0

    # A packet whose middle is missing is counted as broken at once, and its ends are kept: a frame that comes late
    # joins them.

    cdef int keep(self, int vcid, int64_t key, object octets) except -1:
        """Keep an end of a packet; of too many the one kept first is given up."""
        cdef dict loose = self.loose[vcid]
        loose[key] = octets
        if len(loose) > LOOSE_MAX:
            del loose[next(iter(loose))]
        return 0

    cdef int broken(self, int vcid) except -1:
        """Give up the packet begun on `vcid`."""
        cdef bytearray part = self.partial[vcid]
        if part is not None:
            self.counts.packets_broken += 1
            self.counts.octets_unused += len(part)
            self.partial[vcid] = None
        return 0

    cdef int set_aside(self, int vcid, int64_t place) except -1:
        """Give up the packet begun, which ends with the frame at `place`, unless a late frame goes on with it."""
        cdef bytearray part = self.partial[vcid]
        self.broken(vcid)
        if part is not None:
            self.keep(vcid, tail_of(place), part)
        return 0

    cdef int resume(self, int vcid, int64_t place) except -1:
        """Go on with the packet that ended with the frame at `place`, if there is one."""
        cdef bytearray part = self.loose[vcid].pop(tail_of(place), None)
        if part is not None:
            self.counts.packets_broken -= 1
            self.counts.octets_unused -= len(part)
        self.partial[vcid] = part
        return 0

    cdef int join(self, int vcid, int64_t place, bytearray kept, list packets, int64_t newest) except -1:
        """After the late frame at `place`: go on into those that came before it; `kept` is the newest one's packet."""
        cdef dict loose = self.loose[vcid]
        cdef bytes octets
        cdef bint ends
        while self.partial[vcid] is not None and head_of(place + 1) in loose:
            place += 1
            octets, ends = loose.pop(head_of(place))
            self.counts.octets_unused -= len(octets)
            self.continued(vcid, octets, len(octets), len(octets) if ends else FHP_NO_PACKET_START, packets)
        if place != newest or kept is not None:
            self.set_aside(vcid, place)
            self.partial[vcid] = kept
        return 0
