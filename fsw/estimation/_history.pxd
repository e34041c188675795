# The ring of filter states that applies every measurement at its time of validity, however late it arrives.
#
# The ring lives in a pool section (EstimatorHistorySection). Entry k: the gyro increment over (t[k-1], t[k]], the
# measurements valid in it, and the state at t[k]. A late measurement is filed in its entry and the entries from there
# on are computed again, so the result is that of measurements in order, whatever order they came in. (A measurement
# in the oldest entry can only be appended at its end.)
from libc.stdint cimport int64_t

from fsw.estimation._mekf cimport Mekf, MekfNoise
from fsw_estimation_sections cimport EstimatorHistorySection

cdef struct Measurement:
    int64_t t_ns
    int kind                   # MeasurementKind
    double[4] z                # direction in body axes (3), or attitude q_bi
    double[3] r_i              # direction in inertial axes
    double variance            # of a direction, for the gate [rad^2]
    double weight_variance     # of a direction, for the update

cdef struct History:
    EstimatorHistorySection* ring
    MekfNoise noise
    double[6] attitude_covariance   # of attitude measurements, body axes, upper triangle [rad^2]
    double gate_direction           # chi-square gates, 2 and 3 dof
    double gate_attitude

# The state at the newest entry, t[newest].
cdef Mekf* history_newest(const History* self) noexcept nogil

# Forget everything; the only entry is `state` at t_ns.
cdef void history_restart(const History* self, int64_t t_ns, const Mekf* state) noexcept nogil

# Advance to t_ns > t[newest] with the measured angle increment over that interval.
cdef void history_push(
    const History* self, int64_t t_ns, const double* dtheta_b, double extra_variance,
) noexcept nogil

# File and apply one measurement; return a HistoryStatus and, when judged, its normalised innovation squared.
cdef int history_insert(const History* self, const Measurement* measurement, double* nis) noexcept nogil

# Start anew from `state` known at t_ns within the ring: later increments are kept, all measurements are forgotten.
# Returns HISTORY_STATUS_LATE or HISTORY_STATUS_EARLY, and changes nothing, when the ring does not reach t_ns.
cdef int history_begin(const History* self, int64_t t_ns, const Mekf* state) noexcept nogil
