"""The truth: rigid body with up to four reaction wheels on an orbit, integrated with RK4.

One advance covers one board cycle: the caller lists its sub-intervals with their torquer dipole; wheel commands hold
throughout. The environment is evaluated once per advance, at its end (position predicted to better than a
millimetre), and interpolated linearly over it. Nothing here allocates, raises or needs the GIL.
"""

from libc.stdint cimport int64_t

from sim.physics._environment cimport Environment, TruthEnvironment

cdef extern from "sim_physics_records.h":
    ctypedef struct TruthRecord:
        int64_t t_ns
        int64_t t_tai_ns
        double pos_i_m[3]
        double vel_i_mps[3]
        double q_bi[4]
        double rate_bi_b_radps[3]
        double dtheta_b_rad[3]
        double wheel_speed_radps[4]
        double wheel_torque_nm[4]
        double wheel_friction_nm[4]
        double momentum_b_nms[3]
        double dipole_b_am2[3]
        double mag_i_tesla[3]
        double mag_b_tesla[3]
        double sun_i[3]
        double sun_b[3]
        double sun_distance_m
        double sunlit
        double moon_i_m[3]
        double q_ei[4]
        double pos_e_m[3]
        double vel_e_mps[3]
        double latitude_rad
        double longitude_rad
        double altitude_m
        double density_kgpm3
        double accel_gravity_i_mps2[3]
        double accel_third_body_i_mps2[3]
        double force_drag_i_n[3]
        double force_solar_i_n[3]
        double torque_gravity_b_nm[3]
        double torque_drag_b_nm[3]
        double torque_solar_b_nm[3]
        double torque_residual_b_nm[3]
        double torque_torquer_b_nm[3]
        double torque_wheel_b_nm[3]

cdef enum:
    WHEELS = 4
    FACES = 32
    STATES = 20     # position, velocity, q_bi, momentum_i, rotor momenta, integral of the rate

cdef struct TruthState:
    int64_t t_ns                    # mission time
    int64_t t_tai_ns
    int64_t ut1_tai_ns
    double pos_i_m[3]
    double vel_i_mps[3]
    double q_bi[4]
    double rate_bi_b_radps[3]
    double wheel_speed_radps[WHEELS]  # relative to the body

cdef struct SubInterval:
    int64_t dt_ns
    double dipole_b_am2[3]          # torquers, in force throughout

cdef struct Plate:
    double normal_b[3]
    double center_b_m[3]
    double area_m2
    double absorbed                 # 1 - specular
    double specular
    double diffuse

cdef struct Rotor:
    double axis_b[3]
    double inertia_kgm2
    double torque_max_nm
    double speed_max_radps
    double coulomb_nm
    double viscous_nms
    double width_radps              # Coulomb friction is proportional to the spin rate below this

cdef struct Surface:
    double drag_i_n[3]
    double solar_i_n[3]
    double drag_b_nm[3]
    double solar_b_nm[3]

cdef struct Held:                   # constant over one integration step
    double pole_i[3]
    double accel_i_mps2[3]          # all but the Earth's gravity
    double torque_b_nm[3]           # of the surfaces
    double dipole_b_am2[3]          # torquers and residual
    double mag_i_tesla[3]           # at the step's start
    double mag_rate_tps[3]
    double motor_nm[WHEELS]


cdef class Physics:
    cdef readonly Environment environment
    cdef TruthState state           # the state at `truth.t_ns`
    cdef TruthEnvironment around    # the environment there
    cdef TruthRecord* truth         # the same as a record, for readers
    cdef object _memory             # owns `truth`
    cdef Plate _plates[FACES]
    cdef Rotor _rotors[WHEELS]
    cdef int _plate_count, _rotor_count
    cdef double _mass_kg, _drag_coefficient
    cdef double _inertia[9]         # without the rotors' spin inertia [kg m^2]
    cdef double _inverse[9]
    cdef double _whole[9]           # with it
    cdef double _zonal[7]           # J_n, zero when switched off
    cdef double _residual_b_am2[3]
    cdef bint _with_drag, _with_solar, _with_gradient, _with_torquers, _with_limits
    cdef int64_t _step_ns
    cdef Surface _surface           # of the last step
    cdef double _motor_nm[WHEELS]

    # Set the state and evaluate the environment there.
    cdef void restart(self, const TruthState* state) noexcept nogil
    # Integrate over `count` sub-intervals and refresh `truth`.
    cdef void advance(self, const SubInterval* parts, int count, const double* wheel_torque_nm) noexcept nogil
    cdef void _span(self, const SubInterval* parts, int count, int64_t total_ns, const double* wheel_torque_nm,
                    double* y) noexcept nogil
    cdef void _step(self, double* y, double dt, const double* wheel_torque_nm, const TruthEnvironment* end,
                    double start_share, double step_share, Held* held) noexcept nogil
    cdef void _derivative(self, const double* y, double t, const Held* held, double* dy) noexcept nogil
    cdef void _gravity(self, const double* pos_i_m, const double* pole_i, double* accel) noexcept nogil
    cdef void _surfaces(self, const double* y, const double* rate_b, double dt, double density, double sunlit,
                        Surface* out) noexcept nogil
    cdef void _motors(self, const double* speed, const double* command, double dt, double* out) noexcept nogil
    cdef double _friction(self, int wheel, double speed) noexcept nogil
    cdef void _pack(self, double* y) noexcept nogil
    cdef void _unpack(self, const double* y) noexcept nogil
    cdef void _report(self, const double* dtheta_b, const double* dipole_b) noexcept nogil
    cdef void _report_torques(self, const double* c_bi, const double* dipole_b) noexcept nogil
    cdef void _rates(self, const double* y, double* rate_b, double* speed) noexcept nogil
