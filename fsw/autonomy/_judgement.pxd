# What the kernels of isolation share: what they look at, what counts for and against a device, and who is believed.
# `isolation.py` says what follows, and docs/adr/0008-isolation-by-residuals.md why.
from libc.stdint cimport int64_t, uint8_t

from fsw.algebra cimport _vector as vector
from fsw_autonomy_sections cimport IsolationSection, VERDICT_ADMIT
from fsw_health_sections cimport FdirSection
from fsw_health_devices cimport DEVICE_WHEEL_0, EXCLUSION_MONITOR, EXCLUSION_NONE
from fsw.core._samples cimport MAX_STAR_TRACKERS, Samples
from fsw.health._numbers cimport tracker_device
from fsw_core_sections cimport TimeSection
from fsw_control_sections cimport CommandSection
from fsw_guidance_sections cimport ModeSection
from fsw_estimation_sections cimport AttitudeSection, BodySection, EstimatorHistorySection, RateModelSection
from fsw_navigation_sections cimport NavigationSection, OrbitSection
from hal_samples cimport MAX_SUN_SENSORS, MAX_WHEELS

cdef struct Limits:
    # What follows from the vehicle file.
    double tick_s
    bint gyro, mag, star_tracker, gnss, power   # what the vehicle has; what it has not is not watched
    double gyro_noise           # variance of a second difference of the gyro's rates [rad^2/s^2], 0: without noise
    double mag_noise            # the same of the field [T^2]
    double mag_sigma_tesla
    double[MAX_STAR_TRACKERS][9] str_information   # inverse of the covariance of the star tracker's noise, body axes [1/rad^2]
    int cells
    double[MAX_SUN_SENSORS][3] normal
    int wheels
    double[MAX_WHEELS] inertia_kgm2
    double[MAX_WHEELS] coulomb_nm
    double[MAX_WHEELS] viscous_nms

cdef struct Scene:
    # What devices are judged by; `state` takes what is found.
    const TimeSection* time
    const ModeSection* mode
    Samples samples
    const CommandSection* command
    const BodySection* body
    const AttitudeSection* attitude
    const EstimatorHistorySection* history
    const RateModelSection* model
    const NavigationSection* navigation
    const OrbitSection* orbit
    FdirSection* fdir
    IsolationSection* state
    Limits limits
    double[MAX_WHEELS] torque_before   # commanded two ticks ago: acting until this tick; set and used within a tick

cdef enum:
    ADMIT_S = 60                     # agreement after which a device is used again
    NOISE_LIMIT = 25                 # of the variance that is declared
    NOISE_MOST = 100                 # that one difference counts
    NOISE_S = 5
    STUCK_SAMPLES = 20
    REFUSALS_FIRST = 5               # of the star tracker in a row: the disagreement is noted
    AGAIN_S = 30                     # two starts of the filter by refusals this close: the star tracker
    AUTOMATIC = 3                    # times a device is used again without ground


cdef inline double apart(const double* a, const double* b) noexcept nogil:
    """Angle between two vectors [rad], small ones exactly."""
    cdef double[3] across
    cdef double norms = vector.norm(a) * vector.norm(b)
    cdef double sine
    if norms == 0.0:
        return 3.2
    vector.cross(a, b, across)
    sine = vector.norm(across) / norms
    return sine if vector.dot(a, b) > 0.0 else 3.2 - sine


cdef inline int tracker(const Scene* it) noexcept nogil:
    """The number of the star tracker in use."""
    return tracker_device(it.body.str_source)


cdef inline void judge(const Scene* it, int device, uint8_t suspicion, bint agrees, double span_s,
                       double hold_s) noexcept nogil:
    """Count for how long a device has shown `suspicion`, or agreed, and come to a verdict."""
    cdef IsolationSection* state = it.state
    state.suspicion[device] = suspicion
    if suspicion != EXCLUSION_NONE:
        state.bad_s[device] += span_s
        state.good_s[device] = 0.0
    else:
        state.bad_s[device] = max(0.0, state.bad_s[device] - span_s)
        if agrees:
            state.good_s[device] += span_s
    state.verdict[device] = EXCLUSION_NONE
    if suspicion != EXCLUSION_NONE and state.bad_s[device] >= hold_s and not (
            it.fdir.excluded[device] or it.fdir.kept[device]):
        state.verdict[device] = suspicion
    elif state.good_s[device] >= ADMIT_S and it.fdir.exclusions[device] <= AUTOMATIC and (
            it.fdir.kept[device] or (it.fdir.excluded[device] and it.fdir.reason[device] < EXCLUSION_MONITOR)):
        state.verdict[device] = VERDICT_ADMIT
        state.good_s[device] = 0.0


cdef inline bint believed(const Scene* it, int device) noexcept nogil:
    """Whether a device may speak against another: not while it is in doubt itself, in use or not.

    One that ground or a monitor left out has not erred.
    """
    return it.state.suspicion[device] == EXCLUSION_NONE and not it.fdir.kept[device] and not (
        it.fdir.excluded[device] and it.fdir.reason[device] < EXCLUSION_MONITOR)


cdef inline bint wheels_believed(const Scene* it) noexcept nogil:
    """Whether no wheel is in doubt: what it does to the body and what its tachometer says are known."""
    cdef int k
    for k in range(it.limits.wheels):
        if not believed(it, DEVICE_WHEEL_0 + k):
            return False
    return True


cdef inline bint undisputed(const Scene* it, double sigma_rad) noexcept nogil:
    """Whether the attitude is known so well, and the star tracker does not contradict it."""
    return it.attitude.valid and it.attitude.sigma_rad < sigma_rad and it.history.str_refused < REFUSALS_FIRST


cdef inline bint began_lately(const Scene* it) noexcept nogil:
    """Whether refusals by the star tracker have just made the filter start anew."""
    return it.history.str_begin_ns != 0 and it.time.t_ns - it.history.str_begin_ns < AGAIN_S * <int64_t>1000000000


cdef inline bint repeats(const Scene* it, int row, const double* value, int axes) noexcept nogil:
    """Count how often in a row each axis has had the very same value."""
    cdef IsolationSection* state = it.state
    cdef bint found = False
    cdef int i
    for i in range(axes):
        if value[i] != state.last[row][i]:
            state.same[row][i] = 0
        elif state.same[row][i] < 1000:
            state.same[row][i] += 1
        state.last[row][i] = value[i]
        found = found or state.same[row][i] >= STUCK_SAMPLES
    return found


cdef inline bint too_noisy(const Scene* it, int row, const double* value, const double* before,
                           double variance) noexcept nogil:
    """Follow the mean square of second differences: what no motion of the body explains."""
    cdef IsolationSection* state = it.state
    cdef double change, second, total = 0.0
    cdef int i
    if variance == 0.0:
        return False
    for i in range(3):
        change = value[i] - before[i]
        second = change - state.step[row][i]
        state.step[row][i] = change
        total += second * second
    total = min(total / (3.0 * variance), <double>NOISE_MOST)  # one outlier, or the start, is no noise
    state.noise[row] += it.limits.tick_s / NOISE_S * (total - state.noise[row])
    return state.noise[row] > NOISE_LIMIT
