"""Wheel drive electronics: commands in counts become torque; limits, friction and dynamics are in `sim/physics`."""

from __future__ import annotations


from libc.stdint cimport INT16_MAX, INT16_MIN, int16_t
from libc.string cimport memcpy

from hal_wire cimport EPS_SWITCH_WHEELS
from sim.devices._device cimport to_counts
from sim.devices._model cimport Surroundings
from sim.devices._truth cimport TruthCopy
from sim.physics._actuation cimport Actuation
from sim_physics_records cimport TruthRecord


cdef class Wheels(DeviceModel):
    """Wheel drive electronics: command counts to motor torque, spin rate to tachometer counts."""

    ERRORS = ()
    LOADS = MAX_WHEELS

    def __init__(self, specs: object, seed: int, errors: object = None, name: str = "wheels",
                 first: int = 0) -> None:
        """`specs`: sequence of the settings of each wheel; `first`: number of its first rotor in the body."""
        DeviceModel.__init__(self, name, seed, errors)
        self.count, self.first = len(specs), first
        for k in range(self.count):
            self.torque_count_nm[k] = specs[k].torque_count_nm
            self.speed_count_radps[k] = specs[k].speed_count_radps

    cdef void drive(self, const void* channels, int duty_permille, Surroundings* around) noexcept nogil:
        """Ask each motor for the torque of its commanded counts; 0 without power."""
        cdef const int16_t* counts = <const int16_t*>channels
        cdef bint powered = around.switches & EPS_SWITCH_WHEELS != 0
        cdef int k
        for k in range(self.count):
            self.motor_nm[k] = counts[k] * self.torque_count_nm[k] if powered else 0.0
            if self.faulty and powered:
                self.motor_nm[k] = self.shown(MAX_WHEELS + k, self.motor_nm[k] + self.added(MAX_WHEELS + k), 0.0)

    cdef void act(self, Actuation* actuation) noexcept nogil:
        memcpy(&actuation.motor_nm[self.first], self.motor_nm, self.count * sizeof(double))

    cdef void load(self, const TruthRecord* truth, Surroundings* around) noexcept nogil:
        """The power that the motors give to the rotors; braking returns nothing."""
        cdef double shaft_w
        cdef int k
        for k in range(self.first, self.first + self.count):
            shaft_w = truth.wheel_torque_nm[k] * truth.wheel_speed_radps[k]
            if shaft_w > 0.0:
                self.add_switched(around, shaft_w)

    cdef void sample(self, const TruthRecord* truth, const Surroundings* around, void* channels) noexcept nogil:
        """Tachometer counts, one a wheel."""
        cdef int16_t* counts = <int16_t*>channels
        cdef double speed
        cdef int k
        for k in range(self.count):
            speed = truth.wheel_speed_radps[self.first + k] + (self.added(k) if self.faulty else 0.0)
            counts[k] = <int16_t>to_counts(speed, self.speed_count_radps[k], INT16_MIN, INT16_MAX)
            if self.faulty:
                counts[k] = <int16_t>self.shown(k, counts[k], INT16_MAX)

    def torques(self, counts: object, powered: bool = True) -> list[float]:
        """Motor torque of each wheel [N m] for commanded counts: for tests and tools."""
        cdef int16_t command[MAX_WHEELS]
        cdef Surroundings around
        around.switches = EPS_SWITCH_WHEELS if powered else 0
        for k in range(self.count):
            command[k] = counts[k]
        self.drive(command, 0, &around)
        return [self.motor_nm[k] for k in range(self.count)]

    def shaft_loads_w(self, truth: object) -> list[float]:
        """Loads that the motors add with a NumPy `TruthRecord`: for tests and tools."""
        cdef TruthCopy copy = TruthCopy(truth)
        cdef Surroundings around
        around.loads = 0
        self.load(&copy.truth, &around)
        return [around.switched_w[k] for k in range(around.loads)]

    def read(self, truth: object) -> list[int]:
        """Tachometer counts of a NumPy `TruthRecord`: for tests and tools."""
        cdef TruthCopy copy = TruthCopy(truth)
        cdef int16_t counts[MAX_WHEELS]
        self.sample(&copy.truth, NULL, counts)
        return [counts[k] for k in range(self.count)]
