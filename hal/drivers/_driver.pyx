# What every driver is to the exchange; see hal/drivers/_driver.pxd.
import sys

from hal._packet cimport PACKET_CAPACITY, stream_next

if sys.byteorder != "little":
    raise ImportError("hal runs on little-endian hosts only: payloads are copied, not converted")


cdef class Driver:
    """One end of a link: turns octets into samples, and commands into octets."""

    cdef int set_memory(self, LinkState* link, UnitHealth* health) except -1:
        self.link, self.health = link, health
        self.sample_count = 0
        return 0

    cdef int add_sample(self, Sample* sample) except -1:
        self.samples[self.sample_count] = sample
        self.sample_count += 1
        return 0

    cdef void open(self, int64_t t_ns) noexcept:
        cdef int i
        for i in range(self.sample_count):
            self.samples[i].new = 0
        self.link.heard = 0
        self.link.opened_ns = t_ns
        if not self.link.started:
            self.link.started = 1
            self.link.heard_ns = t_ns

    cdef bytes frames(self, int64_t t_ns):
        return None

    cdef int take(self, bytes octets, int64_t now_ns) except -1:
        cdef const uint8_t* at = octets
        cdef size_t left = len(octets), taken
        cdef uint8_t[PACKET_CAPACITY] decoded
        cdef Packet packet
        while left > 0:
            taken = stream_next(&self.link.stream, decoded, at, left, &packet)
            at += taken
            left -= taken
            if packet.payload != NULL:
                self.packet(&packet, now_ns)
        self.count_frames()
        return 0

    cdef void count_frames(self) noexcept:
        self.health.frames_ok = self.link.stream.frames_ok - self.link.mistyped
        self.health.frames_bad = (
            self.link.stream.cobs_errors + self.link.stream.crc_errors + self.link.stream.length_errors
            + self.link.stream.header_errors + self.link.mistyped
        )

    cdef int lost(self) except -1:
        if self.link.stream.size or self.link.stream.overflow:
            self.link.stream.length_errors += 1
            self.link.stream.size, self.link.stream.overflow = 0, 0
            self.count_frames()
        return 0

    cdef void close(self, int64_t t_ns) noexcept:
        cdef int i
        if self.link.heard:
            self.link.heard_ns = t_ns
            self.health.silent_ticks = 0
            self.health.silent = 0
            return
        self.health.silent_ticks += 1
        if t_ns - self.link.heard_ns >= self.silent_after_ns:
            self.health.silent = 1
            for i in range(self.sample_count):
                self.samples[i].valid = 0

    cdef bint due(self, int64_t t_ns) noexcept:
        return 0

    cdef bint awaits(self, int64_t t_ns) noexcept:
        return not self.health.silent and self.due(t_ns)  # a silent board is not waited for

    cdef void packet(self, const Packet* packet, int64_t now_ns) noexcept:
        self.link.mistyped += 1

    cdef void accept(self) noexcept:
        self.link.heard = 1

    # The same for callers in Python: tests, tools.

    def begin(self, int64_t t_ns):
        """Begin the exchange of tick `t_ns`: no sample is new."""
        self.check()
        self.open(t_ns)

    def send(self, int64_t t_ns):
        """Return the octets to write in the exchange of tick `t_ns`, or None when nothing is due."""
        self.check()
        return self.frames(t_ns)

    def receive(self, bytes octets, int64_t now_ns):
        """Take octets that were read at mission time `now_ns`; never raises because of what they say."""
        self.check()
        self.take(octets, now_ns)

    def fail(self):
        """Say that the link failed: what had half arrived is dropped and counted."""
        self.check()
        self.lost()

    def end(self, int64_t t_ns):
        """End the exchange of tick `t_ns`: count silence."""
        self.check()
        self.close(t_ns)

    def awaiting(self, int64_t t_ns):
        """Return whether the exchange of tick `t_ns` should wait for an answer."""
        self.check()
        return bool(self.awaits(t_ns))
