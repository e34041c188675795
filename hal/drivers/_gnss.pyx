# The GNSS receiver; see hal/drivers/_gnss.pxd and hal/drivers/gnss.py (users).
from libc.stdint cimport int64_t

from hal_link_state cimport bind_LinkState
from hal_samples cimport Sample, bind_GnssSample, bind_UnitHealth


cdef class Gnss(Driver):
    """Kernel of `hal.drivers.gnss.GnssDriver`, which defines `take_octets` and `forget_octets`."""

    def set_unit(self, silent_after_ns, names):
        """Take the limit of silence and the names of the records."""
        self.silent_after_ns = silent_after_ns
        self.names = dict(names)

    cdef int attach(self, pool) except -1:
        self.set_memory(
            bind_LinkState(self, pool, self.names["state"]), bind_UnitHealth(self, pool, self.names["health"])
        )
        self.solution = bind_GnssSample(self, pool, self.names["sample"])
        self.add_sample(<Sample*>self.solution)
        return 0

    cdef int take(self, bytes octets, int64_t now_ns) except -1:
        self.take_octets(octets, now_ns)
        return 0

    cdef int lost(self) except -1:
        self.forget_octets()
        return 0

    def count(self, *, frames_ok=0, frames_bad=0, stale=0, out_of_range=0):
        """Add to the counters of the health record."""
        self.check()
        self.health.frames_ok += frames_ok
        self.health.frames_bad += frames_bad
        self.health.samples_stale += stale
        self.health.samples_out_of_range += out_of_range

    def write(self, int64_t t_ns, seq, valid, int64_t t_tai_ns, pos_e_m, vel_e_mps, double accuracy_m):
        """Write the sample of an accepted solution."""
        cdef int i
        self.check()
        self.accept()
        self.solution.t_ns = t_ns
        self.solution.seq = seq
        self.solution.new = 1
        self.solution.valid = valid
        self.solution.t_tai_ns = t_tai_ns
        self.solution.accuracy_m = accuracy_m
        for i in range(3):
            self.solution.pos_e_m[i] = pos_e_m[i]
            self.solution.vel_e_mps[i] = vel_e_mps[i]
