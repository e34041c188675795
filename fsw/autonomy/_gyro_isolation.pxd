# Isolation of the gyro.
from fsw.autonomy._judgement cimport Scene

# Silence, stuck axes, noise; every window, three witnesses of the rate.
cdef void watch_gyro(const Scene* it) noexcept nogil
