# Source: CCSDS 132.0-B-3 4.1.2.5 and 4.1.2.6 (frame counts), 4.1.4 (data field), 4.3 (receiving end).
from cpython.bytes cimport PyBytes_AS_STRING
from libc.string cimport memcpy, memset

from ccsds._tm_order cimport (
    COUNTS, HISTORY_BITS, IN_ORDER, LATE, MISSING, NEAR, REPEATED, RESTARTED, START, nearest,
)
from ccsds._tm_packets cimport IDLE, content_of, first_header, head_of, tail_of
from ccsds._tm_receive cimport CaduReceiver
from ccsds_formats cimport FHP_IDLE_DATA, TM_FECF_OCTETS, TM_HEADER_OCTETS, TM_OCF_OCTETS
from ccsds_records cimport VIRTUAL_CHANNELS, bind_TmReception

from hal.saved import require_size


cdef class PacketExtractor(Kernel):
    """See `tm_frames.PacketExtractor`, which checks the arguments."""

    def __init__(self, int scid, bint fecf, int history_bits=HISTORY_BITS):
        cdef int vcid
        self.scid = scid
        self.fecf = fecf
        self.order = FrameOrder(history_bits)
        self.packets = PacketAssembly()
        for vcid in range(VIRTUAL_CHANNELS):
            self.channel[vcid] = Channel(START, False)

    cdef int attach(self, pool) except -1:
        self.counts = bind_TmReception(self, pool, "reception")
        self.packets.bind(pool)

    def save(self):
        """Return what is remembered besides the counters (`hal.saved`)."""
        places = (<char*>self.channel)[:<char*>&self.behind + sizeof(self.behind) - <char*>self.channel]
        doubt = (<char*>&self.doubtful_octets)[:<char*>self.doubtful_channel + sizeof(self.doubtful_channel)
                                              - <char*>&self.doubtful_octets]
        return places, doubt, self.doubtful, self.order.save(), self.packets.save()

    def restore(self, state):
        """Take over what was saved; raise `SavedError` when it does not fit."""
        cdef bytes places, doubt
        places, doubt, doubtful, order, packets = state
        require_size("packet extractor", places, <char*>&self.behind + sizeof(self.behind) - <char*>self.channel)
        require_size("packet extractor", doubt, <char*>self.doubtful_channel + sizeof(self.doubtful_channel)
                     - <char*>&self.doubtful_octets)
        memcpy(self.channel, PyBytes_AS_STRING(places), len(places))
        memcpy(&self.doubtful_octets, PyBytes_AS_STRING(doubt), len(doubt))
        self.doubtful = doubtful
        self.order.restore(order)
        self.packets.restore(packets)

    cdef int extract(self, const uint8_t* frame, Py_ssize_t octets, list packets, list clcws) except -1:
        """Take one frame of a length that the caller checked."""
        cdef TmReception* c = self.counts
        cdef int vcid = (frame[1] >> 1) & 7, arrival
        cdef bint ocf = frame[1] & 1, follows
        cdef Py_ssize_t begin = TM_HEADER_OCTETS
        cdef Py_ssize_t end = octets - (TM_FECF_OCTETS if self.fecf else 0) - (TM_OCF_OCTETS if ocf else 0)
        cdef Py_ssize_t fhp = first_header(frame)
        if frame[0] >> 6:
            c.frames_other_version += 1
            return 0
        if self.scid >= 0 and ((frame[0] & 0x3F) << 4 | frame[1] >> 4) != self.scid:
            c.frames_foreign += 1
            return 0
        if frame[4] & 0x80:  # a secondary header: its first octet holds its length - 1
            begin += (frame[6] & 0x3F) + 1
        if end <= begin or (not frame[4] & 0x40 and fhp >= end - begin and fhp < FHP_IDLE_DATA):
            c.frames_malformed += 1
            return 0
        follows = not self.channel[vcid].counted or frame[3] == (self.channel[vcid].newest + 1) & (COUNTS - 1)
        arrival = self.order.judge(frame, octets, begin, end, follows)
        if arrival == REPEATED:
            if self.doubtful is not None and self.order.proved:
                self.settle(packets)
            c.frames_repeated += 1
            self.order.repeat()
            return 0
        if arrival != LATE and ocf and not frame[end] & 0x80:  # type-1 report: a CLCW; a late one says what was
            c.clcws += 1
            clcws.append((<uint32_t>frame[end] << 24) | (<uint32_t>frame[end + 1] << 16)
                         | (<uint32_t>frame[end + 2] << 8) | frame[end + 3])
        if self.doubtful is not None or (
            arrival != IN_ORDER or self.order.position != self.order.newest + 1 or not follows
        ):
            if self.may_be_in_doubt(frame, begin, end, follows):
                return self.use_in_doubt(frame, octets, begin, end, arrival, packets)
            self.doubtful = None
        return self.use(frame, begin, end, arrival, packets)

    cdef int use(self, const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end, int arrival, list packets) except -1:
        """Take a frame that is new or late, at the position where it was found to be."""
        cdef TmReception* c = self.counts
        cdef int vcid = (frame[1] >> 1) & 7
        cdef int64_t place
        c.frames_ok += 1
        if arrival == LATE:
            c.frames_late += 1
        elif arrival == RESTARTED:
            c.count_restarts += 1
            self.restart()
        c.frames_lost += self.order.accept(arrival)
        place = self.place(vcid, frame[3], arrival)
        self.order.place(self.order.position)[0] = place << 3 | vcid
        if self.behind:
            return self.packets.take_late(
                vcid, place, self.gap, frame, begin, end, packets, self.channel[vcid].newest
            )
        return self.packets.take(vcid, place, self.gap, frame, begin, end, packets)

    cdef int restart(self) except -1:
        """The spacecraft counts anew: nothing that follows continues what was."""
        cdef int vcid
        for vcid in range(VIRTUAL_CHANNELS):
            self.packets.set_aside(vcid, self.channel[vcid].newest)
            self.channel[vcid].counted = False

    cdef int64_t place(self, int vcid, int count, int arrival) except -1:
        """Find the place of a frame on its virtual channel, and what is missing there."""
        cdef Channel* channel = &self.channel[vcid]
        cdef int ahead
        self.behind = False
        if arrival == LATE:
            return self.place_late(vcid, count)
        if not channel.counted:
            return self.place_first(vcid, count)
        ahead = (count - channel.newest - 1) & (COUNTS - 1)
        self.gap = ahead > 0
        if ahead:
            self.counts.vc_frames_lost[vcid] += ahead
            self.packets.set_aside(vcid, channel.newest)
        channel.newest += 1 + ahead
        return channel.newest

    cdef int64_t place_first(self, int vcid, int count) except -1:
        """Begin to count a virtual channel, anew perhaps, far from where it was."""
        cdef Channel* channel = &self.channel[vcid]
        self.packets.set_aside(vcid, channel.newest)
        channel.newest = ((channel.newest + COUNTS) | (COUNTS - 1)) + 1 + count
        channel.counted = True
        self.gap = True
        return channel.newest

    cdef int64_t place_late(self, int vcid, int count) except -1:
        """The same for a late frame, by those of the channel that were sent before and after it."""
        cdef Channel* channel = &self.channel[vcid]
        cdef int64_t below = self.order.neighbour(self.order.position, -1, vcid), place
        cdef int64_t above = self.order.neighbour(self.order.position, 1, vcid)
        if below:
            place = below + 1 + ((count - below - 1) & (COUNTS - 1))
        else:
            place = above - 1 - ((above - 1 - count) & (COUNTS - 1))
        if not (above or below) or (above and place >= above):  # this channel counts anew
            return self.place_first(vcid, count)
        self.gap = place != below + 1
        self.behind = place < channel.newest
        if above and below:
            self.counts.vc_frames_lost[vcid] -= 1
        elif above:
            self.counts.vc_frames_lost[vcid] += above - 1 - place
        else:
            self.counts.vc_frames_lost[vcid] += place - below - 1
        if not self.behind:
            if self.gap:
                self.packets.set_aside(vcid, channel.newest)
            channel.newest = place
        return place

    cdef bint may_be_in_doubt(self, const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end, bint follows) except -1:
        """Whether a frame can be taken back: an idle one that ends and begins no packet."""
        if content_of(frame, begin, end) != IDLE or (self.doubtful is not None and self.doubtful_octets > DOUBT_OCTETS):
            return False
        return not follows or self.packets.partial[(frame[1] >> 1) & 7] is None

    cdef int use_in_doubt(
        self, const uint8_t* frame, Py_ssize_t octets, Py_ssize_t begin, Py_ssize_t end, int arrival, list packets
    ) except -1:
        """Take an idle frame, and remember how to take it back."""
        cdef uint64_t* now = &self.counts.frames_ok
        cdef uint64_t* added = &self.doubtful_counts.frames_ok
        cdef Py_ssize_t n = &self.counts.octets_unused - now + 1, i
        cdef uint64_t before[DOUBTFUL_COUNTS]
        cdef int64_t place
        if self.doubtful is None:
            self.doubtful = []
            self.doubtful_octets = 0
            self.doubtful_mark = self.order.mark()
            memcpy(self.doubtful_channel, self.channel, sizeof(self.channel))
            memset(&self.doubtful_counts, 0, sizeof(TmReception))
        memcpy(before, now, n * sizeof(uint64_t))
        self.use(frame, begin, end, arrival, packets)
        for i in range(n):
            added[i] += now[i] - before[i]
        place = self.order.place(self.order.position)[0]
        if arrival == LATE and (
            self.counts.packets_broken != before[&self.counts.packets_broken - now]
            or tail_of(place >> 3) in self.packets.loose[place & 7]
        ):  # a packet goes on across it
            self.doubtful = None
            return 0
        self.doubtful.append((self.order.position, arrival, begin, end, frame[:octets]))
        self.doubtful_octets += octets
        return 0

    cdef int settle(self, list packets) except -1:
        """Judge the frames in doubt by the one after them, which has come before: those that agree with it, too."""
        cdef list doubtful = self.doubtful, found
        cdef int64_t known = self.order.position, position
        cdef uint64_t digest = self.order.digest, same
        cdef const uint8_t* frame
        cdef bytes octets
        cdef Py_ssize_t begin, end, i, agree = 0
        cdef int arrival
        found = self.positions_before(known, doubtful)
        self.take_back(doubtful)
        for position, same in found:
            if not self.order.may_be(position, same):
                break
            agree += 1
        for i, (_, _, begin, end, octets) in enumerate(doubtful, agree - len(doubtful)):
            frame = octets
            if i < 0:
                arrival = self.order.judge(frame, len(octets), begin, end, True)
            else:
                self.order.position, self.order.digest = found[agree - 1 - i]
                arrival = LATE if self.order.state(self.order.position) == MISSING else REPEATED
            if arrival == REPEATED:
                self.counts.frames_repeated += 1
                self.order.repeat()
            else:
                self.use(frame, begin, end, arrival, packets)
        self.order.position = known
        self.order.digest = digest
        return 0

    cdef list positions_before(self, int64_t position, list doubtful):
        """Where the frames in doubt are when the one after them is at `position`, and their digests; last first."""
        cdef int64_t after
        cdef bytes octets
        cdef list found = []
        for at, _, _, _, octets in reversed(doubtful):
            after = position
            position = nearest(position, <uint8_t>octets[2])
            if found and not -2 * NEAR <= position - after <= 2 * NEAR:
                break
            found.append((position, self.order.state(at)))
        return found

    cdef int take_back(self, list doubtful) except -1:
        """Make the frames in doubt undone."""
        cdef uint64_t* now = &self.counts.frames_ok
        cdef uint64_t* added = &self.doubtful_counts.frames_ok
        cdef int64_t position, place
        cdef Py_ssize_t i
        cdef int vcid
        for position, arrival, _, _, _ in doubtful:
            place = self.order.place(position)[0]
            self.packets.loose[place & 7].pop(head_of(place >> 3), None)
            if arrival == LATE:
                self.order.miss(position)
        self.order.back(self.doubtful_mark)
        memcpy(self.channel, self.doubtful_channel, sizeof(self.channel))
        for vcid in range(VIRTUAL_CHANNELS):
            part = self.packets.loose[vcid].pop(tail_of(self.channel[vcid].newest), None)
            if part is not None:
                self.packets.partial[vcid] = part
        for i in range(&self.counts.octets_unused - now + 1):
            now[i] -= added[i]
        self.doubtful = None
        return 0

    def receive(self, const uint8_t[::1] frame not None) -> tuple:
        """See `tm_frames.PacketExtractor.receive`; the caller checked the length."""
        cdef list packets = []
        cdef list clcws = []
        self.check()
        self.extract(&frame[0], frame.shape[0], packets, clcws)
        return packets, clcws


def receive_stream(CaduReceiver cadus not None, PacketExtractor extractor not None,
                   const uint8_t[::1] octets not None, bint at_end) -> tuple:
    """Both steps in one: no frame becomes a Python object."""
    cdef list packets = []
    cdef list clcws = []
    cdef Py_ssize_t done = 0, n = octets.shape[0]
    cadus.check()
    extractor.check()
    while True:
        if n > done:
            done += cadus.load(&octets[done], n - done)
        while cadus.next_frame(at_end and done == n):
            extractor.extract(cadus.block, cadus.frame_octets, packets, clcws)
        if done == n:
            return packets, clcws
