# Source: CCSDS 131.0-B-5 9.3 (frame synchronisation).
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize
from libc.string cimport memchr, memcmp, memcpy, memmove

from ccsds._coding cimport crc16, randomize
from ccsds._rs cimport rs_decode
from ccsds_formats cimport RS_DATA_OCTETS, SYNC_MARKER
from ccsds_records cimport bind_TmReception

from hal.saved import require_size
from libc.stdint cimport uint32_t

cdef uint8_t[ASM_OCTETS] ASM = [SYNC_MARKER >> 24, SYNC_MARKER >> 16 & 0xFF, SYNC_MARKER >> 8 & 0xFF, SYNC_MARKER & 0xFF]


cdef inline int asm_bit_errors(const uint8_t* octets) noexcept nogil:
    cdef uint32_t wrong = 0
    cdef int i, count = 0
    for i in range(ASM_OCTETS):
        wrong = (wrong << 8) | (octets[i] ^ ASM[i])
    while wrong:
        wrong &= wrong - 1
        count += 1
    return count


cdef class CaduReceiver(Kernel):
    """See `tm_frames.CaduReceiver`, which checks the arguments."""

    def __init__(self, int interleave, int randomizer, bint fecf):
        self.interleave = interleave
        self.randomizer = randomizer
        self.fecf = fecf
        self.frame_octets = RS_DATA_OCTETS * interleave
        self.cadu_octets = ASM_OCTETS + RS_CODEWORD_OCTETS * interleave
        self.locked = self.failed = False
        self.consumed = 0
        self.start = self.fill = 0

    cdef int attach(self, pool) except -1:
        self.counts = bind_TmReception(self, pool, "reception")

    def save(self):
        """Return what is remembered besides the counters (`hal.saved`)."""
        return (<char*>&self.locked)[:<char*>self.block - <char*>&self.locked]

    def restore(self, bytes state):
        """Take over what was saved; raise `SavedError` for other octets."""
        require_size("CADU receiver", state, <char*>self.block - <char*>&self.locked)
        memcpy(&self.locked, PyBytes_AS_STRING(state), len(state))

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
        memcpy(self.block, self.buffer + self.start + ASM_OCTETS, RS_CODEWORD_OCTETS * self.interleave)
        randomize(self.block, RS_CODEWORD_OCTETS * self.interleave, self.randomizer)
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
        self.check()
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
