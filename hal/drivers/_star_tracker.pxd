# The star tracker, a unit on its own link. Users: hal/drivers/star_tracker.py.
from libc.stdint cimport int32_t, int64_t, uint16_t

from hal_link_state cimport StarTrackerLinkState
from hal_samples cimport StarTrackerSample
from hal.drivers._driver cimport Driver

cdef class StarTracker(Driver):
    cdef StarTrackerSample* attitude
    cdef int64_t age_max_ns           # an older report is stale
    cdef StarTrackerLinkState* state  # the same memory as `link`
