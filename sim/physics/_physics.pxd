"""The truth: rigid body with up to four reaction wheels on an orbit, integrated with RK4.

One advance covers one board cycle: the caller lists its sub-intervals with their torquer dipole; wheel commands hold
throughout. The environment is evaluated once per advance, at its end (position predicted to better than a
millimetre), and interpolated linearly over it. Nothing here allocates, raises or needs the GIL.
"""

from libc.stdint cimport int64_t

from hal._handle cimport Kernel
from hal_samples cimport MAX_WHEELS
from sim.physics._body cimport Body, Held, Surface
from sim.physics._environment cimport Environment, TruthEnvironment
from sim_physics_records cimport TruthRecord

cdef struct TruthState:
    int64_t t_ns                    # mission time
    int64_t t_tai_ns
    int64_t ut1_tai_ns
    double pos_i_m[3]
    double vel_i_mps[3]
    double q_bi[4]
    double rate_bi_b_radps[3]
    double wheel_speed_radps[MAX_WHEELS]  # relative to the body

cdef struct SubInterval:
    int64_t dt_ns
    double dipole_b_am2[3]          # torquers, in force throughout


cdef class Physics(Kernel):
    cdef readonly Environment environment
    cdef TruthState state           # the state at `truth.t_ns`
    cdef TruthEnvironment around    # the environment there
    cdef TruthRecord* truth         # the same as a record, for readers
    cdef readonly object records    # hal.handle.Memory, which owns `truth`
    cdef Body _body
    cdef int64_t _step_ns
    cdef Surface _surface           # of the last step
    cdef double _motor_nm[MAX_WHEELS]   # of the last step

    # Set the state and evaluate the environment there.
    cdef void restart(self, const TruthState* state) noexcept nogil
    # Integrate over `count` sub-intervals (dt_ns > 0) and refresh `truth`; wheel_torque_nm has four elements.
    cdef void advance(self, const SubInterval* parts, int count, const double* wheel_torque_nm) noexcept nogil
    cdef void _span(self, const SubInterval* parts, int count, int64_t total_ns, const double* wheel_torque_nm,
                    double* y) noexcept nogil
    cdef void _step(self, double* y, double dt, const double* wheel_torque_nm, const TruthEnvironment* end,
                    double start_share, double step_share, Held* held) noexcept nogil
    cdef void _report(self, const double* dtheta_b, const double* dipole_b) noexcept nogil
    cdef void _report_torques(self, const double* c_bi, const double* dipole_b) noexcept nogil
