# Source: CCSDS 132.0-B-3 4.1.2.5 and 4.1.2.6 (frame counts), 4.1.4 (data field), 4.3 (receiving end).
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport uint32_t
from libc.string cimport memcpy, memset

from fsw.ccsds._tm_receive cimport CaduReceiver
from fsw.ccsds._tm_send cimport FHP_IDLE, FHP_NONE, PACKET_HEADER, PACKET_MIN, TM_FECF, TM_HEADER, TM_OCF


cdef inline Py_ssize_t packet_octets(const uint8_t* header) noexcept nogil:
    return PACKET_MIN + ((<Py_ssize_t>header[4] << 8) | header[5])


cdef inline bint is_idle(const uint8_t* header) noexcept nogil:
    return (header[0] & 7) == 7 and header[1] == 0xFF


cdef uint64_t digest_of(const uint8_t* octets, Py_ssize_t n) noexcept nogil:
    """64 bits that tell frames apart which have the same count (multiply and fold; not against an attacker)."""
    cdef uint64_t digest = <uint64_t>n, word
    while n > 0:
        word = 0
        memcpy(&word, octets, min(n, 8))
        digest = (digest ^ word) * <uint64_t>0xFF51AFD7ED558CCD
        digest ^= digest >> 32
        octets += 8
        n -= 8
    return digest


cdef void forget(FrameCount* count) noexcept nogil:
    count.expected = -1
    memset(count.known, UNKNOWN, COUNTS)


cdef void advance(FrameCount* count, int to) noexcept nogil:
    """Take `to` as the newest count; those between it and the one before are missing."""
    if count.expected >= 0:
        while count.expected != to:
            count.known[count.expected] = MISSING
            count.expected = (count.expected + 1) & 0xFF
    count.known[to] = ARRIVED
    count.expected = (to + 1) & 0xFF


cdef class PacketExtractor:
    """See `tm_frames.PacketExtractor`, which checks the arguments."""

    def __init__(self, memory, size_t counts, int scid, bint fecf):
        cdef int vcid
        self.memory = memory
        self.counts = <TmReception*>counts
        self.scid = scid
        self.fecf = fecf
        self.after_late = -1
        forget(&self.master)
        for vcid in range(8):
            forget(&self.channel[vcid])
        self.partial = [None] * 8
        self.loose = [{} for _ in range(8)]

    cdef int extract(self, const uint8_t* frame, Py_ssize_t octets, list packets, list clcws) except -1:
        """Take one frame of a length that the caller checked."""
        cdef TmReception* c = self.counts
        cdef int vcid = (frame[1] >> 1) & 7, arrival
        cdef bint ocf = frame[1] & 1
        cdef Py_ssize_t begin = TM_HEADER
        cdef Py_ssize_t end = octets - (TM_FECF if self.fecf else 0) - (TM_OCF if ocf else 0)
        cdef Py_ssize_t fhp = (<Py_ssize_t>(frame[4] & 7) << 8) | frame[5]
        if frame[0] >> 6:
            c.frames_other_version += 1
            return 0
        if self.scid >= 0 and ((frame[0] & 0x3F) << 4 | frame[1] >> 4) != self.scid:
            c.frames_foreign += 1
            return 0
        if frame[4] & 0x80:  # a secondary header: its first octet holds its length - 1
            begin += (frame[6] & 0x3F) + 1
        if end <= begin or (not frame[4] & 0x40 and fhp >= end - begin and fhp < FHP_IDLE):
            c.frames_malformed += 1
            return 0
        arrival = self.arrival(frame, octets)
        if arrival == REPEATED:
            c.frames_repeated += 1
            return 0
        c.frames_ok += 1
        if arrival == LATE:
            c.frames_late += 1
        elif ocf and not frame[end] & 0x80:  # type-1 report: a CLCW; one that comes late says what was, not what is
            c.clcws += 1
            clcws.append((<uint32_t>frame[end] << 24) | (<uint32_t>frame[end + 1] << 16)
                         | (<uint32_t>frame[end + 2] << 8) | frame[end + 3])
        cdef int count = frame[3]
        cdef bytearray kept
        if self.is_late(vcid, count, arrival):
            kept = self.partial[vcid]
            self.resume(vcid, count - 1)
            self.content(vcid, count, frame, begin, end, packets)
            self.join(vcid, count, kept, packets)
        else:
            self.content(vcid, count, frame, begin, end, packets)
        return 0

    cdef int arrival(self, const uint8_t* frame, Py_ssize_t octets) except -1:
        """Judge a frame by its master channel count, and by its content where that has come before."""
        cdef TmReception* c = self.counts
        cdef FrameCount* m = &self.master
        cdef int count = frame[2], found = IN_ORDER, known = m.known[count]
        cdef int ahead = (count - m.expected) & 0xFF if m.expected >= 0 else 0
        cdef uint64_t digest = digest_of(frame, octets)
        cdef int after_late = self.after_late
        if ahead > HALF:
            if known == ARRIVED and self.digest[count] == digest:
                return REPEATED
            if known == MISSING or (known == UNKNOWN and COUNTS - ahead <= NEAR):
                found = LATE
            elif (count == 0 and frame[3] == 0) or count == after_late:
                found = RESTARTED
        self.digest[count] = digest
        self.after_late = (count + 1) & 0xFF if found == LATE else -1
        if found == LATE:
            if known == MISSING:
                c.frames_lost -= 1
            m.known[count] = ARRIVED
            return found
        if found == RESTARTED:
            c.count_restarts += 1
            self.restart()
        else:
            c.frames_lost += ahead
        advance(m, count)
        return found

    cdef int restart(self) except -1:
        """The spacecraft counts anew: nothing that follows continues what was."""
        cdef int vcid
        forget(&self.master)
        for vcid in range(8):
            self.broken(vcid)
            self.loose[vcid].clear()
            forget(&self.channel[vcid])
        return 0

    cdef bint is_late(self, int vcid, int count, int arrival) except -1:
        """Judge a frame by its virtual channel count; only one that is late by the master channel's can be late."""
        cdef FrameCount* v = &self.channel[vcid]
        cdef int ahead = (count - v.expected) & 0xFF if v.expected >= 0 else 0, known = v.known[count], passed
        cdef dict loose = self.loose[vcid]
        if arrival == LATE and ahead > HALF:
            if known == MISSING or (known == UNKNOWN and COUNTS - ahead <= NEAR):
                if known == MISSING:
                    self.counts.vc_frames_lost[vcid] -= 1
                v.known[count] = ARRIVED
                return True
            self.broken(vcid)  # it has come before with another content: this channel counts anew
            loose.clear()
            forget(v)
            ahead = 0
        if ahead:
            self.counts.vc_frames_lost[vcid] += ahead
            self.set_aside(vcid, v.expected - 1)
        if loose:  # what is half the range old finds no other part any more
            for passed in range(ahead + 1):
                loose.pop((count - passed + HALF) & 0xFF, None)
                loose.pop(HEAD + ((count - passed + HALF) & 0xFF), None)
        advance(v, count)
        return False

    cdef int content(
        self, int vcid, int count, const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end, list packets
    ) except -1:
        """Take the data field of a frame, which is from `begin` to `end`."""
        cdef const uint8_t* data = frame + begin
        cdef Py_ssize_t n = end - begin, fhp = (<Py_ssize_t>(frame[4] & 7) << 8) | frame[5]
        if frame[4] & 0x40:
            self.counts.frames_not_packets += 1
            self.broken(vcid)
        elif fhp == FHP_IDLE:
            self.counts.frames_idle += 1
            self.in_idle(vcid, data, n, packets)
            if self.partial[vcid] is None and (self.loose[vcid] or self.channel[vcid].known[(count - 1) & 0xFF] != ARRIVED):
                self.loose[vcid][HEAD + count] = (b"", False)
        else:
            begin = self.continued(vcid, count, data, n, fhp, packets)
            if fhp != FHP_NONE:
                self.started(vcid, data + begin, n - begin, packets)
        return 0

    cdef Py_ssize_t continued(
        self, int vcid, int count, const uint8_t* data, Py_ssize_t n, Py_ssize_t fhp, list packets
    ) except -1:
        """Octets before the first packet header: the rest of the packet begun earlier."""
        cdef bytearray part = self.partial[vcid]
        cdef const uint8_t* octets
        cdef Py_ssize_t have, total = 0
        if fhp < n:
            n = fhp
        if part is None:
            self.counts.octets_unused += n
            if n > 0:
                self.loose[vcid][HEAD + count] = (data[:n], fhp != FHP_NONE)
            return n
        part.extend(data[:n])
        have = len(part)
        octets = part
        if have >= PACKET_HEADER:
            total = packet_octets(octets)
        if total == have:
            self.partial[vcid] = None
            if is_idle(octets):
                self.counts.packets_idle += 1
            else:
                self.counts.packets[vcid] += 1
                packets.append((vcid, bytes(part)))
        elif fhp != FHP_NONE or (total and total < have):  # the frame contradicts the packet's length
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
            total = packet_octets(data) if n >= PACKET_HEADER else n + 1
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
        """A frame that says it holds idle data only. Some satellites put whole packets there all the same: take
        those that start the field, are unsegmented telemetry and fit."""
        cdef Py_ssize_t total
        while n >= PACKET_MIN and not data[0] >> 4 and data[2] >> 6 == 3:
            total = packet_octets(data)
            if total > n:
                return 0
            if is_idle(data):
                self.counts.packets_idle += 1
            else:
                self.counts.packets[vcid] += 1
                self.counts.packets_in_idle_frames += 1
                packets.append((vcid, PyBytes_FromStringAndSize(<const char*>data, total)))
            data += total
            n -= total
        return 0

    # A packet whose middle is missing is counted as broken at once, and its ends are kept for half the range of the
    # counts: a frame that comes late joins them.

    cdef int broken(self, int vcid) except -1:
        """Give up the packet begun on `vcid`."""
        cdef bytearray part = self.partial[vcid]
        if part is not None:
            self.counts.packets_broken += 1
            self.counts.octets_unused += len(part)
            self.partial[vcid] = None
        return 0

    cdef int set_aside(self, int vcid, int count) except -1:
        """Give up the packet begun, which ends with the frame `count`, unless a late frame goes on with it."""
        cdef bytearray part = self.partial[vcid]
        self.broken(vcid)
        if part is not None:
            self.loose[vcid][count & 0xFF] = part
        return 0

    cdef int resume(self, int vcid, int count) except -1:
        """Go on with the packet that ended with the frame `count`, if there is one."""
        cdef bytearray part = self.loose[vcid].pop(count & 0xFF, None)
        if part is not None:
            self.counts.packets_broken -= 1
            self.counts.octets_unused -= len(part)
        self.partial[vcid] = part
        return 0

    cdef int join(self, int vcid, int count, bytearray kept, list packets) except -1:
        """After the late frame `count`: go on into the frames that came before it; `kept` is the newest one's packet."""
        cdef dict loose = self.loose[vcid]
        cdef bytes octets
        cdef bint ends
        count = (count + 1) & 0xFF
        while self.partial[vcid] is not None and HEAD + count in loose:
            octets, ends = loose.pop(HEAD + count)
            self.counts.octets_unused -= len(octets)
            self.continued(vcid, count, octets, len(octets), len(octets) if ends else FHP_NONE, packets)
            count = (count + 1) & 0xFF
        if count != self.channel[vcid].expected or kept is not None:
            self.set_aside(vcid, count - 1)
            self.partial[vcid] = kept
        return 0

    def receive(self, const uint8_t[::1] frame not None) -> tuple:
        """See `tm_frames.PacketExtractor.receive`; the caller checked the length."""
        cdef list packets = []
        cdef list clcws = []
        self.extract(&frame[0], frame.shape[0], packets, clcws)
        return packets, clcws


def receive_stream(CaduReceiver cadus not None, PacketExtractor extractor not None,
                   const uint8_t[::1] octets not None, bint at_end) -> tuple:
    """Both steps in one: no frame becomes a Python object."""
    cdef list packets = []
    cdef list clcws = []
    cdef Py_ssize_t done = 0, n = octets.shape[0]
    while True:
        if n > done:
            done += cadus.load(&octets[done], n - done)
        while cadus.next_frame(at_end and done == n):
            extractor.extract(cadus.block, cadus.frame_octets, packets, clcws)
        if done == n:
            return packets, clcws
