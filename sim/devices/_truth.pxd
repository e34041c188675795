# The truth as devices read it: the fields they use of sim.physics.records.TruthRecord.

from libc.stdint cimport int64_t


cdef extern from "sim_physics_records.h":
    ctypedef struct TruthRecord:
        int64_t t_ns
        int64_t t_tai_ns
        double pos_i_m[3]
        double q_bi[4]
        double rate_bi_b_radps[3]
        double wheel_speed_radps[4]
        double wheel_torque_nm[4]
        double mag_b_tesla[3]
        double sun_i[3]
        double sun_b[3]
        double sun_distance_m
        double sunlit
        double pos_e_m[3]
        double vel_e_mps[3]

cdef double ASTRONOMICAL_UNIT_M


# Sunlight on a surface that faces the Sun, 1 at 1 au and unshadowed, 0 in umbra.
cdef double irradiance(const TruthRecord* truth) noexcept nogil


# A truth copied from a NumPy record: the way in for tests and tools.
cdef class TruthCopy:
    cdef TruthRecord truth
