# Isolation of devices by residuals: who contradicts whom, and for how long. `isolation.py` says what follows, and
# docs/adr/0008-isolation-by-residuals.md why.
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

from fsw.navigation cimport _vector as vector

cdef extern from "fsw_core_sections.h":
    ctypedef struct TimeSection:
        int64_t t_ns

    ctypedef struct GyroSample:
        double dtheta_s_rad[3]

    ctypedef struct MagSample:
        double mag_s_tesla[3]

    ctypedef struct CssSample:
        uint8_t new "new"
        uint8_t valid
        double ratio[6]

    ctypedef struct WheelSample:
        int64_t t_ns
        uint8_t new "new"
        uint8_t valid
        double speed_radps[4]

    ctypedef struct StarTrackerSample:
        double q_si[4]

    ctypedef struct EpsSample:
        uint8_t valid
        uint16_t switches

    ctypedef struct BoardHealth:
        uint32_t silent_ticks
        uint8_t safe_outputs

    ctypedef struct SamplesSection:
        GyroSample gyro
        MagSample mag
        CssSample css
        WheelSample wheels
        StarTrackerSample star_tracker
        EpsSample eps
        BoardHealth adcs_health

    ctypedef struct ActuatorCommand:
        double wheel_torque_nm[4]
        uint8_t valid

    ctypedef struct CommandSection:
        ActuatorCommand actuators

    ctypedef struct ModeSection:
        uint8_t system

cdef extern from "fsw_estimation_sections.h":
    ctypedef struct BodySection:
        int64_t gyro_t_ns
        double gyro_dt_s
        double dtheta_b_rad[3]
        double rate_bi_b_radps[3]
        double mag_b_tesla[3]
        int64_t mag_t_ns
        int64_t str_t_ns
        double q_bi_str[4]
        uint8_t gyro_heard
        uint8_t mag_heard
        uint8_t str_heard

    ctypedef struct AttitudeSection:
        double q_bi[4]
        double rate_bi_b_radps[3]
        double bias_b_radps[3]
        double sigma_rad
        double str_age_s
        uint32_t initialisations
        uint8_t valid
        uint8_t rate_valid
        uint8_t sources

    ctypedef struct EstimatorHistorySection:
        uint32_t str_refused
        int64_t str_t_ns
        int64_t str_begin_ns
        double str_noise_ratio
        double str_noise_typical

    ctypedef struct RateModelSection:
        double rate_bi_b_radps[3]
        uint8_t valid
        uint8_t in_use

cdef extern from "fsw_navigation_sections.h":
    ctypedef struct NavigationSection:
        double sun_i[3]
        double mag_i_tesla[3]
        double sunlit
        uint8_t valid

    ctypedef struct OrbitSection:
        uint8_t gnss_streak
        uint16_t gnss_agreed
        double nis_gnss

cdef extern from "fsw_autonomy_sections.h":
    ctypedef struct FdirSection:
        uint8_t excluded[20]
        uint8_t reason[20]
        uint8_t kept[20]
        uint16_t exclusions[20]
        uint16_t cycled_off

    ctypedef struct IsolationSection:
        double bad_s[20]
        double good_s[20]
        double residual[20]
        uint8_t suspicion[20]
        uint8_t verdict[20]
        uint16_t same[3][3]
        double last[3][4]
        double step[2][3]
        double noise[2]
        int64_t window_t_ns
        double window_q[4]
        double window_off_b_radps[3]
        uint16_t window_ticks
        double window_mag_b_tesla[3]
        double window_mag_i_tesla[3]
        double window_q_bi_str[4]
        int64_t window_str_t_ns
        double q_bi_str[4]
        int64_t str_t_ns
        double gyro_against[3]
        double mag_angle
        double refusal_b_rad[3]
        uint8_t refusal_pending
        double followed_b_rad[3]
        int64_t wheel_t_ns
        double wheel_speed_radps[4]
        double wheel_torque_nm[2][4]
        double wheel_excess_nm[4]
        double wheel_residual_nm[4]
        double wheel_square_nm2[4]
        double wheel_demand_nm[4]
        uint16_t wheel_same[4]

# What follows from the vehicle file.
cdef struct Limits:
    double tick_s
    double gyro_noise           # variance of a second difference of the gyro's rates [rad^2/s^2], 0: without noise
    double mag_noise            # the same of the field [T^2]
    double mag_sigma_tesla
    double[9] str_information   # inverse of the covariance of the star tracker's noise, body axes [1/rad^2]
    int cells
    double[6][3] normal
    int wheels
    double[4] inertia_kgm2
    double[4] coulomb_nm
    double[4] viscous_nms

cdef enum:  # numbers of fsw.core.devices and fsw.core.modes, verdicts, counts
    GYRO = 1
    MAGNETOMETER = 2
    STAR_TRACKER = 3
    GNSS = 4
    SUN_SENSORS = 8
    WHEELS = 16
    DEVICES = 20
    NONE = 0
    SILENT = 1
    STUCK = 2
    DISAGREES = 3
    REFUSED = 4
    MONITOR = 5
    ADMIT = 255
    KEEP = 254
    BOOT = 0
    SOURCE_STAR_TRACKER = 4
    EPS_WHEELS = 4
    WINDOW = 20                      # gyro samples over which rates are compared
    STUCK_SAMPLES = 20
    WHEEL_STUCK_SAMPLES = 1200
    REFUSALS_FIRST = 5               # of the star tracker in a row: the disagreement is noted
    ACCEPTED = 0                     # what is known of a star tracker's refusal
    WHO_ERRS = 1
    JUMPED = 2
    JUMPED_BACK = 3
    REFUSALS_JUDGED = 25             # the same: it has not grown, so the star tracker errs
    GNSS_REFUSALS = 5
    GNSS_AGREED = 6
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
