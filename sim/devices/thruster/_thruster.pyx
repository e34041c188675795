"""Thrusters: on/off valves on one tank in blow-down.

Thrust is proportional to the tank's pressure and mass flow is thrust over the exhaust velocity (Sutton & Biblarz, Rocket
Propulsion Elements, 2017, 2.1, 6.4). Cold gas: the pressure falls with the mass (isothermal). Liquid: the pressurant
expands into the room that the liquid leaves (isothermal). Pressure is held over a cycle. A pulse begins with the cycle.
"""

from __future__ import annotations

from libc.math cimport llround
from libc.stdint cimport uint16_t
from libc.string cimport memcpy, memset

import numpy as np

from hal.devices.thruster.kind import MAX_THRUSTERS
from sim.devices.thruster.records import ThrusterTruth as ThrusterTruthClass

from sim.devices._device cimport to_counts
from sim.devices._model cimport Surroundings
from sim.physics._actuation cimport Action, add_action
from sim.physics._algebra cimport add_scaled, cross
from sim_physics_records cimport TruthRecord

cdef enum:
    THRUST
    MISALIGNMENT
    NOISE

cdef double STANDARD_GRAVITY_MPS2 = 9.80665

assert MAX_THRUSTERS == NOZZLES


cdef class Thrusters(DeviceModel):
    """Nozzles on one tank; channels of faults are none, valves stick by `stick`."""

    TRUTH = ThrusterTruthClass
    ACTIONS = NOZZLES
    ERRORS = ("thrust", "misalignment", "noise")

    def __init__(self, spec: object, seed: int, errors: object = None, name: str = "thruster") -> None:
        """`spec`: `hal.devices.thruster.kind.Thrusters`."""
        DeviceModel.__init__(self, name, seed, errors)
        self.count = len(spec.units)
        self.liquid = spec.propellant == "liquid"
        self.full_kg = self.propellant_kg = spec.propellant_kg
        self.full_pa, self.ullage = spec.pressure_pa, spec.ullage_share
        self.exhaust_mps = spec.specific_impulse_s * STANDARD_GRAVITY_MPS2
        self.pulse_min_s, self.pulse_count_s = spec.pulse_min_s, spec.pulse_count_s
        self.pressure_count_pa, self.noise, self.valve_w = spec.pressure_count_pa, spec.noise, spec.valve_w
        turn_on = self._draw(self.count, 3)
        for k, nozzle in enumerate(spec.units):
            self.thrust_n[<int>k] = nozzle.thrust_n
            self.scale_error[<int>k] = spec.thrust_sigma * turn_on[k, 0]
            for i in range(2):
                self.turn[<int>k][<int>i] = spec.misalignment_sigma_rad * turn_on[k, 1 + i]
            for i in range(3):
                self.position_b_m[<int>k][<int>i] = nozzle.position_b_m[i]
                self.force_b[<int>k][<int>i] = nozzle.force_b[i]
        self.refresh()

    cdef void keep(self, void* record) noexcept:
        self.out = <ThrusterTruth*>record

    cdef void refresh(self) noexcept:
        """True direction and scale of each force, with the errors that are on."""
        cdef int k
        for k in range(self.count):
            force = np.array([self.force_b[k][i] for i in range(3)])
            across = np.linalg.svd(force[None])[2][1:] if self.on >> MISALIGNMENT & 1 else np.zeros((2, 3))
            force = force + self.turn[k][0] * across[0] + self.turn[k][1] * across[1]
            force *= (1.0 + self.share(THRUST) * self.scale_error[k]) / np.linalg.norm(force)
            for i in range(3):
                self.true_force_b[k][<int>i] = force[i]

    cdef double pressure(self) noexcept nogil:
        cdef double left = self.propellant_kg / self.full_kg
        if not self.liquid:
            return self.full_pa * left
        return self.full_pa * self.ullage / (self.ullage + (1.0 - self.ullage) * (1.0 - left))

    cdef int64_t open_ns(self, int nozzle, int64_t dt_ns) noexcept nogil:
        cdef double pulse_s = self.pulse_s[nozzle]
        cdef int64_t ns
        if self.closed_valves >> nozzle & 1:
            return 0
        if self.open_valves >> nozzle & 1:
            return dt_ns
        if self.without_power or pulse_s <= 0.0 or pulse_s < self.pulse_min_s:
            return 0
        ns = llround(pulse_s * 1e9)
        return ns if ns < dt_ns else dt_ns

    cdef void act(self, Actuation* actuation) noexcept nogil:
        """Open valves from the cycle's start on; the last of the propellant is shared by all open ones."""
        cdef int64_t opened[NOZZLES]
        cdef double ratio = self.pressure() / self.full_pa, wanted_kg = 0.0, noise, share = 1.0
        cdef int k
        memset(self.mean_b_n, 0, sizeof(self.mean_b_n))
        self.open_share = self.load_mean_w = 0.0
        for k in range(self.count):
            opened[k] = self.open_ns(k, actuation.dt_ns)
            wanted_kg += ratio * self.thrust_n[k] / self.exhaust_mps * opened[k] * 1e-9
            self.load_mean_w += self.valve_w * <double>opened[k] / <double>actuation.dt_ns
            if opened[k] > self.open_share * actuation.dt_ns:
                self.open_share = <double>opened[k] / <double>actuation.dt_ns
            self.pulse_s[k] = 0.0  # a command is one pulse
        if wanted_kg > self.propellant_kg:
            share = self.propellant_kg / wanted_kg
        for k in range(self.count):
            noise = 1.0 + self.share(NOISE) * self.noise * self.normal()
            if opened[k] > 0 and share > 0.0:
                self.push(actuation, k, opened[k], share * ratio, noise if noise > 0.0 else 0.0)
        self.propellant_kg -= share * wanted_kg
        if self.propellant_kg < 0.0 or share < 1.0:
            self.propellant_kg = 0.0

    cdef void push(self, Actuation* actuation, int nozzle, int64_t open_ns, double ratio, double noise) noexcept nogil:
        cdef Action* action = add_action(actuation, 0, open_ns)
        cdef double force_n = ratio * self.thrust_n[nozzle]
        action.mass_flow_kgps = force_n / self.exhaust_mps  # errors are the nozzle's, not the flow's
        force_n *= noise
        add_scaled(action.force_b_n, force_n, self.true_force_b[nozzle])
        cross(self.position_b_m[nozzle], action.force_b_n, action.torque_b_nm)
        add_scaled(self.mean_b_n, <double>open_ns / <double>actuation.dt_ns, action.force_b_n)
        self.impulse_ns += force_n * open_ns * 1e-9

    cdef void load(self, const TruthRecord* truth, Surroundings* around) noexcept nogil:
        around.load_w += self.load_mean_w

    cdef void sample(self, const TruthRecord* truth, const Surroundings* around, void* channels) noexcept nogil:
        """Tank pressure in counts."""
        (<uint16_t*>channels)[0] = <uint16_t>to_counts(self.pressure(), self.pressure_count_pa, 0, 65535)

    cdef void drive(self, const void* channels, int duty_permille, Surroundings* around) noexcept nogil:
        """Take the opening time of each valve in counts, for one pulse in the next cycle."""
        cdef int k
        for k in range(self.count):
            self.pulse_s[k] = (<const uint16_t*>channels)[k] * self.pulse_count_s

    cdef void report(self) noexcept nogil:
        self.out.propellant_kg = self.propellant_kg
        self.out.pressure_pa = self.pressure()
        self.out.impulse_ns = self.impulse_ns
        memcpy(self.out.force_b_n, self.mean_b_n, sizeof(self.mean_b_n))
        self.out.open_share = self.open_share

    def stick(self, opened: object = (), closed: object = ()) -> None:
        """Let valves stick, in place of those before: numbers of those that are open and closed for ever."""
        self.open_valves, self.closed_valves = sum(1 << k for k in set(opened)), sum(1 << k for k in set(closed))

    def command(self, counts: object) -> None:
        """Command one pulse of each valve for the next cycle, in counts: for tests and tools."""
        cdef uint16_t values[NOZZLES]
        cdef int k
        for k in range(self.count):
            values[k] = counts[k]
        self.drive(values, 0, NULL)

    def read(self) -> int:
        """Tank pressure in counts: for tests and tools."""
        cdef uint16_t counts[1]
        self.sample(NULL, NULL, counts)
        return counts[0]
