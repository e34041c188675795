# Which frame of a TM master channel a frame is: frame counts are modulo 256, positions are not.
from libc.stdint cimport int64_t, uint8_t, uint32_t, uint64_t

cdef enum:
    COUNTS = 256               # a frame count is modulo this
    HALF = 128                 # a count less than this behind is an old one, any other is ahead
    NEAR = 16                  # how far before the first frame another may belong
    FALLING = 4                # so many frames, each before the one before it, come from a reversed recording
    HISTORY_BITS = 18          # 2**18 frames are remembered
    WAYS = 8                   # entries of the index that share a place
    START = 1 << 30            # a position: far from 0, and so are those before it

cdef enum:                     # in the place of a digest: what is known of a position where no frame arrived
    UNSEEN = 0                # it was before the first frame
    MISSING = 1
    FORGOTTEN = 2              # it was too long ago
    DIGEST_MIN = 3

cdef enum:                     # how a frame arrived
    IN_ORDER = 0               # after the newest; what is between is missing
    LATE = 1
    REPEATED = 2
    RESTARTED = 3

cdef struct Arrived:
    uint64_t digest            # of the frame; or UNSEEN or MISSING
    int64_t place              # 8 * the position on its virtual channel + its virtual channel

cdef struct Mark:              # what `FrameOrder.back` restores
    int64_t newest, last, lowest, unbroken
    int falling
    bint after_late

# Where around `reference`, from HALF - 1 before it to HALF after it, the count is `count`.
cdef inline int64_t nearest(int64_t reference, int count) noexcept nogil:
    cdef int64_t ahead = (count - reference) & (COUNTS - 1)
    return reference + ahead - (COUNTS if ahead > HALF else 0)

cdef class FrameOrder:
    cdef Arrived* seen                      # by position modulo its size
    cdef uint32_t* index                    # by digest, WAYS each: where in `seen`
    cdef int bits
    cdef int64_t size, top                  # `seen` holds the positions up to `top`
    cdef int64_t newest                     # position; 0: no frame yet
    cdef int64_t last                       # position of the frame that came last
    cdef int64_t lowest                     # position: the first since the counts began anew; 0: no frame yet
    cdef int64_t unbroken                   # position: all from here to the newest came in order
    cdef int falling                        # frames before the first that came since the newest
    cdef bint after_late                    # the frame that came last was late
    cdef int64_t position                   # of the frame judged
    cdef uint64_t digest
    cdef bint proved                        # and that it has come before, by what it holds

    cdef uint64_t state(self, int64_t position) noexcept nogil
    cdef int judge(self, const uint8_t* frame, Py_ssize_t octets, Py_ssize_t begin, Py_ssize_t end, bint follows) noexcept nogil
    cdef int out_of_order(self, const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end) noexcept nogil
    cdef bint proves(self, const uint8_t* frame, Py_ssize_t begin, Py_ssize_t end, int64_t known) noexcept nogil
    cdef int beside(self, int64_t reference, int count) noexcept nogil
    cdef bint falls(self, int count) noexcept nogil
    cdef int64_t accept(self, int arrival) noexcept nogil
    cdef int64_t miss_unknown(self, int64_t position) noexcept nogil
    cdef bint may_be(self, int64_t position, uint64_t digest) noexcept nogil
    cdef void repeat(self) noexcept nogil
    cdef void miss(self, int64_t position) noexcept nogil
    cdef int64_t* place(self, int64_t position) noexcept nogil
    cdef void reach(self, int64_t position) noexcept nogil
    cdef int64_t find(self, uint64_t digest) noexcept nogil
    cdef void note(self, int64_t position, uint64_t digest) noexcept nogil
    cdef int64_t neighbour(self, int64_t position, int step, int vcid) noexcept nogil
    cpdef object save(self)
    cpdef object restore(self, object state)
    cdef Mark mark(self) noexcept nogil
    cdef void back(self, Mark mark) noexcept nogil
