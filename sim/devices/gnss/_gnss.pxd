# GNSS receiver: a unit on its own link that speaks UBX. Messages wait here until their latency has passed.

from libc.stdint cimport int32_t, int64_t, uint8_t, uint16_t, uint32_t

from sim.devices._model cimport DeviceModel
from sim_physics_records cimport TruthRecord

cdef enum:
    UBX_PVT_OCTETS = 100         # sync (2), class, id, length (2), payload (92), checksum (2)
    SOLUTIONS = 8                # most solutions under way at once


# Payload of UBX-NAV-PVT; u-blox names, with units of u-blox.
ctypedef packed struct NavPvt:
    uint32_t i_tow
    uint16_t year
    uint8_t month, day, hour, minute, second, valid
    uint32_t t_acc
    int32_t nano
    uint8_t fix_type, flags, flags2, num_sv
    int32_t lon, lat, height, h_msl
    uint32_t h_acc, v_acc
    int32_t vel_n, vel_e, vel_d, g_speed, head_mot
    uint32_t s_acc, head_acc
    uint16_t p_dop
    uint16_t flags3
    uint8_t reserved[4]
    int32_t head_veh
    uint16_t mag_dec, mag_acc


cdef class Gnss(DeviceModel):
    cdef double noise_position_m
    cdef double noise_velocity_mps
    cdef int64_t period_ns
    cdef int64_t latency_ns
    cdef int64_t next_ns         # time of the next solution
    cdef uint8_t messages[SOLUTIONS][UBX_PVT_OCTETS]
    cdef int64_t arrival_ns[SOLUTIONS]
    cdef int first, waiting      # ring of messages under way

    # One solution from the truth and this device's noise.
    cdef void fill(self, const TruthRecord* truth, NavPvt* pvt) noexcept nogil
