"""The body and its wheels: constants of a vehicle, forces and torques on it, and its equations of motion.

Unknowns of the integration: position and velocity (GCRF), q_bi, total angular momentum in inertial axes, the integral of
the body rate, the mass, and each rotor's absolute spin momentum; `states` of the body says how many.
"""

from hal_samples cimport MAX_WHEELS
from sim.physics._environment cimport TruthEnvironment

cdef enum:
    FACES = 32
    POS = 0
    VEL = 3
    ATTITUDE = 6
    MOMENTUM = 10       # [N m s], inertial axes
    ANGLE = 13          # integral of rate_bi_b [rad]
    MASS = 16           # [kg]
    SPIN = 17           # Jw (Omega + a . omega) of each rotor [N m s]
    STATES = SPIN + MAX_WHEELS

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
    bint seized                     # by a fault: the bearing holds the rotor
    double coulomb_nm
    double viscous_nms
    double width_radps              # Coulomb friction is proportional to the spin rate below this

cdef struct Body:
    double mass_kg                  # at the start
    double inertia[9]               # without the rotors' spin inertia [kg m^2]
    double inverse[9]               # of that
    double whole[9]                 # with it
    double zonal[7]                 # J_n by degree, zero when switched off
    double residual_b_am2[3]
    double drag_coefficient
    Plate plates[FACES]
    Rotor rotors[MAX_WHEELS]
    int plate_count
    int rotor_count
    int states                      # unknowns of this body, at most STATES
    bint with_drag
    bint with_solar
    bint with_gradient
    bint with_torquers
    bint with_limits

cdef struct Surface:                # what air and light do
    double drag_i_n[3]
    double solar_i_n[3]
    double drag_b_nm[3]
    double solar_b_nm[3]

cdef struct Held:                   # constant over one integration step
    double pole_i[3]
    double accel_i_mps2[3]          # all but the Earth's gravity
    double torque_b_nm[3]           # of surfaces and actuators
    double dipole_b_am2[3]          # of actuators and residual
    double mag_i_tesla[3]           # at the step's start
    double mag_rate_tps[3]
    double motor_nm[MAX_WHEELS]
    bint pushes                     # the next two are not zero
    double force_b_n[3]             # of actuators
    double mass_flow_kgps           # mass that leaves


# Fill `body` from a vehicle and options (Python objects).
cdef void load_body(Body* body, vehicle, options) except *

# Give the bearing of a wheel (its index and `hal.devices.reaction_wheels.kind.Wheel`) so many times its friction, or let it seize.
cdef void worsen_bearing(Body* body, int wheel, wheel_spec, options, double friction_factor, bint seized) except *

# Earth's gravity, point mass and zonals [m/s^2].
cdef void gravity(const Body* body, const double* pos_i_m, const double* pole_i, double* accel) noexcept nogil

# Gravity-gradient torque at a position in body axes [N m]; zero when switched off.
cdef void gradient_torque(const Body* body, const double* pos_b_m, double* torque_b) noexcept nogil

# Air and light on every plate, at the attitude half of dt ahead; density and sunlit as given.
cdef void surfaces(const Body* body, const double* y, const double* rate_b, double dt, const TruthEnvironment* env,
                   double density_kgpm3, double sunlit, Surface* out) noexcept nogil

# Friction torque at a spin rate [N m], positive at positive speed.
cdef double friction(const Rotor* rotor, double speed_radps) noexcept nogil

# Motor torques after the wheels' limits, to be held over dt.
cdef void motors(const Body* body, const double* speed, const double* command, double dt, double* out) noexcept nogil

# Body rate (3) and wheel speeds (`MAX_WHEELS`) of the unknowns, and the unknowns' momenta of these.
cdef void rates(const Body* body, const double* y, double* rate_b, double* speed) noexcept nogil
cdef void momenta(const Body* body, const double* rate_b, const double* speed, double* y) noexcept nogil

# One Runge-Kutta step of y over dt.
cdef void integrate(const Body* body, const Held* held, double dt, double* y) noexcept nogil
