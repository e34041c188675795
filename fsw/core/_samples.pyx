# cython: language_level=3
"""Finds samples in the pool by their records; see fsw/core/_samples.pxd."""
from hal._handle cimport Kernel
from hal_samples cimport (
    BoardHealth, CssSample, EpsSample, GnssSample, GyroSample, MagSample, StarTrackerSample, TorquerSample, WheelSample,
    bind_BoardHealth, bind_CssSample, bind_EpsSample, bind_GnssSample, bind_GyroSample, bind_MagSample,
    bind_StarTrackerSample, bind_TorquerSample, bind_WheelSample,
)

from fsw.core.samples import SampleNames
from hal import samples

# What there is of a device that the vehicle does not have. Static memory is zero.
cdef GyroSample NO_GYRO
cdef MagSample NO_MAG
cdef CssSample NO_CSS
cdef WheelSample NO_WHEELS
cdef TorquerSample NO_TORQUERS
cdef StarTrackerSample NO_STAR_TRACKER
cdef GnssSample NO_GNSS
cdef EpsSample NO_EPS
cdef BoardHealth NO_BOARD


cdef int bind_samples(Kernel kernel, pool, Samples* out) except -1:
    names = SampleNames(pool, type(kernel).__name__)
    if names.handle is not None:
        kernel.handles.append(names.handle)
    name = names.first_of(samples.GyroSample)
    out.gyro = bind_GyroSample(kernel, pool, name) if name else &NO_GYRO
    name = names.first_of(samples.MagSample)
    out.mag = bind_MagSample(kernel, pool, name) if name else &NO_MAG
    name = names.first_of(samples.CssSample)
    out.css = bind_CssSample(kernel, pool, name) if name else &NO_CSS
    name = names.first_of(samples.WheelSample)
    out.wheels = bind_WheelSample(kernel, pool, name) if name else &NO_WHEELS
    name = names.first_of(samples.TorquerSample)
    out.torquers = bind_TorquerSample(kernel, pool, name) if name else &NO_TORQUERS
    trackers = names.all_of(samples.StarTrackerSample)[:MAX_STAR_TRACKERS]
    out.star_tracker_count = len(trackers)
    for k in range(MAX_STAR_TRACKERS):
        out.star_trackers[k] = &NO_STAR_TRACKER
        if k < out.star_tracker_count:
            out.star_trackers[k] = bind_StarTrackerSample(kernel, pool, trackers[k])
    name = names.first_of(samples.GnssSample)
    out.gnss = bind_GnssSample(kernel, pool, name) if name else &NO_GNSS
    name = names.first_of(samples.EpsSample)
    out.eps = bind_EpsSample(kernel, pool, name) if name else &NO_EPS
    name = names.called("adcs_health")
    out.adcs_health = bind_BoardHealth(kernel, pool, name) if name else &NO_BOARD
    return 0
