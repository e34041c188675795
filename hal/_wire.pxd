# The payloads of hal/wire.py for kernels, as the build prints them into hal_wire.h.
#
# On the wire a payload is the record without its trailing padding, little-endian; hal runs on little-endian hosts
# only, so that a payload is copied, not converted.
from libc.stdint cimport int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t

cdef extern from "hal_wire.h" nogil:
    enum:  # octets on the wire
        AdcsCommand_END, AdcsSensors_END, EpsCommand_END, EpsSensors_END, Boot_END, Identity_END
        StarTrackerReport_END
        AdcsStimulus_END, AdcsActuation_END, EpsStimulus_END, EpsActuation_END

    ctypedef struct AdcsCommand:
        uint16_t seq, flags
        int16_t[4] wheel_torque_counts
        int16_t[3] dipole_counts

    ctypedef struct AdcsSensors:
        int64_t board_time_ns
        int32_t[3] gyro_counts
        uint32_t cycle
        int16_t[3] mag_counts
        uint16_t[6] css_counts
        int16_t[4] wheel_counts
        int16_t[3] dipole_counts
        uint16_t flags, command_seq, commands_accepted, commands_rejected, frames_bad
        uint8_t reset_reason

    ctypedef struct AdcsStimulus:
        int64_t board_time_ns
        int32_t[3] gyro_counts
        int16_t[3] mag_counts
        uint16_t[6] css_counts
        int16_t[4] wheel_counts
        uint16_t bus_octets

    ctypedef struct AdcsActuation:
        int64_t board_time_ns
        int16_t[4] wheel_torque_counts
        int16_t[3] dipole_counts
        uint16_t duty_permille, bus_octets

    ctypedef struct EpsCommand:
        uint16_t seq, flags, switches

    ctypedef struct EpsSensors:
        int64_t board_time_ns
        uint32_t cycle
        uint16_t bus_mv
        int16_t battery_ma
        uint16_t array_cw, load_cw, soc_counts, temperature_ck, switches
        uint16_t flags, command_seq, commands_accepted, commands_rejected, frames_bad
        uint8_t reset_reason

    ctypedef struct EpsStimulus:
        int64_t board_time_ns
        uint16_t bus_mv
        int16_t battery_ma
        uint16_t array_cw, load_cw, soc_counts, temperature_ck, bus_octets

    ctypedef struct EpsActuation:
        int64_t board_time_ns
        uint16_t switches, bus_octets

    ctypedef struct Boot:
        int64_t board_time_ns
        uint32_t version, fault_pc, fault_lr, fault_status
        uint8_t kind, reset_reason

    ctypedef struct Identity:
        uint32_t version, source
        uint16_t config_crc
        uint8_t kind

    ctypedef struct StarTrackerReport:
        int64_t valid_time_ns
        int32_t[4] q_counts
        uint16_t seq, flags
