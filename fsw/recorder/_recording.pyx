"""Writes records of the flight recorder; `_recording.pxd` describes them."""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy, memset

from fsw.recorder._delta cimport COPY_SLOTS, check_octets, digest_words, put_string, put_words
from fsw_core_sections cimport TimeSection, bind_TimeSection
from hal._handle cimport Kernel
from libc.stdint cimport uint8_t, uint16_t, uint32_t, uint64_t


def digest_octets(octets):
    """Return a digest of 8 octets of a bytes object; it tells two strings apart, it protects from nobody."""
    cdef bytes string = octets
    cdef uint32_t n = <uint32_t>PyBytes_GET_SIZE(string)
    cdef uint64_t digest, last = 0
    memcpy(&last, PyBytes_AS_STRING(string) + (n & ~7u), n & 7)
    digest = digest_words(<const uint64_t*>PyBytes_AS_STRING(string), n >> 3) ^ n
    digest = (digest ^ last) * <uint64_t>0x9E3779B97F4A7C15
    digest ^= digest >> 29
    return PyBytes_FromStringAndSize(<char*>&digest, 8)


cdef struct Span:             # words of the pool that lie together and are recorded together
    const uint64_t* source
    uint32_t at               # first word in the image
    uint32_t count


cdef struct Padded:           # a word of the image that is data only in part
    uint64_t mask
    uint32_t at


cdef class Image(Kernel):
    """The words of one recording and their past, grouped by rate; base of encoder and decoder."""

    def __cinit__(self, groups, uint32_t keyframe_ticks, uint32_t step, *_unused):
        self.step = step
        self.group_count = len(groups)
        self.count = groups[len(groups) - 1][1] if groups else 0
        self.keyframe_ticks = keyframe_ticks
        self.groups = <Group*>calloc(self.group_count + 1, sizeof(Group))
        self.words.now = <uint64_t*>calloc(self.count + 8, 8)
        self.words.last = <uint64_t*>calloc(self.count + 8, 8)
        self.words.before = <uint64_t*>calloc(self.count + 8, 8)
        if not (self.groups and self.words.now and self.words.last and self.words.before):
            raise MemoryError
        for i, (lo, hi, divider) in enumerate(groups):
            self.groups[i].lo, self.groups[i].hi, self.groups[i].divider = lo, hi, divider

    def __dealloc__(self):
        free(self.groups)
        free(self.words.now)
        free(self.words.last)
        free(self.words.before)

    cdef void forget(self) noexcept nogil:
        """Start a keyframe: no past."""
        memset(self.words.last, 0, self.count * 8)
        memset(self.words.before, 0, self.count * 8)
        self.streams.count = 0

    cdef void settle(self) noexcept nogil:
        """End a keyframe: the past is constant."""
        memcpy(self.words.before, self.words.last, self.count * 8)


cdef class Encoder(Image):
    """Codes records into one growing buffer.

    `groups`: (first word, end, divider) of the image, in order; `spans`: (record, octet in it, first word, words);
    `masks`: 64-bit masks of the image's words, zero where a record has padding; `digested`: words from the start of the
    image that every tick's digest covers.
    """

    cdef Span* spans
    cdef object places                    # where in the pool the spans are
    cdef uint32_t span_count
    cdef Padded* padded
    cdef uint32_t padded_count
    cdef uint32_t digested
    cdef uint32_t gathered                # words that are recorded more often than with keyframes
    cdef const TimeSection* time
    cdef uint16_t[COPY_SLOTS] seen
    cdef uint8_t* buffer
    cdef size_t capacity
    cdef size_t used
    cdef uint64_t expected
    cdef readonly uint64_t records

    def __cinit__(self, groups, uint32_t keyframe_ticks, uint32_t step, spans, masks, uint32_t digested):
        cdef uint32_t i
        self.span_count, self.places = len(spans), [span[:2] for span in spans]
        self.digested = digested
        self.gathered = max([hi for _, hi, divider in groups if divider < keyframe_ticks], default=0)
        self.spans = <Span*>calloc(self.span_count + 1, sizeof(Span))
        self.padded = <Padded*>calloc(self.count + 1, sizeof(Padded))
        if not (self.spans and self.padded):
            raise MemoryError
        for i in range(self.span_count):
            self.spans[i].at, self.spans[i].count = spans[i][2], spans[i][3]
        for i in range(self.count):
            if masks[i] != <uint64_t>-1:
                self.padded[self.padded_count].at, self.padded[self.padded_count].mask = i, masks[i]
                self.padded_count += 1

    cdef int attach(self, pool) except -1:
        self.time = bind_TimeSection(self, pool)
        for i, (name, begin) in enumerate(self.places):
            self.spans[i].source = <const uint64_t*>self.hold_octets(pool.handle(name), begin, 8 * self.spans[i].count)

    def __dealloc__(self):
        free(self.spans)
        free(self.padded)
        free(self.buffer)

    cdef int reserve(self, size_t more) except -1:
        """Make room for `more` octets."""
        cdef uint8_t* grown
        if self.used + more > self.capacity:
            grown = <uint8_t*>realloc(self.buffer, 2 * (self.used + more))
            if grown == NULL:
                raise MemoryError
            self.buffer = grown
            self.capacity = 2 * (self.used + more)
        return 0

    cdef uint64_t gather(self, uint32_t words) noexcept nogil:
        """Copy the first `words` words from their sources, padding zero; return the digest."""
        cdef uint32_t i
        cdef Span* span
        cdef uint64_t* now = self.words.now
        for i in range(self.span_count):
            span = &self.spans[i]
            if span.at < words:
                memcpy(now + span.at, span.source, span.count * 8)
        for i in range(self.padded_count):
            now[self.padded[i].at] &= self.padded[i].mask
        return digest_words(now, self.digested)

    def digest(self):
        """Return the digest that a record of this tick would carry."""
        self.check()
        return self.gather(self.digested)

    cdef uint8_t* encode_words(self, uint64_t tick, bint keyframe, uint8_t* out) noexcept nogil:
        """Gather what is due, append digest and words."""
        cdef uint32_t i
        cdef uint64_t digest = self.gather(self.count if keyframe else self.gathered)
        memcpy(out, &digest, 8)
        out += 8
        if keyframe:
            self.forget()
        for i in range(self.group_count):
            if keyframe or tick % self.groups[i].divider == 0:
                out = put_words(&self.words, self.groups[i].lo, self.groups[i].hi, self.seen, out)
        if keyframe:
            self.settle()
        return out

    def encode(self, list octets):
        """Append the record of this tick with its strings of octets; return the octets in the buffer."""
        cdef uint64_t tick
        cdef bint keyframe
        cdef uint8_t* start
        cdef uint8_t* out
        cdef size_t room = HEAD + 19 + 10 * self.count + (self.count >> 3) + 64
        cdef uint32_t n, link, direction
        cdef uint16_t number = len(octets)
        cdef bytes string
        self.check()
        tick = self.time.tick
        keyframe = self.records == 0 or tick != self.expected or tick % self.keyframe_ticks == 0
        for link, direction, string in octets:
            n = PyBytes_GET_SIZE(string)
            if link > 255 or direction > 127 or n > LONGEST_STRING:
                raise ValueError(f"link {link}, direction {direction}, {n} octets: expected at most 255, 127, 65535")
            room += n + 4
        self.reserve(room)
        start = self.buffer + self.used
        out = start + HEAD
        out[0] = KIND_KEYFRAME if keyframe else KIND_TICK
        out += 1
        if keyframe:
            memcpy(out, &tick, 8)
            out += 8
        out = self.encode_words(tick, keyframe, out)
        memcpy(out, &number, 2)
        out += 2
        for link, direction, string in octets:
            out = put_string(
                &self.streams,
                <uint16_t>(link << 8 | direction),
                <const uint8_t*>PyBytes_AS_STRING(string),
                PyBytes_GET_SIZE(string),
                out,
            )
        self.finish(start, out)
        self.expected = tick + self.step
        self.records += 1
        return self.used

    cdef void finish(self, uint8_t* start, uint8_t* end) noexcept nogil:
        """Fill in the head of the record [start, end)."""
        cdef uint32_t n = <uint32_t>(end - start - HEAD)
        cdef uint32_t check = check_octets(start + HEAD, n)
        memcpy(start, &n, 4)
        memcpy(start + 4, &check, 4)
        self.used = end - self.buffer

    def end(self):
        """Append the record that says that the recording is complete."""
        cdef uint8_t* start
        self.reserve(HEAD + 9)
        start = self.buffer + self.used
        start[HEAD] = KIND_END
        memcpy(start + HEAD + 1, &self.records, 8)
        self.finish(start, start + HEAD + 9)

    def take(self):
        """Return what the buffer holds and empty it."""
        out = PyBytes_FromStringAndSize(<char*>self.buffer, self.used)
        self.used = 0
        return out
