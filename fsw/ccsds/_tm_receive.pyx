# Sources: CCSDS 132.0-B-3 4.1 (frame), 4.3 (receiving end); 131.0-B-5 9.3 (frame synchronisation).
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.string cimport memchr, memcmp, memcpy, memmove

from fsw.ccsds._coding cimport crc16, randomize
from fsw.ccsds._rs cimport RS_DATA, rs_decode
from fsw.ccsds._tm_send cimport (
    ASM_OCTETS, FHP_IDLE, FHP_NONE, PACKET_HEADER, PACKET_MIN, TM_FECF, TM_HEADER, TM_OCF,
)

cdef uint8_t[4] ASM = [0x1A, 0xCF, 0xFC, 0x1D]


cdef inline int asm_bit_errors(const uint8_t* octets) noexcept nogil:
    cdef uint32_t wrong = 0
    cdef int i, count = 0
    for i in range(ASM_OCTETS):
        wrong = (wrong << 8) | (octets[i] ^ ASM[i])
    while wrong:
        wrong &= wrong - 1
        count += 1
    return count


cdef inline Py_ssize_t packet_octets(const uint8_t* header) noexcept nogil:
    return PACKET_MIN + ((<Py_ssize_t>header[4] << 8) | header[5])


cdef class CaduReceiver:
    """See `tm_frames.CaduReceiver`, which checks the arguments."""

    def __init__(self, memory, size_t counts, int interleave, int randomizer, bint fecf):
        self.memory = memory
        self.counts = <TmReception*>counts
        self.interleave = interleave
        self.randomizer = randomizer
        self.fecf = fecf
        self.frame_octets = RS_DATA * interleave
        self.cadu_octets = ASM_OCTETS + RS_SYMBOLS * interleave
        self.locked = self.failed = False
        self.consumed = 0
        self.start = self.fill = 0

    cdef Py_ssize_t load(self, const uint8_t* octets, Py_ssize_t n) noexcept nogil:
        if self.start:
            memmove(self.buffer, self.buffer + self.start, self.fill - self.start)
            self.fill -= self.start
            self.start = 0
        n = min(n, BUFFER_OCTETS - self.fill)
        memcpy(self.buffer + self.fill, octets, n)
        self.fill += n
        self.counts.octets_in += n
        return n

    cdef bint next_frame(self, bint at_end) noexcept nogil:
        while self.synchronise(at_end):
            if not self.failed and self.decode():
                return True
            if not self.dispose(at_end):
                return False
        return False

    cdef bint synchronise(self, bint at_end) noexcept nogil:
        """Put `start` on a sync marker with a whole CADU behind it; False when there is none yet."""
        cdef const uint8_t* found
        cdef Py_ssize_t left = self.fill - self.start, at
        if self.locked and left >= ASM_OCTETS and asm_bit_errors(self.buffer + self.start) > ASM_BIT_ERRORS:
            self.locked = False
        if not self.locked:
            at = self.start
            while self.fill - at >= ASM_OCTETS:
                found = <const uint8_t*>memchr(self.buffer + at, ASM[0], self.fill - at - ASM_OCTETS + 1)
                if found == NULL:
                    at = self.fill - ASM_OCTETS + 1
                    break
                at = found - self.buffer
                if memcmp(found, ASM, ASM_OCTETS) == 0:
                    break
                at += 1
            self.counts.octets_skipped += at - self.start
            self.consumed += at - self.start
            self.start = at
        if self.fill - self.start >= self.cadu_octets:
            return True
        if at_end:
            self.counts.octets_truncated += self.fill - self.start
            self.consumed += self.fill - self.start
            self.start = self.fill
            self.locked = False
        return False

    cdef bint decode(self) noexcept nogil:
        """Decode the CADU at `start`; when it is good, step over it."""
        cdef int corrections
        memcpy(self.block, self.buffer + self.start + ASM_OCTETS, RS_SYMBOLS * self.interleave)
        randomize(self.block, RS_SYMBOLS * self.interleave, self.randomizer)
        corrections = rs_decode(self.block, self.interleave)
        self.failed = corrections < 0
        self.failed_fecf = False
        if not self.failed and self.fecf and crc16(self.block, self.frame_octets, 0xFFFF):
            self.failed = self.failed_fecf = True
        if self.failed:
            return False
        self.counts.cadus_ok += 1
        self.counts.symbols_corrected += corrections
        self.frame_corrections = corrections
        self.frame_at = self.consumed
        self.consumed += self.cadu_octets
        self.start += self.cadu_octets
        self.locked = True
        return True

    cdef bint dispose(self, bint at_end) noexcept nogil:
        """Drop a CADU that failed: all of it when a sync marker follows, else only its marker (a false one)."""
        cdef Py_ssize_t after = self.start + self.cadu_octets
        cdef Py_ssize_t step = self.cadu_octets
        if self.fill - after >= ASM_OCTETS:
            self.locked = asm_bit_errors(self.buffer + after) <= (ASM_BIT_ERRORS if self.locked else 0)
        elif not at_end:
            return False
        else:  # the stream ends here: a last CADU in its place is a CADU
            self.locked = self.locked and self.fill == after
        self.failed = False
        if self.locked and self.failed_fecf:
            self.counts.cadus_fecf += 1
        elif self.locked:
            self.counts.cadus_uncorrectable += 1
        else:
            self.counts.false_syncs += 1
            self.counts.octets_skipped += ASM_OCTETS
            step = ASM_OCTETS
        self.consumed += step
        self.start += step
        return True

    def feed(self, const uint8_t[::1] octets not None, bint at_end=False) -> list:
        """See `tm_frames.CaduReceiver.feed`."""
        cdef list frames = []
        cdef Py_ssize_t done = 0, n = octets.shape[0]
        while True:
            if n > done:
                done += self.load(&octets[done], n - done)
            while self.next_frame(at_end and done == n):
                frames.append((self.frame_at, self.frame_corrections,
                               PyBytes_FromStringAndSize(<char*>self.block, self.frame_octets)))
            if done == n:
                return frames


cdef class PacketExtractor:
    """See `tm_frames.PacketExtractor`, which checks the arguments."""

    def __init__(self, memory, size_t counts, int scid, bint fecf):
        cdef int i
        self.memory = memory
        self.counts = <TmReception*>counts
        self.scid = scid
        self.fecf = fecf
        self.expected_mcfc = -1
        for i in range(8):
            self.expected_vcfc[i] = -1
        self.partial = [None] * 8

    cdef int broken(self, int vcid) except -1:
        """Give up the packet begun on `vcid`."""
        cdef bytearray part = self.partial[vcid]
        if part is not None:
            self.counts.packets_broken += 1
            self.counts.octets_unused += len(part)
            self.partial[vcid] = None
        return 0

    cdef int extract(self, const uint8_t* frame, Py_ssize_t octets, list packets, list clcws) except -1:
        """Take one frame of a length that the caller checked."""
        cdef TmReception* c = self.counts
        cdef int vcid = (frame[1] >> 1) & 7, lost
        cdef bint ocf = frame[1] & 1
        cdef Py_ssize_t begin = TM_HEADER
        cdef Py_ssize_t end = octets - (TM_FECF if self.fecf else 0) - (TM_OCF if ocf else 0)
        cdef Py_ssize_t fhp = (<Py_ssize_t>(frame[4] & 7) << 8) | frame[5], n
        cdef const uint8_t* data
        if frame[0] >> 6 or (self.scid >= 0 and ((frame[0] & 0x3F) << 4 | frame[1] >> 4) != self.scid):
            c.frames_foreign += 1
            return 0
        if frame[4] & 0x80:  # a secondary header: its first octet holds its length - 1
            begin += (frame[6] & 0x3F) + 1
        n = end - begin
        if n <= 0 or (not frame[4] & 0x40 and fhp >= n and fhp < FHP_IDLE):
            c.frames_malformed += 1
            return 0
        c.frames_ok += 1
        if self.expected_mcfc >= 0:
            c.frames_lost += (frame[2] - self.expected_mcfc) & 0xFF
        self.expected_mcfc = (frame[2] + 1) & 0xFF
        if self.expected_vcfc[vcid] >= 0:
            lost = (frame[3] - self.expected_vcfc[vcid]) & 0xFF
            if lost:
                c.vc_frames_lost[vcid] += lost
                self.broken(vcid)
        self.expected_vcfc[vcid] = (frame[3] + 1) & 0xFF
        if ocf and not frame[end] & 0x80:  # type-1 report: a CLCW
            c.clcws += 1
            clcws.append((<uint32_t>frame[end] << 24) | (<uint32_t>frame[end + 1] << 16)
                         | (<uint32_t>frame[end + 2] << 8) | frame[end + 3])
        data = frame + begin
        if frame[4] & 0x40:
            c.frames_not_packets += 1
            self.broken(vcid)
        elif fhp == FHP_IDLE:
            c.frames_idle += 1
            self.in_idle(vcid, data, n, packets)
        else:
            begin = self.continued(vcid, data, n, fhp, packets)
            if fhp != FHP_NONE:
                self.started(vcid, data + begin, n - begin, packets)
        return 0

    cdef Py_ssize_t continued(
        self, int vcid, const uint8_t* data, Py_ssize_t n, Py_ssize_t fhp, list packets
    ) except -1:
        """Octets before the first packet header: the rest of the packet begun earlier."""
        cdef bytearray part = self.partial[vcid]
        cdef const uint8_t* octets
        cdef Py_ssize_t have, total = 0
        if fhp < n:
            n = fhp
        if part is None:
            self.counts.octets_unused += n
            return n
        part.extend(data[:n])
        have = len(part)
        octets = part
        if have >= PACKET_HEADER:
            total = packet_octets(octets)
        if total == have:
            self.partial[vcid] = None
            if (octets[0] & 7) == 7 and octets[1] == 0xFF:
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
            if (data[0] & 7) == 7 and data[1] == 0xFF:
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
            if (data[0] & 7) == 7 and data[1] == 0xFF:
                self.counts.packets_idle += 1
            else:
                self.counts.packets[vcid] += 1
                self.counts.packets_in_idle_frames += 1
                packets.append((vcid, PyBytes_FromStringAndSize(<const char*>data, total)))
            data += total
            n -= total
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
