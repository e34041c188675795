# The records of hal/samples.py for kernels, as the build prints them into hal_samples.h. Units are in the names.
from libc.stdint cimport int64_t, uint8_t, uint16_t, uint32_t

cdef extern from "hal_samples.h" nogil:
    ctypedef struct Sample:
        int64_t t_ns
        uint32_t seq
        uint8_t new, valid

    ctypedef struct GyroSample:
        int64_t t_ns
        uint32_t seq
        uint8_t new, valid
        int64_t dt_ns
        double[3] dtheta_s_rad

    ctypedef struct MagSample:
        int64_t t_ns
        uint32_t seq
        uint8_t new, valid
        double[3] mag_s_tesla

    ctypedef struct CssSample:
        int64_t t_ns
        uint32_t seq
        uint8_t new, valid
        double[6] ratio

    ctypedef struct WheelSample:
        int64_t t_ns
        uint32_t seq
        uint8_t new, valid
        double[4] speed_radps

    ctypedef struct TorquerSample:
        int64_t t_ns
        uint32_t seq
        uint8_t new, valid
        double[3] dipole_am2

    ctypedef struct StarTrackerSample:
        int64_t t_ns
        uint32_t seq
        uint8_t new, valid
        double[4] q_si
        uint16_t flags

    ctypedef struct GnssSample:
        int64_t t_ns
        uint32_t seq
        uint8_t new, valid
        int64_t t_tai_ns
        double[3] pos_e_m
        double[3] vel_e_mps
        double accuracy_m

    ctypedef struct EpsSample:
        int64_t t_ns
        uint32_t seq
        uint8_t new, valid
        double bus_voltage_v, battery_current_a, array_power_w, load_power_w, state_of_charge, temperature_k
        uint16_t switches

    ctypedef struct UnitHealth:
        uint32_t silent_ticks, frames_ok, frames_bad, samples_stale, samples_out_of_range, link_errors
        uint8_t silent

    ctypedef struct BoardHealth:  # begins as UnitHealth does
        uint32_t silent_ticks, frames_ok, frames_bad, samples_stale, samples_out_of_range, link_errors
        uint8_t silent, safe_outputs, reset_reason, configured
        int64_t board_time_ns
        uint32_t cycle_count, reset_count, commands_accepted, commands_rejected, board_frames_bad, frames_sent
        uint32_t commands_lost, frames_lost, cycles_past, identities, firmware_version, firmware_source
        uint32_t fault_pc, fault_status
        uint16_t config_crc
        uint8_t identity

    ctypedef struct ActuatorCommand:
        int64_t t_apply_ns
        double[4] wheel_torque_nm
        double[3] dipole_am2
        uint8_t valid
