"""What the actuators do in one board cycle: actions from edge to edge, and the sub-intervals that their edges make.

An actuator adds its actions, whatever it is. Edges lie anywhere in the cycle; between two of them all is constant, so no
integration step goes beyond an edge.
"""

from libc.stdint cimport int64_t

from hal_samples cimport MAX_WHEELS

cdef enum:
    ACTIONS = 64                    # of all actuators in a cycle; checked when a world is made
    PIECES = 2 * ACTIONS + 1

cdef struct Action:
    int64_t from_ns                 # after the cycle's start
    int64_t to_ns
    double force_b_n[3]
    double torque_b_nm[3]           # about the centre of mass
    double dipole_b_am2[3]
    double mass_flow_kgps           # mass that leaves

cdef struct Actuation:
    int64_t dt_ns                   # the cycle
    int count
    Action actions[ACTIONS + 1]     # the last takes what is empty, or one too many
    double motor_nm[MAX_WHEELS]     # asked of each rotor's motor, throughout the cycle

cdef struct Piece:                  # one sub-interval
    int64_t dt_ns
    bint pushes                     # force or mass flow
    double force_b_n[3]
    double torque_b_nm[3]
    double dipole_b_am2[3]
    double mass_flow_kgps


# An actuation of a cycle without any action; motors at rest.
cdef void begin(Actuation* self, int64_t dt_ns) noexcept nogil

# A new action, all zero, for the caller to fill; edges outside the cycle are moved to its ends.
cdef Action* add_action(Actuation* self, int64_t from_ns, int64_t to_ns) noexcept nogil

# Fill `pieces` (`PIECES`) with the sub-intervals between all edges, each with the sum of what acts in it; return how many.
cdef int cut(const Actuation* self, Piece* pieces) noexcept nogil
