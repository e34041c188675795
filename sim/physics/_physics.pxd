"""The truth: rigid body with rotors on an orbit, integrated with RK4.

One advance covers one board cycle, with the actions of all actuators in it (`_actuation.pxd`). The environment is evaluated once per advance, at its end (position predicted to better than a
millimetre), and interpolated linearly over it. Nothing here allocates, raises or needs the GIL.
"""

from libc.stdint cimport int64_t

from hal._handle cimport Kernel
from hal_samples cimport MAX_WHEELS
from sim.physics._actuation cimport Actuation, Piece
from sim.physics._body cimport Body, Held, Surface
from sim.physics._environment cimport Environment, Sky, TruthEnvironment
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
    double mass_kg
    double dvel_i_mps[3]            # that actuators have added since the start
    double angular_impulse_nms      # of actuators since the start, at most

cdef struct Mean:                   # over the last advance
    double force_b_n[3]
    double torque_b_nm[3]
    double dipole_b_am2[3]


cdef class Physics(Kernel):
    cdef readonly Environment environment  # shared by all spacecraft
    cdef Sky sky                    # this one's memory of it
    cdef TruthState state           # the state at `truth.t_ns`
    cdef TruthEnvironment around    # the environment there
    cdef TruthRecord* truth         # the same as a record, for readers
    cdef readonly object records    # hal.handle.Memory, which owns `truth`
    cdef Body _body
    cdef int64_t _step_ns
    cdef Surface _surface           # of the last step
    cdef double _motor_nm[MAX_WHEELS]   # of the last step
    cdef Mean _mean

    # Set the state and evaluate the environment there.
    cdef void restart(self, const TruthState* state) noexcept nogil
    # Integrate over a cycle (nothing if it has no duration) and refresh `truth`.
    cdef void advance(self, const Actuation* actuation) noexcept nogil
    cdef void _average(self, const Piece* pieces, int count, int64_t total_ns) noexcept nogil
    cdef void _span(self, const Piece* pieces, int count, int64_t total_ns, const double* motor_nm,
                    double* y) noexcept nogil
    cdef void _hold(self, const Piece* piece, const TruthEnvironment* end, Held* held) noexcept nogil
    cdef void _step(self, double* y, double dt, const Piece* piece, const double* motor_nm,
                    const TruthEnvironment* end, double start_share, double step_share, Held* held) noexcept nogil
    cdef void _add_push(self, const Held* held, const double* y, double dt) noexcept nogil
    cdef void _report(self, const double* dtheta_b) noexcept nogil
    cdef void _report_torques(self, const double* c_bi) noexcept nogil
