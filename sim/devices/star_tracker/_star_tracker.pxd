# Star tracker: a unit on its own link. Reports wait here until their latency has passed.

from libc.stdint cimport int64_t, uint16_t

from hal_wire cimport StarTrackerReport
from sim.devices._model cimport DeviceModel
from sim_devices_star_tracker_records cimport StarTrackerTruth
from sim_physics_records cimport TruthRecord


cdef enum:
    REPORTS = 32                 # most reports under way at once


cdef class StarTracker(DeviceModel):
    cdef StarTrackerTruth* out
    cdef double q_sb[4]          # nominal mounting
    cdef double q_error[4]       # what calibration left of the mounting error
    cdef double sigma_s[3]       # noise about the sensor axes [rad]
    cdef double rate_limit_radps
    cdef double sun_exclusion_rad
    cdef double earth_exclusion_rad
    cdef int64_t period_ns
    cdef int64_t latency_ns
    cdef int64_t next_ns         # time of the next image
    cdef uint16_t seq
    cdef uint16_t frame_count    # of its packets
    cdef uint16_t last_flags     # of the last report that arrived
    cdef StarTrackerReport reports[REPORTS]
    cdef int64_t arrival_ns[REPORTS]
    cdef int first, waiting      # ring of reports under way

    # Flags of all that keeps the tracker from seeing stars.
    cdef uint16_t obstacles(self, const TruthRecord* truth) noexcept nogil

    # Fill one report with attitude or obstacle flags.
    cdef void fill(self, const TruthRecord* truth, StarTrackerReport* report) noexcept nogil

    # Take the next report that has arrived by t_ns; NULL when there is none. Holds until the next call of measure.
    cdef const StarTrackerReport* arrived(self, int64_t t_ns) noexcept nogil
