# The pool sections that estimation's kernels read and write: the fields used here; the build's headers declare all.
from libc.stdint cimport int64_t, uint8_t, uint32_t


cdef extern from "fsw_core_sections.h" nogil:
    ctypedef struct TimeSection:
        int64_t t_ns

    ctypedef struct GyroSample:
        int64_t t_ns
        uint8_t new "new"
        uint8_t valid
        int64_t dt_ns
        double dtheta_s_rad[3]

    ctypedef struct MagSample:
        int64_t t_ns
        uint8_t new "new"
        uint8_t valid
        double mag_s_tesla[3]

    ctypedef struct CssSample:
        int64_t t_ns
        uint8_t new "new"
        uint8_t valid
        double ratio[6]

    ctypedef struct WheelSample:
        int64_t t_ns
        uint8_t new "new"
        uint8_t valid
        double speed_radps[4]

    ctypedef struct TorquerSample:
        uint8_t valid
        double dipole_am2[3]

    ctypedef struct StarTrackerSample:
        int64_t t_ns
        uint8_t new "new"
        uint8_t valid
        double q_si[4]

    ctypedef struct SamplesSection:
        GyroSample gyro
        MagSample mag
        CssSample css
        WheelSample wheels
        TorquerSample torquers
        StarTrackerSample star_tracker


cdef extern from "fsw_navigation_sections.h" nogil:
    ctypedef struct NavigationSection:
        double sun_i[3]
        double mag_i_tesla[3]
        double sunlit
        uint8_t valid


cdef extern from "fsw_estimation_sections.h" nogil:
    enum: HISTORY_DEPTH "(sizeof(((EstimatorHistorySection *)0)->t_ns) / sizeof(int64_t))"
    enum: HISTORY_SLOTS "(sizeof(((EstimatorHistorySection *)0)->meas_t_ns[0]) / sizeof(int64_t))"

    ctypedef struct BodySection:
        int64_t gyro_t_ns
        double gyro_dt_s
        double dtheta_b_rad[3]
        double rate_bi_b_radps[3]
        int64_t mag_t_ns
        double mag_b_tesla[3]
        int64_t sun_t_ns
        double sun_b[3]
        double sun_strength
        int64_t str_t_ns
        double q_bi_str[4]
        double wheel_momentum_b_nms[3]
        uint8_t gyro_valid
        uint8_t mag_valid
        uint8_t sun_valid
        uint8_t str_valid
        uint8_t wheels_valid
        uint8_t gyro_heard
        uint8_t mag_heard
        uint8_t str_heard
        uint8_t wheels_new

    ctypedef struct AttitudeSection:
        double q_bi[4]
        double rate_bi_b_radps[3]
        double bias_b_radps[3]
        double p[6][6]
        double sigma_rad
        double nis_mag
        double nis_sun
        double nis_str
        uint32_t mag_accepted
        uint32_t mag_rejected
        uint32_t sun_accepted
        uint32_t sun_rejected
        uint32_t str_accepted
        uint32_t str_rejected
        double str_age_s
        uint32_t initialisations
        uint32_t dropped
        uint8_t valid
        uint8_t rate_valid
        uint8_t sources

    ctypedef struct EstimatorHistorySection:
        int64_t t_ns[16]
        double dtheta_b_rad[16][3]
        double extra_variance_rad2[16]
        double state[16][28]
        int64_t meas_t_ns[16][4]
        double meas_z[16][4][4]
        double meas_r_i[16][4][3]
        double meas_variance[16][4]
        double meas_weight_variance[16][4]
        uint8_t meas_kind[16][4]
        uint8_t meas_count[16]
        uint32_t newest
        uint32_t count
        uint32_t str_refused
        uint32_t mag_refused
        int64_t str_t_ns
        int64_t mag_t_ns
        int64_t sun_t_ns
        uint8_t initialised
        int64_t str_begin_ns
        int64_t str_heard_ns
        double str_heard_q_bi[4]
        double str_turn_b_rad[3]
        uint8_t str_follows
        double str_noise_b_rad2[6]
        double str_noise_ratio
        double str_noise_typical

    ctypedef struct MagCalibrationSection:
        double correction_b_tesla[3][4]
        double p[10]
        double residual_b_tesla[3]
        uint32_t updates

    ctypedef struct RateModelSection:
        int64_t t_ns
        double momentum_b_nms[3]
        double rate_bi_b_radps[3]
        double innovation_b_radps[3]
        double sigma_radps
        int64_t wheels_t_ns
        int64_t since_ns
        uint8_t valid
        uint8_t in_use


cdef extern from "fsw_autonomy_sections.h" nogil:
    ctypedef struct FdirSection:
        uint8_t excluded[20]
        uint8_t reason[20]
        uint8_t kept[20]

cdef enum:  # fsw.core.devices.Device
    DEVICE_GYRO = 1
    DEVICE_MAGNETOMETER = 2
    DEVICE_STAR_TRACKER = 3
    DEVICE_GNSS = 4
    DEVICE_SUN_SENSORS = 8
    DEVICE_WHEELS = 16

cdef enum:  # fsw.core.devices.Exclusion
    EXCLUSION_SILENT = 1
    EXCLUSION_STUCK = 2
    EXCLUSION_DISAGREES = 3
    EXCLUSION_REFUSED = 4
