# A driver that is written in Python; see hal/drivers/_unit.pxd and hal/drivers/unit.py (users).
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t, uint8_t

from hal_link_state cimport LinkState, bind_UnitLinkState
from hal_samples cimport bind_Sample, bind_UnitHealth
from hal._packet cimport PACKET_CAPACITY, Packet, stream_next

from hal.extension_loading import RAISED


cdef class Unit(Driver):
    """Kernel of `hal.drivers.unit.UnitDriver`, which defines `framing`, `split`, `forget_octets`,
    `take_message`, `octets_out` and `failed`."""

    def set_unit(self, silent_after_ns, writes, names):
        """Take the limit of silence and the names of the records; `writes`: ask for octets in every exchange."""
        self.silent_after_ns = silent_after_ns
        self.writes = writes
        self.names = dict(names)

    cdef int attach(self, pool) except -1:
        self.set_memory(
            <LinkState*>bind_UnitLinkState(self, pool, self.names["state"]),
            bind_UnitHealth(self, pool, self.names["health"]),
        )
        self.add_sample(bind_Sample(self, pool, self.names["sample"]))
        return 0

    cdef bytes frames(self, int64_t t_ns):
        cdef bytes octets = None
        if self.writes:
            try:
                octets = self.octets_out(t_ns)
            except RAISED as error:
                self.failed(error)
        return octets if octets else None

    cdef int take(self, bytes octets, int64_t now_ns) except -1:
        """Hand one message after the other to the driver; what it raises costs that message only."""
        try:
            messages = self.split(octets)
        except RAISED as error:
            self.failed(error)
            return 0
        for message in messages:
            try:
                self.take_message(message, now_ns)
            except RAISED as error:
                self.failed(error)
        return 0

    cdef int lost(self) except -1:
        if self.framing is None:
            return Driver.lost(self)
        self.forget_octets()
        return 0

    def decode(self, bytes octets):
        """Return the packets that `octets` complete, as (APID, type, sequence count, payload); count bad frames."""
        cdef const uint8_t* at = octets
        cdef size_t left = len(octets), taken
        cdef uint8_t[PACKET_CAPACITY] decoded
        cdef Packet packet
        self.check()
        packets = []
        while left > 0:
            taken = stream_next(&self.link.stream, decoded, at, left, &packet)
            at += taken
            left -= taken
            if packet.payload != NULL:
                payload = PyBytes_FromStringAndSize(<const char*>packet.payload, packet.payload_size)
                packets.append((packet.apid, packet.packet_type, packet.seq_count, payload))
        self.count_frames()
        return packets

    def count(self, *, frames_ok=0, frames_bad=0, stale=0, out_of_range=0):
        """Add to the counters of the health record."""
        self.check()
        self.health.frames_ok += frames_ok
        self.health.frames_bad += frames_bad
        self.health.samples_stale += stale
        self.health.samples_out_of_range += out_of_range

    def refuse(self):
        """Count a good frame as a bad one: it is not for this driver, or says what its unit never says."""
        self.check()
        self.link.mistyped += 1
        self.health.frames_ok -= 1
        self.health.frames_bad += 1

    def note(self, int64_t t_ns, seq, valid):
        """Head of an accepted sample: its time of validity [ns], the unit's number, whether it is vouched for."""
        self.check()
        self.accept()
        self.samples[0].t_ns = t_ns
        self.samples[0].seq = seq
        self.samples[0].new = 1
        self.samples[0].valid = valid

    def distrust(self):
        """Vouch for no sample until the next one."""
        self.check()
        self.samples[0].valid = 0
