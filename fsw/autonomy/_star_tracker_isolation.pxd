# Isolation of the star tracker.
from fsw.autonomy._judgement cimport Scene

# A stuck attitude; and, when it is refused persistently, whether attitude or rate is at fault.
cdef void watch_star_tracker(const Scene* it) noexcept nogil
