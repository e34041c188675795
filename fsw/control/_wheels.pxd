# Reaction wheels: torque allocation, friction compensation, wheel speeds kept off zero.

from hal_samples cimport MAX_WHEELS

cdef struct Wheels:
    int count
    int out                                # mask of wheels that get no torque
    int asked                              # the same as asked for: all are used when too few would be left
    double inverse[MAX_WHEELS][3]          # pseudo-inverse of the matrix of spin axes
    double null[MAX_WHEELS]                # unit vector of wheel torques that do not turn the body; zero for three
    double inertia_kgm2[MAX_WHEELS]
    double coulomb_nm[MAX_WHEELS]
    double viscous_nms[MAX_WHEELS]
    double torque_max_nm[MAX_WHEELS]
    double speed_max_radps[MAX_WHEELS]
    double bias_nms                        # momentum along `null` at which the wheels idle

# Motor torques that put `torque_b_nm` on the body. With `speed_radps` (NULL when unknown) they also make up for friction
# and drive the idle momentum. Demands beyond a limit are shortened without a change of direction. Returns 1 if so.
cdef bint allocate(const Wheels* wheels, const double* torque_b_nm, const double* speed_radps,
                   double* wheel_torque_nm) noexcept nogil
