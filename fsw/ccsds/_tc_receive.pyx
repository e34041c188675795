# Sources: CCSDS 231.0-B-4 3 and 5 (codeblocks, CLTU), 232.1-B-2 6 (FARM-1), 232.0-B-4 4.1.3 (segments).
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.string cimport memcpy

from fsw.ccsds._coding cimport BCH_BLOCK, BCH_DATA, RANDOMIZER_TC_255, bch_check, randomize

from fsw.ccsds import sections

cdef enum:
    START_HIGH = 0xEB
    START_LOW = 0x90


cdef inline int bits_set(int value) noexcept nogil:
    cdef int count = 0
    while value:
        value &= value - 1
        count += 1
    return count


cdef class CltuDecoder:
    """See `tc_receiver.CltuReceiver`."""

    def __init__(self, pool, bint correct, bint randomized):
        self.pool = pool
        self.counters = <FrameCountersSection*><size_t>pool.address(sections.FrameCountersSection)
        self.buffer = <UplinkBufferSection*><size_t>pool.address(sections.UplinkBufferSection)
        self.correct = correct
        self.randomized = randomized

    cdef Py_ssize_t search(self, Py_ssize_t at, Py_ssize_t n) noexcept nogil:
        """Step over octets until the start sequence is behind; the last octet may be its first half."""
        cdef int tolerated = 1 if self.correct else 0
        while at + 1 < n:
            if bits_set(self.work[at] ^ START_HIGH) + bits_set(self.work[at + 1] ^ START_LOW) <= tolerated:
                self.buffer.in_cltu = 1
                self.buffer.frame_fill = 0
                self.buffer.cltu_at = self.counters.tc_octets_in - <uint64_t>(n - at)
                return at + 2
            at += 1
            self.counters.tc_octets_skipped += 1
        return at

    cdef int codeblock(self, const uint8_t* octets, list cltus) except -1:
        """Take one codeblock; returns 1 when it was data, 0 when it ended the CLTU and is to be searched again."""
        cdef UplinkBufferSection* b = self.buffer
        cdef uint8_t block[BCH_BLOCK]
        cdef int corrected
        memcpy(block, octets, BCH_BLOCK)
        corrected = bch_check(block, self.correct)
        if corrected >= 0 and b.frame_fill + BCH_DATA <= FRAME_OCTETS:
            self.counters.codeblocks_corrected += corrected
            memcpy(b.frame + b.frame_fill, block, BCH_DATA)
            b.frame_fill += BCH_DATA
            return 1
        b.in_cltu = 0
        if corrected >= 0 or b.frame_fill == 0 or b.frame_fill > FRAME_OCTETS:  # too long, or no codeblock at all
            self.counters.cltus_dropped += 1
            return 0
        self.counters.cltus_received += 1
        if self.randomized:
            randomize(b.frame, b.frame_fill, RANDOMIZER_TC_255)
        cltus.append(PyBytes_FromStringAndSize(<char*>b.frame, b.frame_fill))
        return 0

    cdef Py_ssize_t advance(self, Py_ssize_t n, list cltus) except -1:
        cdef Py_ssize_t at = 0
        while True:
            if not self.buffer.in_cltu:
                at = self.search(at, n)
                if not self.buffer.in_cltu:
                    return at
            if n - at < BCH_BLOCK:
                return at
            if self.codeblock(self.work + at, cltus):
                at += BCH_BLOCK

    def feed(self, const uint8_t[::1] octets not None) -> list:
        """Take the next octets of the uplink; return the decoded octets of each CLTU that they complete."""
        cdef UplinkBufferSection* b = self.buffer
        cdef list cltus = []
        cdef Py_ssize_t done = 0, total = octets.shape[0], held, piece, used
        while done < total:
            held = min(<int>b.pending_fill, BCH_BLOCK - 1)
            piece = min(<Py_ssize_t>PIECE, total - done)
            memcpy(self.work, b.pending, held)
            memcpy(self.work + held, &octets[done], piece)
            done += piece
            self.counters.tc_octets_in += piece
            used = self.advance(held + piece, cltus)
            b.pending_fill = <uint8_t>(held + piece - used)
            memcpy(b.pending, self.work + used, b.pending_fill)
        return cltus

    def abandon(self):
        """Drop the CLTU under way, counted, and what waits; search anew."""
        cdef UplinkBufferSection* b = self.buffer
        self.counters.cltus_dropped += 1 if b.in_cltu else 0
        self.counters.tc_octets_skipped += 0 if b.in_cltu else b.pending_fill
        b.in_cltu = 0
        b.frame_fill = 0
        b.pending_fill = 0


cdef class Farm:
    """See `farm.Farm1`, which checks the arguments; methods return the number of the event in the state table."""

    def __init__(self, pool, int window, int vcid):
        self.pool = pool
        self.counters = <FrameCountersSection*><size_t>pool.address(sections.FrameCountersSection)
        self.window = window
        self.vcid = vcid
        if not FARM_OPEN <= self.counters.farm_state <= FARM_LOCKOUT:
            self.counters.farm_state = FARM_OPEN  # memory of a cold start

    @property
    def state(self) -> int:
        """Number of the state, 1 to 3."""
        return self.counters.farm_state

    @property
    def v_r(self) -> int:
        """V(R), the N(S) that is expected next."""
        return self.counters.farm_v_r

    def receive_ad(self, int n_s, bint buffer_free) -> int:
        """Take a type-AD frame."""
        cdef FrameCountersSection* c = self.counters
        cdef int distance = (n_s - c.farm_v_r) & 0xFF, half = self.window // 2, event
        if distance == 0:
            event = 1 if buffer_free and c.farm_state != FARM_WAIT else 2
        elif distance < half:
            event = 3
        else:
            event = 4 if distance >= 256 - half else 5
        if event == 1 and c.farm_state == FARM_OPEN:
            c.farm_v_r += 1
            c.farm_retransmit = 0
            c.farm_accepted_ad += 1
            return event
        c.farm_discarded += 1
        if c.farm_state == FARM_OPEN and event in (2, 3):
            c.farm_retransmit = 1
            if event == 2:
                c.farm_wait = 1
                c.farm_state = FARM_WAIT
        elif c.farm_state != FARM_LOCKOUT and event == 5:
            c.farm_lockout = 1
            c.farm_state = FARM_LOCKOUT
        return event

    def accepts(self, int event) -> bool:
        """Whether a frame with this event, just taken in the present state, is to be delivered."""
        return event == 6 or (event == 1 and self.counters.farm_state == FARM_OPEN)

    def receive_bd(self) -> int:
        """Take a type-BD frame."""
        self.counters.farm_b = (self.counters.farm_b + 1) & 3
        self.counters.farm_accepted_bd += 1
        return 6

    def unlock(self) -> int:
        """Execute Unlock."""
        cdef FrameCountersSection* c = self.counters
        c.farm_b = (c.farm_b + 1) & 3
        c.farm_accepted_bc += 1
        c.farm_retransmit = c.farm_wait = c.farm_lockout = 0
        c.farm_state = FARM_OPEN
        return 7

    def set_v_r(self, int v_r) -> int:
        """Execute Set V(R)."""
        cdef FrameCountersSection* c = self.counters
        c.farm_b = (c.farm_b + 1) & 3
        c.farm_accepted_bc += 1
        if c.farm_state != FARM_LOCKOUT:
            c.farm_retransmit = c.farm_wait = 0
            c.farm_v_r = <uint8_t>v_r
            c.farm_state = FARM_OPEN
        return 8

    def buffer_released(self) -> int:
        """The buffer is free again."""
        self.counters.farm_wait = 0
        if self.counters.farm_state == FARM_WAIT:
            self.counters.farm_state = FARM_OPEN
        return 10

    def set_channel_status(self, bint rf_available, bint bit_lock):
        """What the receiver says of the physical channel, for the CLCW."""
        self.counters.no_rf_available = not rf_available
        self.counters.no_bit_lock = not bit_lock

    def frame_valid(self):
        """Count a frame that passed the validation checks."""
        self.counters.tc_frames_valid += 1

    def rejected(self, int reason):
        """Count a frame or packet dropped for `reason`."""
        self.counters.tc_rejected[reason] += 1

    def delivered(self, int packets):
        """Count packets handed on."""
        self.counters.tc_packets += packets

    def clcw(self) -> int:
        """Return the CLCW, 32 bits."""
        cdef FrameCountersSection* c = self.counters
        cdef uint32_t flags = ((c.no_rf_available & 1) << 7 | (c.no_bit_lock & 1) << 6 | (c.farm_lockout & 1) << 5
                               | (c.farm_wait & 1) << 4 | (c.farm_retransmit & 1) << 3 | (c.farm_b & 3) << 1)
        return <uint32_t>0x01000000 | (<uint32_t>self.vcid << 18) | (flags << 8) | c.farm_v_r


cdef class Segments:
    """One segmented packet at a time, in the pool; results are -1 for a segment or packet that had to be dropped."""

    def __init__(self, pool):
        self.pool = pool
        self.buffer = <UplinkBufferSection*><size_t>pool.address(sections.UplinkBufferSection)

    def abandon(self) -> int:
        """Drop the packet begun, if any; returns how many were dropped."""
        cdef int was_open = 1 if self.buffer.segment_open else 0
        self.buffer.segment_open = 0
        return was_open

    def begin(self, int map_id):
        """Begin a packet on `map_id`."""
        self.buffer.segment_open = 1
        self.buffer.segment_map = <uint8_t>map_id
        self.buffer.segment_fill = 0

    def add(self, int map_id, const uint8_t[::1] octets not None) -> bool:
        """Add to the packet begun on `map_id`; False when there is none there, or no room for it."""
        cdef UplinkBufferSection* b = self.buffer
        cdef Py_ssize_t n = octets.shape[0]
        if not b.segment_open or b.segment_map != map_id or b.segment_fill + n > SEGMENT_MAX:
            return False
        if n:
            memcpy(b.segment + b.segment_fill, &octets[0], n)
        b.segment_fill += <uint32_t>n
        return True

    def end(self) -> bytes:
        """Return the packet begun."""
        cdef UplinkBufferSection* b = self.buffer
        cdef bytes out = PyBytes_FromStringAndSize(<char*>b.segment, min(b.segment_fill, <uint32_t>SEGMENT_MAX))
        b.segment_open = 0
        return out
