# Sources: CCSDS 132.0-B-3 4.1 (frame), 4.2 (sending end); 131.0-B-5 9 (sync marker).
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.string cimport memcpy

from ccsds._coding cimport crc16, randomize
from ccsds._rs cimport RS_PARITY, rs_encode
from ccsds_formats cimport (
    ASM_OCTETS,
    FHP_IDLE_DATA,
    FHP_NO_PACKET_START,
    PACKET_HEADER_OCTETS,
    RS_DATA_OCTETS,
    SYNC_MARKER,
    TM_FECF_OCTETS,
    TM_HEADER_OCTETS,
    TM_OCF_OCTETS,
)
from ccsds_records cimport (
    DOWNLINK_QUEUE_OCTETS, VIRTUAL_CHANNELS, bind_DownlinkQueue, bind_TmFrameCounters,
)

cdef uint8_t IDLE_DATA[FRAME_MAX]
cdef uint8_t SHORT_IDLE_PACKET[PACKET_MIN]


cdef void make_idle_data() noexcept nogil:
    """Fill of idle frames: 32 cells, all ones, polynomial 1 + D + D^2 + D^22 + D^32, anew in each frame."""
    cdef uint32_t history = 0xFFFFFFFF  # bit k is a[n - k - 1]
    cdef int i, bit, octet
    for i in range(FRAME_MAX):
        octet = 0
        for bit in range(8):
            octet = (octet << 1) | <int>(history >> 31)
            history = (history << 1) | ((history ^ (history >> 1) ^ (history >> 21) ^ (history >> 31)) & 1)
        IDLE_DATA[i] = <uint8_t>octet


cdef inline void put_idle_packet(uint8_t* to, uint32_t octets) noexcept nogil:
    """An idle packet (APID 7FF) of 7 octets or more."""
    to[0] = 0x07
    to[1] = 0xFF
    to[2] = 0xC0
    to[3] = 0
    to[4] = <uint8_t>((octets - PACKET_MIN) >> 8)
    to[5] = <uint8_t>(octets - PACKET_MIN)
    memcpy(to + PACKET_HEADER_OCTETS, IDLE_DATA, octets - PACKET_HEADER_OCTETS)


cdef class TmSender(Kernel):
    """See `tm_frames.TmChannel`, which checks the arguments."""

    def __init__(self, int scid, int interleave, tuple vcids, int idle_vcid, int randomizer):
        cdef int i
        self.scid = scid
        self.interleave = interleave
        self.idle_vcid = idle_vcid
        self.randomizer = randomizer
        self.frame_octets = RS_DATA_OCTETS * interleave
        self.data_octets = self.frame_octets - TM_HEADER_OCTETS - TM_OCF_OCTETS - TM_FECF_OCTETS
        self.vcid_count = len(vcids)
        self.capacity = <uint32_t>(DOWNLINK_QUEUE_OCTETS // self.vcid_count)
        for i in range(self.vcid_count):
            self.vcids[i] = vcids[i]

    cdef int attach(self, pool) except -1:
        cdef int i
        self.counters = bind_TmFrameCounters(self, pool, "tm_frames")
        self.queue = bind_DownlinkQueue(self, pool, "downlink_queue").octets
        for i in range(VIRTUAL_CHANNELS):
            self.ring[i] = NULL
        for i in range(self.vcid_count):
            self.ring[self.vcids[i]] = self.queue + i * self.capacity

    @property
    def queue_octets(self) -> int:
        """Octets of packets that each virtual channel can hold."""
        return self.capacity

    @property
    def cadu_octets(self) -> int:
        """Octets of each CADU, sync marker included."""
        return ASM_OCTETS + (RS_DATA_OCTETS + RS_PARITY) * self.interleave

    def waiting(self, int vcid) -> int:
        """Return the octets that wait on `vcid`."""
        self.check()
        return self.counters.vc_fill[vcid & 7]

    def stored(self) -> int:
        """Return the packets that wait on all channels, those partly sent included."""
        self.check()
        cdef uint32_t total = 0
        cdef int i
        for i in range(self.vcid_count):
            total += self.counters.vc_packets[self.vcids[i]]
        return total

    def offer(self, int vcid, const uint8_t[::1] packet not None) -> bool:
        """Queue a packet whose length and channel were checked; False (counted) when there is no room."""
        self.check()
        cdef TmFrameCounters* c = self.counters
        cdef uint32_t n = <uint32_t>packet.shape[0], tail, first
        if n > self.capacity or c.vc_fill[vcid] > self.capacity - n:
            c.packets_refused[vcid] += 1
            return False
        tail = (c.vc_head[vcid] + c.vc_fill[vcid]) % self.capacity
        first = min(n, self.capacity - tail)
        memcpy(self.ring[vcid] + tail, &packet[0], first)
        if first < n:
            memcpy(self.ring[vcid], &packet[first], n - first)
        c.vc_fill[vcid] += n
        c.vc_packets[vcid] += 1
        c.packets_accepted[vcid] += 1
        return True

    def serves(self, int vcid) -> bool:
        """Whether packets may be pushed on `vcid`."""
        self.check()
        return 0 <= vcid < VIRTUAL_CHANNELS and self.ring[vcid] != NULL

    cdef void take(self, int vcid, uint8_t* to, uint32_t n) noexcept nogil:
        """Move n <= vc_fill octets out of the ring."""
        cdef TmFrameCounters* c = self.counters
        cdef uint32_t head = c.vc_head[vcid] % self.capacity
        cdef uint32_t first = min(n, self.capacity - head)
        memcpy(to, self.ring[vcid] + head, first)
        if first < n:
            memcpy(to + first, self.ring[vcid], n - first)
        c.vc_head[vcid] = (head + n) % self.capacity
        c.vc_fill[vcid] -= n

    cdef void fill_packets(self, int vcid, uint8_t* frame) noexcept nogil:
        """Fill the data field with packets, then an idle packet; set the first header pointer."""
        cdef TmFrameCounters* c = self.counters
        cdef uint8_t* data = frame + TM_HEADER_OCTETS
        cdef uint8_t* ring = self.ring[vcid]
        cdef uint32_t room = <uint32_t>self.data_octets, n, at, head, fhp
        cdef uint32_t used = min(<uint32_t>c.vc_idle_left[vcid], <uint32_t>PACKET_MIN)
        memcpy(data, SHORT_IDLE_PACKET + PACKET_MIN - used, used)
        c.vc_idle_left[vcid] = 0
        c.vc_fill[vcid] = min(c.vc_fill[vcid], self.capacity)
        fhp = FHP_NO_PACKET_START
        while used < room:
            n = c.vc_partial[vcid]
            if n == 0:  # a packet starts here
                if fhp == FHP_NO_PACKET_START:
                    fhp = used
                if c.vc_fill[vcid] < PACKET_MIN:
                    c.vc_fill[vcid] = 0
                    break
                at = c.vc_head[vcid] + 4
                n = PACKET_MIN + ((<uint32_t>ring[at % self.capacity] << 8) | ring[(at + 1) % self.capacity])
            n = min(n, c.vc_fill[vcid])
            at = min(n, room - used)
            self.take(vcid, data + used, at)
            used += at
            c.vc_partial[vcid] = n - at
            if n == at:
                c.vc_packets[vcid] -= 1
                c.packets_sent[vcid] += 1
        if used < room:
            if room - used >= PACKET_MIN:
                put_idle_packet(data + used, room - used)
            else:  # the shortest idle packet ends in this channel's next frame
                memcpy(data + used, SHORT_IDLE_PACKET, room - used)
                c.vc_idle_left[vcid] = <uint8_t>(PACKET_MIN - (room - used))
        frame[4] = <uint8_t>(0x18 | (fhp >> 8))
        frame[5] = <uint8_t>fhp

    cdef void make_cadu(self, uint8_t* out, uint32_t clcw) noexcept nogil:
        """Write one CADU."""
        cdef TmFrameCounters* c = self.counters
        cdef uint8_t* frame = out + ASM_OCTETS
        cdef uint8_t* ocf = frame + TM_HEADER_OCTETS + self.data_octets
        cdef int vcid = self.idle_vcid, i
        cdef uint16_t crc
        for i in range(self.vcid_count):
            if c.vc_fill[self.vcids[i]]:
                vcid = self.vcids[i]
                break
        for i in range(ASM_OCTETS):
            out[i] = <uint8_t>(SYNC_MARKER >> (24 - 8 * i))
        frame[0] = <uint8_t>(self.scid >> 4)
        frame[1] = <uint8_t>((self.scid << 4) | (vcid << 1) | 1)
        frame[2] = c.mcfc
        frame[3] = c.vcfc[vcid]
        if vcid == self.idle_vcid:
            frame[4] = <uint8_t>(0x18 | (FHP_IDLE_DATA >> 8))
            frame[5] = <uint8_t>(FHP_IDLE_DATA & 0xFF)
            memcpy(frame + TM_HEADER_OCTETS, IDLE_DATA, self.data_octets)
        else:
            self.fill_packets(vcid, frame)
        c.mcfc += 1
        c.vcfc[vcid] += 1
        c.frames_sent[vcid] += 1
        for i in range(4):
            ocf[i] = <uint8_t>(clcw >> (24 - 8 * i))
        crc = crc16(frame, self.frame_octets - TM_FECF_OCTETS, 0xFFFF)
        ocf[4] = <uint8_t>(crc >> 8)
        ocf[5] = <uint8_t>crc
        rs_encode(frame, self.interleave, frame + self.frame_octets)
        randomize(frame, (RS_DATA_OCTETS + RS_PARITY) * self.interleave, self.randomizer)

    def next_cadu(self, uint32_t clcw) -> bytes:
        """Return the next CADU: packets of the first channel in priority order that has any, else idle data.

        `clcw` goes into the operational control field as it is.
        """
        self.check()
        cdef bytes out = PyBytes_FromStringAndSize(NULL, ASM_OCTETS + (RS_DATA_OCTETS + RS_PARITY) * self.interleave)
        self.make_cadu(<uint8_t*>PyBytes_AS_STRING(out), clcw)
        return out


make_idle_data()
put_idle_packet(SHORT_IDLE_PACKET, PACKET_MIN)
