# Source: CCSDS 132.0-B-3 4.1.2.5 (master channel frame count).
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.stdlib cimport calloc, free
from libc.string cimport memcpy, memmove

from ccsds._tm_packets cimport CONTENT, content_of

from hal.saved import require_size


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
    return digest if digest >= DIGEST_MIN else digest + DIGEST_MIN


cdef class FrameOrder:
    """The frames that arrived, by position: which one a frame is that comes in any order, or again."""

    def __cinit__(self, int bits):
        self.bits = bits
        self.size = 1 << bits
        self.seen = <Arrived*>calloc(self.size, sizeof(Arrived))
        self.index = <uint32_t*>calloc(4 * self.size, sizeof(uint32_t))
        if self.seen == NULL or self.index == NULL:
            raise MemoryError

    def __dealloc__(self):
        free(self.seen)
        free(self.index)

    cpdef object save(self):
        """Return what is remembered (`hal.saved`): the counts, and the frames from the first one on."""
        cdef int64_t first = max(self.top - self.size + 1, <int64_t>START - COUNTS), position
        cdef int64_t count = self.top - first + 1 if self.newest else 0
        cdef object frames = PyBytes_FromStringAndSize(NULL, count * sizeof(Arrived))
        cdef Arrived* out = <Arrived*>PyBytes_AS_STRING(frames)
        for position in range(count):
            out[position] = self.seen[(first + position) & (self.size - 1)]
        return (<char*>&self.top)[:<char*>&self.proved + sizeof(self.proved) - <char*>&self.top], frames

    cpdef object restore(self, object state):
        """Take over what was saved; raise `SavedError` when it does not fit."""
        cdef bytes counts = state[0], frames = state[1]
        cdef const Arrived* at = <const Arrived*>PyBytes_AS_STRING(frames)
        cdef int64_t first, count, position
        require_size("frame order", counts, <char*>&self.proved + sizeof(self.proved) - <char*>&self.top)
        memcpy(&self.top, PyBytes_AS_STRING(counts), len(counts))
        first = max(self.top - self.size + 1, <int64_t>START - COUNTS)
        count = self.top - first + 1 if self.newest else 0
        require_size("frame order", frames, count * sizeof(Arrived))
        for position in range(count):
            self.seen[(first + position) & (self.size - 1)] = at[position]
            if at[position].digest >= DIGEST_MIN:
                self.note(first + position, at[position].digest)

    cdef uint64_t state(self, int64_t position) noexcept nogil:
        """The digest of the frame at `position`, or what else is known of it."""
        if position > self.top:
            return FORGOTTEN if position <= self.newest else UNSEEN
        if position <= self.top - self.size:
            return UNSEEN if self.falling >= FALLING else FORGOTTEN  # a reversed recording has no end
        return self.seen[position & (self.size - 1)].digest

    cdef int judge(self, const uint8_t* frame, Py_ssize_t octets, Py_ssize_t begin, Py_ssize_t end, bint follows) noexcept nogil:
        """Find the position of a frame, and how it arrived; `follows`: its virtual channel count is the next."""
        cdef int64_t known
        self.digest = digest_of(frame, octets)
        self.proved = False
        if not self.newest:
            self.newest = self.last = self.top = START - 1 + frame[2]
        if self.last != self.newest or (self.newest + 1 - frame[2]) & (COUNTS - 1):
            return self.out_of_order(frame, begin, end)
        self.position = self.newest + 1
        known = self.find(self.digest)
        # The same frame again, though the counts go on: from a recording whose length is a multiple of their range. A
        # turn after it without a gap this says nothing: the satellite may send the same all the time.
        if known and not (follows and self.unbroken <= known == self.position - COUNTS):
            if self.proves(frame, begin, end, known):
                self.position = known
                return REPEATED
        return IN_ORDER

    cdef bint proves(self, const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end, int64_t known) noexcept nogil:
        """Whether a frame like the one at `known` can only be the same one: no idle data, nor a pattern that recurs."""
        self.proved = (
            known and content_of(frame, begin, end) == CONTENT and self.state(known - COUNTS) != self.digest
        )
        return self.proved

    cdef int out_of_order(self, const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end) noexcept nogil:
        """Judge a frame that is not the next after the newest."""
        cdef int count = frame[2], ahead = (count - self.newest - 1) & (COUNTS - 1), found
        cdef bint near
        cdef int64_t known = self.find(self.digest), beside = nearest(self.last + 1, count)
        if self.proves(frame, begin, end, known):
            self.position = known
            return REPEATED
        near = -2 * NEAR <= beside - self.last <= 2 * NEAR
        if (-1 <= beside - self.last <= 1 and beside <= self.newest) or (near and self.falling >= FALLING):
            found = self.beside(self.last, count)
            if found != IN_ORDER:
                return found
        if self.falls(count):
            return LATE
        self.position = self.newest + 1
        if not ahead:
            return IN_ORDER
        if near or self.last < self.newest - HALF:
            found = self.beside(self.last, count)
            if found != IN_ORDER:
                return found
        found = self.beside(self.newest, count)
        if found != IN_ORDER:
            return found
        if ahead > HALF and (not (count or frame[3]) or (self.after_late and not (self.last + 1 - count) & (COUNTS - 1))):
            self.position = ((self.newest + 2 * COUNTS) | (COUNTS - 1)) + 1 + count
            return RESTARTED
        self.position = self.newest + 1 + ahead
        return IN_ORDER

    cdef int beside(self, int64_t reference, int count) noexcept nogil:
        """Judge a frame as one about `reference`: late or repeated, or neither (IN_ORDER)."""
        cdef int64_t position = nearest(reference + 1, count)
        cdef uint64_t state = self.state(position)
        if position > self.newest:
            return IN_ORDER
        self.position = position
        if state == self.digest:
            return REPEATED
        if state == MISSING:
            return LATE
        if state == UNSEEN and 0 < reference - position < NEAR and 0 < self.lowest - position < COUNTS:
            return LATE
        return IN_ORDER

    cdef bint falls(self, int count) noexcept nogil:
        """Whether a frame is the next of a recording that is reversed."""
        cdef int before = (self.lowest - 1 - count) & (COUNTS - 1), ahead = (count - self.newest - 1) & (COUNTS - 1)
        if self.falling < FALLING or self.last > self.lowest + 2 * NEAR:
            return False
        self.position = self.lowest - 1 - before
        return self.newest - self.last > 2 * NEAR or before < ahead

    cdef int64_t accept(self, int arrival) noexcept nogil:
        """Take the frame judged last; how many frames more are missing now."""
        cdef int64_t position = self.position, lost = 0
        cdef Arrived* at
        self.reach(position)
        at = &self.seen[position & (self.size - 1)]
        if arrival == LATE:
            if at.digest == MISSING:
                lost = -1
            else:
                lost = self.miss_unknown(position + 1)
                if position < self.lowest:
                    self.lowest = position
                    self.falling += 1
        else:
            self.falling = 0
            if arrival == IN_ORDER:
                lost = position - self.newest - 1
                self.newest = position
                self.miss_unknown(position - lost)
            if arrival == RESTARTED or lost:
                self.unbroken = position
            if arrival == RESTARTED or not self.lowest:
                self.lowest = position
            self.newest = position
        at.digest = self.digest
        self.note(position, self.digest)
        self.last = position
        self.after_late = arrival == LATE
        return lost

    cdef int64_t miss_unknown(self, int64_t position) noexcept nogil:
        """Let the unknown positions from `position` on be missing, to the first that is not; how many."""
        cdef int64_t first = position
        while position < self.newest and self.state(position) == UNSEEN:
            self.seen[position & (self.size - 1)].digest = MISSING
            position += 1
        return position - first

    cdef bint may_be(self, int64_t position, uint64_t digest) noexcept nogil:
        """Whether the frame at `position` is this one, or missing."""
        return position <= self.newest and (self.state(position) == MISSING or self.state(position) == digest)

    cdef void repeat(self) noexcept nogil:
        """Go on after a frame that came again."""
        self.last = self.position
        self.after_late = False

    cdef void miss(self, int64_t position) noexcept nogil:
        """Let the frame at `position` be missing again."""
        self.seen[position & (self.size - 1)].digest = MISSING

    cdef int64_t* place(self, int64_t position) noexcept nogil:
        """Where `Arrived.place` of the frame at `position` is."""
        return &self.seen[position & (self.size - 1)].place

    cdef void reach(self, int64_t position) noexcept nogil:
        """Make room for `position` in the history, and forget what is farthest from it."""
        while self.top < position:
            self.top += 1
            self.seen[self.top & (self.size - 1)].digest = UNSEEN
        while self.top - self.size >= position:
            self.seen[self.top & (self.size - 1)].digest = UNSEEN
            self.top -= 1

    cdef int64_t find(self, uint64_t digest) noexcept nogil:
        """The newest position of a frame with this digest; 0: none."""
        cdef uint32_t* entries = &self.index[WAYS * (digest & (self.size // 2 - 1))]
        cdef uint32_t tag = <uint32_t>(digest >> 51) | 1 << 13
        cdef int way
        cdef int64_t slot
        for way in range(WAYS):
            if entries[way] >> HISTORY_BITS == tag:
                slot = entries[way] & ((1 << HISTORY_BITS) - 1)
                if self.seen[slot].digest == digest:
                    return self.top - ((self.top - slot) & (self.size - 1))
        return 0

    cdef void note(self, int64_t position, uint64_t digest) noexcept nogil:
        """Enter a frame into the index: first of its place, where the last falls out."""
        cdef uint32_t* entries = &self.index[WAYS * (digest & (self.size // 2 - 1))]
        cdef uint32_t tag = <uint32_t>(digest >> 51) | 1 << 13
        cdef int way = 0
        while way < WAYS - 1 and entries[way] and entries[way] >> HISTORY_BITS != tag:
            way += 1
        memmove(entries + 1, entries, way * sizeof(uint32_t))
        entries[0] = tag << HISTORY_BITS | <uint32_t>(position & (self.size - 1))

    cdef int64_t neighbour(self, int64_t position, int step, int vcid) noexcept nogil:
        """The position on its virtual channel of the next frame of `vcid`, before or after `position`; 0: none."""
        cdef Arrived* at
        while True:
            position += step
            if position > self.newest or self.state(position) == UNSEEN or self.state(position) == FORGOTTEN:
                return 0
            at = &self.seen[position & (self.size - 1)]
            if at.digest != MISSING and at.place & 7 == vcid:
                return at.place >> 3

    cdef Mark mark(self) noexcept nogil:
        """What to give to `back`."""
        return Mark(self.newest, self.last, self.lowest, self.unbroken, self.falling, self.after_late)

    cdef void back(self, Mark mark) noexcept nogil:
        """Forget what came outside of what had come at `mark`."""
        cdef int64_t position
        for position in range(max(mark.newest, self.top - self.size) + 1, min(self.newest, self.top) + 1):
            self.seen[position & (self.size - 1)].digest = UNSEEN
        for position in range(max(self.lowest, self.top - self.size + 1), mark.lowest):
            self.seen[position & (self.size - 1)].digest = UNSEEN
        self.newest = mark.newest
        self.last = mark.last
        self.lowest = mark.lowest
        self.unbroken = mark.unbroken
        self.falling = mark.falling
        self.after_late = mark.after_late
