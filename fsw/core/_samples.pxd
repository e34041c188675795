# The samples that flight works on, wherever the vehicle has them: the first of each kind, and every star tracker. Where it has none, the pointer
# leads to a record of zeros: nothing new, nothing valid.
from hal._handle cimport Kernel
from hal_samples cimport (
    BoardHealth, CssSample, EpsSample, GnssSample, GyroSample, MagSample, StarTrackerSample, TorquerSample, WheelSample,
)

cdef enum:
    MAX_STAR_TRACKERS = 2

cdef struct Samples:
    const GyroSample* gyro
    const MagSample* mag
    const CssSample* css
    const WheelSample* wheels
    const TorquerSample* torquers
    const StarTrackerSample* star_trackers[MAX_STAR_TRACKERS]   # those that there are come first
    int star_tracker_count
    const GnssSample* gnss
    const EpsSample* eps
    const BoardHealth* adcs_health

# Take the samples from `pool`, for `kernel`, which keeps their memory alive.
cdef int bind_samples(Kernel kernel, pool, Samples* out) except -1
