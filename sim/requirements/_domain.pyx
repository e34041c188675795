"""Checks at every tick that the truth is in the domain of its models (see `sim/requirements/domain.py`)."""

from cpython.bytes cimport PyBytes_AS_STRING
from libc.math cimport fabs
from libc.stdint cimport int64_t
from libc.string cimport memcpy

from hal._handle cimport Kernel
from sim.physics._algebra cimport dot, norm
from sim_physics_records cimport TruthRecord, bind_TruthRecord

from hal.saved import require_size

cdef enum:
    REACHES = 256

cdef enum:                      # sim.requirements.domain.Departure
    OUT_OF_LIMITS = 1
    TOO_LOW = 2
    TOO_HIGH = 3
    TOO_FAST = 4
    ENERGY = 5
    MOMENTUM = 6


cdef struct Reach:
    const double* first     # doubles that must be finite and within the limits
    int count
    double low
    double high


cdef class Domain(Kernel):
    """Whether the truth is still what its models can tell; `sim/requirements/domain.py` says what is checked and puts it in words.

    `reaches`: (name, low, high) of doubles in the records that it is bound to.
    """

    cdef const TruthRecord* truth
    cdef Reach reaches[REACHES]
    cdef int count
    cdef list names
    cdef double lowest_m, highest_m, rate_radps, gm, step_s, energy_slack, thrust_share, momentum_share
    cdef double energy, power, push, momentum, torque   # of the check before: J/kg, W/kg, W/kg, N m s, N m
    cdef double impulse                                 # of actuators then, N m s
    cdef double vel_i[3]                                # m/s
    cdef double dvel_i[3]                               # that actuators had added, m/s
    cdef int64_t t_ns
    cdef bint begun
    cdef readonly double excess                         # what was found beyond the limit, for the message

    def __init__(self, list reaches, *, lowest_m, highest_m, rate_radps, gm, step_s, energy_slack,
                 thrust_share, momentum_share):
        if len(reaches) > REACHES:
            raise ValueError(f"{len(reaches)} reaches, expected at most {REACHES}")
        self.names = [name for name, _, _ in reaches]
        self.count = len(reaches)
        for i, (_, low, high) in enumerate(reaches):
            self.reaches[i].low, self.reaches[i].high = low, high
        self.lowest_m, self.highest_m, self.rate_radps, self.gm = lowest_m, highest_m, rate_radps, gm
        self.step_s, self.energy_slack = step_s, energy_slack
        self.thrust_share, self.momentum_share = thrust_share, momentum_share

    def save(self):
        """Return what is remembered of the check before (`hal.saved`)."""
        return (<char*>&self.energy)[:<char*>&self.excess + sizeof(self.excess) - <char*>&self.energy]

    def restore(self, bytes state):
        """Take over what was saved; raise `SavedError` for other octets."""
        require_size("domain", state, <char*>&self.excess + sizeof(self.excess) - <char*>&self.energy)
        memcpy(&self.energy, PyBytes_AS_STRING(state), len(state))

    cdef int attach(self, pool) except -1:
        self.truth = bind_TruthRecord(self, pool, "truth")
        for i, name in enumerate(self.names):
            handle = pool.handle(name)
            self.reaches[i].first = <const double*>self.hold_values(handle, "f8", -1)
            self.reaches[i].count = handle.count
        return 0

    def step(self):
        """Check one tick; return 0, or the number of a `sim.requirements.domain.Departure`."""
        cdef const TruthRecord* t = self.truth
        cdef const double* first
        cdef double low, high
        cdef int i, k
        self.check()
        for k in range(self.count):
            first = self.reaches[k].first
            low, high = self.reaches[k].low, self.reaches[k].high
            for i in range(self.reaches[k].count):
                if not (first[i] >= low and first[i] <= high):
                    return OUT_OF_LIMITS
        if t.altitude_m < self.lowest_m:
            return TOO_LOW
        if t.altitude_m > self.highest_m:
            return TOO_HIGH
        if norm(t.rate_bi_b_radps) > self.rate_radps:
            return TOO_FAST
        return self._conserved()

    cdef int _conserved(self) noexcept nogil:
        """Compare energy and momentum with those of the check before, and with what forces and torques could do."""
        cdef const TruthRecord* t = self.truth
        cdef double r = norm(t.pos_i_m), k = self.gm / (r * r * r)
        cdef double energy = 0.5 * dot(t.vel_i_mps, t.vel_i_mps) - self.gm / r
        cdef double push = (dot(t.vel_i_mps, t.force_drag_i_n) + dot(t.vel_i_mps, t.force_solar_i_n)) / t.mass_kg
        cdef double power = push + k * dot(t.vel_i_mps, t.pos_i_m) + dot(t.vel_i_mps, t.accel_gravity_i_mps2) + dot(
            t.vel_i_mps, t.accel_third_body_i_mps2)
        cdef double momentum = norm(t.momentum_b_nms)
        cdef double torque = norm(t.torque_gravity_b_nm) + norm(t.torque_drag_b_nm) + norm(
            t.torque_solar_b_nm) + norm(t.torque_residual_b_nm) + norm(t.torque_torquer_b_nm)
        cdef double dt = (t.t_ns - self.t_ns) * 1e-9
        cdef double gained[3]
        cdef double thrust = 0.0
        cdef double turn = norm(t.rate_bi_b_radps) * self.step_s   # in an integration step, whose ends give the thrust
        cdef int i, found = 0
        for i in range(3):  # what the actuators' force did since the check before, J/kg
            gained[i] = t.dvel_actuators_i_mps[i] - self.dvel_i[i]
            thrust += 0.5 * (t.vel_i_mps[i] + self.vel_i[i]) * gained[i]
            self.vel_i[i], self.dvel_i[i] = t.vel_i_mps[i], t.dvel_actuators_i_mps[i]
        if self.begun:
            self.excess = fabs(energy - self.energy - thrust - 0.5 * dt * (power + self.power))
            if not self.excess <= self.energy_slack + dt * (fabs(push) + fabs(self.push)) + (
                    self.thrust_share + turn * turn / 6.0) * norm(t.vel_i_mps) * norm(gained):
                found = ENERGY
            else:
                self.excess = fabs(momentum - self.momentum)
                if not self.excess <= (
                        self.momentum_share * self.momentum + dt * (torque + self.torque)
                        + t.angular_impulse_nms - self.impulse):
                    found = MOMENTUM
        self.energy, self.power, self.push, self.momentum, self.torque = energy, power, push, momentum, torque
        self.t_ns, self.impulse, self.begun = t.t_ns, t.angular_impulse_nms, True
        return found
