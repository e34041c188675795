# One exchange with all boards and units; users: hal/exchange/exchange.py.
from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.stdint cimport int64_t

from hal.drivers._driver cimport Driver
from hal_octets cimport CLOCK, DIRECTION_IN, DIRECTION_IN_FAILED, DIRECTION_OUT, DIRECTION_OUT_FAILED

from hal.links.link import LinkError

cdef enum:
    PARTIES = 16                   # largest number of links
    NOT_DUE = -2                   # in `answer_ns`: no answer was owed to this tick,
    MISSED = -1                    # or one was and has not come

cdef int64_t POLL_NS = 1_000_000   # pause between two looks at links that still owe an answer

cdef class ExchangeKernel:
    """Kernel of `hal.exchange.exchange.Exchange`."""

    cdef readonly list octets
    cdef list drivers, reads, writes
    cdef object now_ns, sleep_until
    cdef int count
    cdef int number[PARTIES]               # of each link, in `octets`
    cdef int64_t tick_ns, start_ns         # of the last exchange: its tick time, and when it began to collect
    cdef bint sent                         # what is due in tick `tick_ns` has been sent, and the rest is still to be done
    cdef int64_t answer_ns[PARTIES]        # when each link's answer was seen, after its tick time

    def set_parties(self, drivers, links, numbers, clock):
        """Take drivers, their links and the numbers of these, in the same order, and the clock."""
        self.drivers = list(drivers)
        self.reads = [link.read for link in links]
        self.writes = [link.write for link in links]
        self.now_ns, self.sleep_until = clock.now_ns, clock.sleep_until
        self.count = len(self.drivers)
        for driver in self.drivers:
            (<Driver?>driver).check()
        if self.count > PARTIES:
            raise ValueError(f"{self.count} links: expected at most {PARTIES}")
        for i, number in enumerate(numbers):
            self.number[i] = number
        self.octets = []

    def relink(self, int i, link):
        """Use `link` as link number `i` from now on: for tests and faults."""
        self.reads[i], self.writes[i] = link.read, link.write

    @property
    def timing(self):
        """Of the last exchange: (start of collection after the tick time [ns], one answer a link).

        An answer is the time after the tick at which it was seen [ns], -1 when it was due and did not come, -2 when
        none was due. All by the injected clock.
        """
        return self.start_ns - self.tick_ns, tuple([self.answer_ns[i] for i in range(self.count)])

    def send(self, int64_t t_ns):
        """Begin the exchange of tick `t_ns` [ns]: clear the new-data flags and send what is due; once a tick."""
        cdef int i
        if self.sent and self.tick_ns == t_ns:
            return
        self.sent, self.tick_ns = True, t_ns
        self.octets = []
        for i in range(self.count):
            (<Driver>self.drivers[i]).open(t_ns)
            self._send(i, t_ns)

    def exchange(self, int64_t t_ns):
        """Send what is due, sleep until mission time `t_ns` [ns], collect answers up to each link's deadline."""
        cdef int i
        cdef int64_t now_ns, later_ns, wait_ns
        self.send(t_ns)
        self.sent = False
        self.sleep_until(t_ns)
        now_ns = self.now_ns()
        self.start_ns = now_ns
        for i in range(self.count):
            self.answer_ns[i] = MISSED if (<Driver>self.drivers[i]).due(t_ns) else NOT_DUE
        while True:
            if now_ns != t_ns:
                self.octets.append((CLOCK, DIRECTION_IN, PyBytes_FromStringAndSize(<char*>&now_ns, 8)))
            for i in range(self.count):
                self._collect(i, now_ns)
            wait_ns = self._wait(t_ns, now_ns)
            if wait_ns == 0:
                break
            later_ns = self.now_ns()
            if later_ns == now_ns:  # time stands still, so what has not come will be late
                break
            self.sleep_until(min(later_ns + POLL_NS, t_ns + wait_ns))
            now_ns = self.now_ns()
        for i in range(self.count):
            (<Driver>self.drivers[i]).close(t_ns)

    cdef int _send(self, int i, int64_t t_ns) except -1:
        """Write the frames that driver `i` has due."""
        cdef Driver driver = <Driver>self.drivers[i]
        cdef bytes frames = driver.frames(t_ns)
        if frames is None:
            return 0
        try:
            self.writes[i](frames)
        except LinkError:
            driver.health.link_errors += 1
            self.octets.append((self.number[i], DIRECTION_OUT_FAILED, frames))
            return 0
        self.octets.append((self.number[i], DIRECTION_OUT, frames))
        return 0

    cdef int _collect(self, int i, int64_t now_ns) except -1:
        """Read link `i` once and hand what came to its driver."""
        cdef Driver driver = <Driver>self.drivers[i]
        cdef bytes octets
        try:
            octets = self.reads[i]()
        except LinkError:
            driver.health.link_errors += 1
            self.octets.append((self.number[i], DIRECTION_IN_FAILED, b""))
            driver.lost()
            return 0
        if len(octets) > 0:
            self.octets.append((self.number[i], DIRECTION_IN, octets))
            driver.take(octets, now_ns)
            if self.answer_ns[i] == MISSED and not driver.due(self.tick_ns):
                self.answer_ns[i] = now_ns - self.tick_ns
        return 0

    cdef int64_t _wait(self, int64_t t_ns, int64_t now_ns) noexcept:
        """The latest deadline after `t_ns` of a link that still owes an answer; 0 when there is none."""
        cdef int i
        cdef int64_t deadline_ns, wait_ns = 0
        for i in range(self.count):
            deadline_ns = (<Driver>self.drivers[i]).deadline_ns
            if deadline_ns > wait_ns and now_ns < t_ns + deadline_ns and (<Driver>self.drivers[i]).awaits(t_ns):
                wait_ns = deadline_ns
        return wait_ns
