"""Reads records of the flight recorder; `fsw/recorder/_recording.pxd` describes them."""

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t, uint64_t
from libc.string cimport memcpy

from fsw.recorder._delta cimport check_octets, get_string, get_words
from fsw.recorder._recording cimport HEAD, KIND_END, KIND_KEYFRAME, LONGEST_STRING, Image

import numpy as np


cdef class Decoder(Image):
    """Reads records from one buffer of octets (any object with the buffer protocol)."""

    cdef const uint8_t[::1] octets
    cdef size_t first
    cdef readonly size_t at                # next record
    cdef readonly uint64_t tick
    cdef readonly uint64_t digest
    cdef readonly bint keyframe            # whether the record decoded last is one
    cdef readonly uint64_t octets_read     # octets of strings decoded
    cdef uint8_t[LONGEST_STRING + 9] string

    def __cinit__(self, groups, uint32_t keyframe_ticks, uint32_t step, octets, size_t first):
        self.octets = octets
        self.first = self.at = first

    def image(self):
        """Return the words of the state as they are, shared: a uint64 array that changes with each record."""
        if not self.count:
            return np.zeros(0, np.uint64)
        view = np.asarray(<uint64_t[:self.count]>self.words.last)
        view.flags.writeable = False
        return view

    def index(self):
        """Check every record; return (keyframe offsets, keyframe ticks, ticks, end, state).

        `end` is the offset at which reading stopped; `state` is "complete", "cut" or "damaged".
        """
        cdef size_t at = self.first, size = self.octets.shape[0]
        cdef uint32_t n, check
        cdef uint64_t tick, count = 0
        cdef uint8_t kind
        cdef const uint8_t* octets = &self.octets[0] if size else NULL
        offsets, numbers = [], []
        while at + HEAD < size:
            memcpy(&n, octets + at, 4)
            memcpy(&check, octets + at + 4, 4)
            if n > size - at - HEAD:
                break
            kind = octets[at + HEAD]
            if n < 9 or check_octets(octets + at + HEAD, n) != check or not KIND_KEYFRAME <= kind <= KIND_END:
                return offsets, numbers, count, at, "damaged"
            if kind == KIND_END:
                memcpy(&tick, octets + at + HEAD + 1, 8)
                state = "complete" if tick == count and at + HEAD + n == size else "damaged"
                return offsets, numbers, count, at, state
            if kind == KIND_KEYFRAME:
                memcpy(&tick, octets + at + HEAD + 1, 8)
                offsets.append(at)
                numbers.append(tick)
            elif not offsets:
                return offsets, numbers, count, at, "damaged"
            at += HEAD + n
            count += 1
        return offsets, numbers, count, at, "cut"

    def seek(self, size_t offset):
        """Continue at a keyframe's offset."""
        self.at = offset

    cdef const uint8_t* decode_words(self, const uint8_t* at, const uint8_t* end) noexcept nogil:
        """Read kind, tick, digest and words of one checked record; return where its strings start, or NULL."""
        cdef bint keyframe = at[0] == KIND_KEYFRAME
        cdef uint32_t i
        self.keyframe = keyframe
        if end - at < (19 if keyframe else 11):
            return NULL
        at += 1
        if keyframe:
            memcpy(&self.tick, at, 8)
            at += 8
            self.forget()
        else:
            self.tick += self.step
        memcpy(&self.digest, at, 8)
        at += 8
        for i in range(self.group_count):
            if keyframe or self.tick % self.groups[i].divider == 0:
                at = get_words(&self.words, self.groups[i].lo, self.groups[i].hi, self.count, at, end)
                if at == NULL:
                    return NULL
        if keyframe:
            self.settle()
        return at

    def advance(self, bint with_octets):
        """Decode the next record into the image; return its strings [(link, direction, octets)] or None.

        Raises `ValueError` when the record does not decode; `index` tells beforehand how far records are sound.
        """
        cdef uint32_t n, length
        cdef uint16_t number, key
        cdef const uint8_t* at
        cdef const uint8_t* end
        memcpy(&n, &self.octets[self.at], 4)
        at = &self.octets[self.at] + HEAD
        end = at + n
        at = self.decode_words(at, end)
        if at == NULL or end - at < 2:
            raise ValueError("state does not decode")
        self.at += HEAD + n
        if not with_octets:
            return None
        memcpy(&number, at, 2)
        at += 2
        strings = []
        for _ in range(number):
            at = get_string(&self.streams, at, end, &key, &length, self.string)
            if at == NULL:
                raise ValueError("octets do not decode")
            strings.append((key >> 8, key & 0x7F, PyBytes_FromStringAndSize(<char*>self.string, length)))
            self.octets_read += length
        if at != end:
            raise ValueError("octets are left over")
        return strings

    def extract(self, size_t stop, uint32_t every, int64_t[:, ::1] pieces, uint8_t[:, ::1] rows):
        """Decode records up to offset `stop`; copy `pieces` of the image at each tick divisible by `every`.

        `pieces`: (octet in the image, octets) each; `rows`: one row a taken tick, pieces side by side. Returns the rows
        filled.
        """
        cdef uint32_t n, i
        cdef size_t taken = 0, to
        cdef const uint8_t* at
        cdef const uint8_t* image = <const uint8_t*>self.words.last
        while self.at < stop:
            memcpy(&n, &self.octets[self.at], 4)
            at = &self.octets[self.at] + HEAD
            if self.decode_words(at, at + n) == NULL:
                raise ValueError("state does not decode")
            self.at += HEAD + n
            if self.tick % every == 0:
                if taken == <size_t>rows.shape[0]:
                    raise ValueError("more ticks than rows")
                to = 0
                for i in range(pieces.shape[0]):
                    memcpy(&rows[taken, to], image + pieces[i, 0], pieces[i, 1])
                    to += pieces[i, 1]
                taken += 1
        return taken
