# Sources: CCSDS 231.0-B-4 3 and 5 (codeblocks, CLTU), 232.1-B-2 6 (FARM-1), 232.0-B-4 4.1.3 (segments).
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.string cimport memcpy

from ccsds._coding cimport bch_check, randomize
from ccsds_formats cimport (
    BCH_BLOCK_OCTETS,
    BCH_DATA_OCTETS,
    FARM_EVENT_BUFFER_RELEASED,
    FARM_EVENT_BYPASS,
    FARM_EVENT_EXPECTED,
    FARM_EVENT_NEGATIVE_WINDOW,
    FARM_EVENT_NO_BUFFER,
    FARM_EVENT_OUTSIDE_WINDOW,
    FARM_EVENT_POSITIVE_WINDOW,
    FARM_EVENT_SET_V_R,
    FARM_EVENT_UNLOCK,
    FARM_STATE_LOCKOUT,
    FARM_STATE_OPEN,
    FARM_STATE_WAIT,
    RANDOMIZER_TC_255,
)
from ccsds_records cimport (
    CLTU_OCTETS, SEGMENT_OCTETS, bind_TcFrameCounters, bind_UplinkBuffer,
)
from libc.stdint cimport uint32_t, uint64_t

cdef enum:
    START_HIGH = 0xEB
    START_LOW = 0x90


cdef inline int bits_set(int value) noexcept nogil:
    cdef int count = 0
    while value:
        value &= value - 1
        count += 1
    return count


cdef class CltuDecoder(Kernel):
    """See `tc_receiver.CltuReceiver`."""

    def __init__(self, bint correct, bint randomized):
        self.correct = correct
        self.randomized = randomized

    cdef int attach(self, pool) except -1:
        self.counters = bind_TcFrameCounters(self, pool, "tc_frames")
        self.buffer = bind_UplinkBuffer(self, pool, "uplink_buffer")

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
        cdef UplinkBuffer* b = self.buffer
        cdef uint8_t block[BCH_BLOCK_OCTETS]
        cdef int corrected
        memcpy(block, octets, BCH_BLOCK_OCTETS)
        corrected = bch_check(block, self.correct)
        if corrected >= 0 and b.frame_fill + BCH_DATA_OCTETS <= CLTU_OCTETS:
            self.counters.codeblocks_corrected += corrected
            memcpy(b.frame + b.frame_fill, block, BCH_DATA_OCTETS)
            b.frame_fill += BCH_DATA_OCTETS
            return 1
        b.in_cltu = 0
        if corrected >= 0 or b.frame_fill == 0 or b.frame_fill > CLTU_OCTETS:  # too long, or no codeblock at all
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
            if n - at < BCH_BLOCK_OCTETS:
                return at
            if self.codeblock(self.work + at, cltus):
                at += BCH_BLOCK_OCTETS

    def feed(self, const uint8_t[::1] octets not None) -> list:
        """Take the next octets of the uplink; return the decoded octets of each CLTU that they complete."""
        self.check()
        cdef UplinkBuffer* b = self.buffer
        cdef list cltus = []
        cdef Py_ssize_t done = 0, total = octets.shape[0], held, piece, used
        while done < total:
            held = min(<int>b.pending_fill, BCH_BLOCK_OCTETS - 1)
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
        self.check()
        cdef UplinkBuffer* b = self.buffer
        self.counters.cltus_dropped += 1 if b.in_cltu else 0
        self.counters.tc_octets_skipped += 0 if b.in_cltu else b.pending_fill
        b.in_cltu = 0
        b.frame_fill = 0
        b.pending_fill = 0


cdef class Farm(Kernel):
    """See `farm.Farm1`, which checks the arguments; methods return the number of the event in the state table."""

    def __init__(self, int window, int vcid):
        self.window = window
        self.vcid = vcid

    cdef int attach(self, pool) except -1:
        self.counters = bind_TcFrameCounters(self, pool, "tc_frames")
        if not FARM_STATE_OPEN <= self.counters.farm_state <= FARM_STATE_LOCKOUT:
            self.counters.farm_state = FARM_STATE_OPEN  # memory of a cold start

    @property
    def state(self) -> int:
        """Number of the state, 1 to 3."""
        self.check()
        return self.counters.farm_state

    @property
    def v_r(self) -> int:
        """V(R), the N(S) that is expected next."""
        self.check()
        return self.counters.farm_v_r

    def receive_ad(self, int n_s, bint buffer_free) -> int:
        """Take a type-AD frame."""
        self.check()
        cdef TcFrameCounters* c = self.counters
        cdef int distance = (n_s - c.farm_v_r) & 0xFF, half = self.window // 2, event
        if distance == 0:
            event = FARM_EVENT_EXPECTED if buffer_free and c.farm_state != FARM_STATE_WAIT else FARM_EVENT_NO_BUFFER
        elif distance < half:
            event = FARM_EVENT_POSITIVE_WINDOW
        else:
            event = FARM_EVENT_NEGATIVE_WINDOW if distance >= 256 - half else FARM_EVENT_OUTSIDE_WINDOW
        if event == FARM_EVENT_EXPECTED and c.farm_state == FARM_STATE_OPEN:
            c.farm_v_r += 1
            c.farm_retransmit = 0
            c.farm_accepted_ad += 1
            return event
        c.farm_discarded += 1
        if c.farm_state == FARM_STATE_OPEN and event in (FARM_EVENT_NO_BUFFER, FARM_EVENT_POSITIVE_WINDOW):
            c.farm_retransmit = 1
            if event == FARM_EVENT_NO_BUFFER:
                c.farm_wait = 1
                c.farm_state = FARM_STATE_WAIT
        elif c.farm_state != FARM_STATE_LOCKOUT and event == FARM_EVENT_OUTSIDE_WINDOW:
            c.farm_lockout = 1
            c.farm_state = FARM_STATE_LOCKOUT
        return event

    def accepts(self, int event) -> bool:
        """Whether a frame with this event, just taken in the present state, is to be delivered."""
        self.check()
        return event == FARM_EVENT_BYPASS or (
            event == FARM_EVENT_EXPECTED and self.counters.farm_state == FARM_STATE_OPEN
        )

    def receive_bd(self) -> int:
        """Take a type-BD frame."""
        self.check()
        self.counters.farm_b = (self.counters.farm_b + 1) & 3
        self.counters.farm_accepted_bd += 1
        return FARM_EVENT_BYPASS

    def unlock(self) -> int:
        """Execute Unlock."""
        self.check()
        cdef TcFrameCounters* c = self.counters
        c.farm_b = (c.farm_b + 1) & 3
        c.farm_accepted_bc += 1
        c.farm_retransmit = c.farm_wait = c.farm_lockout = 0
        c.farm_state = FARM_STATE_OPEN
        return FARM_EVENT_UNLOCK

    def set_v_r(self, int v_r) -> int:
        """Execute Set V(R)."""
        self.check()
        cdef TcFrameCounters* c = self.counters
        c.farm_b = (c.farm_b + 1) & 3
        c.farm_accepted_bc += 1
        if c.farm_state != FARM_STATE_LOCKOUT:
            c.farm_retransmit = c.farm_wait = 0
            c.farm_v_r = <uint8_t>v_r
            c.farm_state = FARM_STATE_OPEN
        return FARM_EVENT_SET_V_R

    def buffer_released(self) -> int:
        """The buffer is free again."""
        self.check()
        self.counters.farm_wait = 0
        if self.counters.farm_state == FARM_STATE_WAIT:
            self.counters.farm_state = FARM_STATE_OPEN
        return FARM_EVENT_BUFFER_RELEASED

    def set_channel_status(self, bint rf_available, bint bit_lock):
        """What the receiver says of the physical channel, for the CLCW."""
        self.check()
        self.counters.no_rf_available = not rf_available
        self.counters.no_bit_lock = not bit_lock

    def frame_valid(self):
        """Count a frame that passed the validation checks."""
        self.check()
        self.counters.tc_frames_valid += 1

    def rejected(self, int reason):
        """Count a frame or packet dropped for `reason`."""
        self.check()
        self.counters.tc_rejected[reason] += 1

    def delivered(self, int packets):
        """Count packets handed on."""
        self.check()
        self.counters.tc_packets += packets

    def clcw(self) -> int:
        """Return the CLCW, 32 bits."""
        self.check()
        cdef TcFrameCounters* c = self.counters
        cdef uint32_t flags = ((c.no_rf_available & 1) << 7 | (c.no_bit_lock & 1) << 6 | (c.farm_lockout & 1) << 5
                               | (c.farm_wait & 1) << 4 | (c.farm_retransmit & 1) << 3 | (c.farm_b & 3) << 1)
        return <uint32_t>0x01000000 | (<uint32_t>self.vcid << 18) | (flags << 8) | c.farm_v_r


cdef class Segments(Kernel):
    """One segmented packet at a time, in the pool; results are -1 for a segment or packet that had to be dropped."""

    cdef int attach(self, pool) except -1:
        self.buffer = bind_UplinkBuffer(self, pool, "uplink_buffer")

    def abandon(self) -> int:
        """Drop the packet begun, if any; returns how many were dropped."""
        self.check()
        cdef int was_open = 1 if self.buffer.segment_open else 0
        self.buffer.segment_open = 0
        return was_open

    def begin(self, int map_id):
        """Begin a packet on `map_id`."""
        self.check()
        self.buffer.segment_open = 1
        self.buffer.segment_map = <uint8_t>map_id
        self.buffer.segment_fill = 0

    def add(self, int map_id, const uint8_t[::1] octets not None) -> bool:
        """Add to the packet begun on `map_id`; False when there is none there, or no room for it."""
        self.check()
        cdef UplinkBuffer* b = self.buffer
        cdef Py_ssize_t n = octets.shape[0]
        if not b.segment_open or b.segment_map != map_id or b.segment_fill + n > SEGMENT_OCTETS:
            return False
        if n:
            memcpy(b.segment + b.segment_fill, &octets[0], n)
        b.segment_fill += <uint32_t>n
        return True

    def end(self) -> bytes:
        """Return the packet begun."""
        self.check()
        cdef UplinkBuffer* b = self.buffer
        cdef bytes out = PyBytes_FromStringAndSize(<char*>b.segment, min(b.segment_fill, <uint32_t>SEGMENT_OCTETS))
        b.segment_open = 0
        return out
