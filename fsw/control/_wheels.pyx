"""Kernel of wheel torque allocation."""

from fsw.algebra cimport _vector as vector

cdef double FRICTION_WIDTH_RADPS = 0.5   # below this spin rate its sign turns over to that of the torque asked for
cdef double BREAKAWAY_SHARE = 0.25       # of Coulomb friction: a demand of that much frees a wheel that stands
cdef double IDLE_TIME_S = 20.0           # in which the idle momentum is approached
cdef double IDLE_SHARE = 0.1             # of the torque limit, at most, goes into it


cdef double friction_nm(const Wheels* wheels, int k, double speed_radps, double demand_nm) noexcept nogil:
    """Torque that friction takes from the rotor: against its speed; of one that stands, against `demand_nm`."""
    cdef double part = min(1.0, max(-1.0, speed_radps / FRICTION_WIDTH_RADPS))
    cdef double breakaway_nm = BREAKAWAY_SHARE * wheels.coulomb_nm[k]
    if breakaway_nm > 0.0:
        part += (1.0 - abs(part)) * min(1.0, max(-1.0, demand_nm / breakaway_nm))
    return wheels.coulomb_nm[k] * part + wheels.viscous_nms[k] * speed_radps


cdef double idle_nm(const Wheels* wheels, const double* speed_radps) noexcept nogil:
    """Torque along the null vector that brings its momentum to the bias."""
    cdef double momentum = 0.0, torque, most
    cdef int k
    for k in range(wheels.count):
        momentum += wheels.null[k] * wheels.inertia_kgm2[k] * speed_radps[k]
    most = IDLE_SHARE * wheels.torque_max_nm[0]
    torque = (wheels.bias_nms - momentum) / IDLE_TIME_S
    return min(most, max(-most, torque))


cdef bint allocate(const Wheels* wheels, const double* torque_b_nm, const double* speed_radps,
                   double* wheel_torque_nm) noexcept nogil:
    # Least squares (Markley & Crassidis (2014), 5.1.4): wheel torques -A^+ t put A A^+ t = t on the body.
    cdef double demand[MAX_WHEELS]
    cdef double own[MAX_WHEELS]
    cdef double factor = 1.0, room, idle = 0.0
    cdef int k
    if speed_radps is not NULL:
        idle = idle_nm(wheels, speed_radps)
    for k in range(wheels.count):
        demand[k] = -vector.dot(wheels.inverse[k], torque_b_nm)
        own[k] = 0.0
        if (wheels.out >> k) & 1:
            demand[k] = 0.0
            continue
        if speed_radps is not NULL:
            own[k] = friction_nm(wheels, k, speed_radps[k], demand[k]) + idle * wheels.null[k]
            if demand[k] * speed_radps[k] > 0.0 and abs(speed_radps[k]) > wheels.speed_max_radps[k]:
                factor = 0.0                             # this wheel must not be driven further
        room = wheels.torque_max_nm[k] - (own[k] if demand[k] > 0.0 else -own[k])
        room = max(0.0, room)
        if abs(demand[k]) * factor > room:
            factor = room / abs(demand[k])
    for k in range(MAX_WHEELS):
        wheel_torque_nm[k] = own[k] + factor * demand[k] if k < wheels.count else 0.0
    return factor < 1.0
