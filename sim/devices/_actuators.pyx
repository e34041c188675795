"""Wheel drive electronics and magnetorquers: commands in counts become torque and dipole within limits."""

from __future__ import annotations


from libc.math cimport fmax, fmin
from libc.stdint cimport INT16_MAX, INT16_MIN
from libc.string cimport memcpy

from sim.devices._device cimport to_counts
from sim.devices._truth cimport TruthCopy


cdef enum:
    RESIDUAL
    SATURATION


cdef class Wheels(Device):
    """Wheel drive electronics: command counts to motor torque, spin rate to tachometer counts."""

    ERRORS = ()

    def __init__(self, specs: object, seed: int, errors: object = None, name: str = "wheels") -> None:
        """`specs`: sequence of `hal.vehicle.vehicle.Wheel`."""
        Device.__init__(self, name, seed, errors)
        self.count = len(specs)
        for k in range(self.count):
            self.torque_count_nm[k] = specs[k].torque_count_nm
            self.speed_count_radps[k] = specs[k].speed_count_radps

    cdef void drive(self, const int16_t* counts, bint powered, double* torque_nm) noexcept nogil:
        cdef int k
        for k in range(MAX_WHEELS):
            torque_nm[k] = counts[k] * self.torque_count_nm[k] if powered and k < self.count else 0.0
            if self.faulty and powered and k < self.count:
                torque_nm[k] = self.shown(MAX_WHEELS + k, torque_nm[k] + self.added(MAX_WHEELS + k), 0.0)

    cdef void sample(self, const TruthRecord* truth, int16_t* counts) noexcept nogil:
        cdef double speed
        cdef int k
        for k in range(MAX_WHEELS):
            counts[k] = 0
        for k in range(self.count):
            speed = truth.wheel_speed_radps[k] + (self.added(k) if self.faulty else 0.0)
            counts[k] = <int16_t>to_counts(speed, self.speed_count_radps[k], INT16_MIN, INT16_MAX)
            if self.faulty:
                counts[k] = <int16_t>self.shown(k, counts[k], INT16_MAX)

    def torques(self, counts: object, powered: bool = True) -> list[float]:
        """Motor torque of each wheel [N m] for commanded counts: for tests and tools."""
        cdef int16_t command[MAX_WHEELS]
        cdef double torque_nm[MAX_WHEELS]
        for k in range(MAX_WHEELS):
            command[k] = counts[k]
        self.drive(command, powered, torque_nm)
        return [torque_nm[k] for k in range(self.count)]

    def read(self, truth: object) -> list[int]:
        """Tachometer counts of a NumPy `TruthRecord`: for tests and tools."""
        cdef TruthCopy copy = TruthCopy(truth)
        cdef int16_t counts[MAX_WHEELS]
        self.sample(&copy.truth, counts)
        return [counts[k] for k in range(self.count)]


cdef class Torquers(Device):
    """Magnetorquers: saturate at their largest dipole and keep a residual after switching off."""

    ERRORS = ("residual", "saturation")

    def __init__(self, spec: object, seed: int, errors: object = None, name: str = "torquers") -> None:
        """`spec`: `hal.vehicle.vehicle.Torquers`."""
        Device.__init__(self, name, seed, errors)
        for k in range(MAX_TORQUERS):
            unit = spec.units[k]
            for j in range(3):
                self.axis_b[k][j] = unit.axis_b[j]
            self.dipole_count_am2[k] = unit.dipole_count_am2
            self.dipole_max_am2[k] = unit.dipole_max_am2
            self.residual_fraction[k] = unit.residual_fraction
            self.power_full_w[k] = unit.power_w

    cdef void refresh(self) noexcept:
        """Faults act at once, whether or not the torquers are driven now."""
        cdef int16_t counts[MAX_TORQUERS]
        memcpy(counts, self.counts, sizeof(counts))
        self.drive(counts)

    @property
    def dipole_driven_b_am2(self) -> tuple[float, float, float]:
        """Dipole while driven, body axes."""
        return tuple(self.driven_b_am2[k] for k in range(3))

    @property
    def dipole_residual_b_am2(self) -> tuple[float, float, float]:
        """Dipole left after switching off, body axes."""
        return tuple(self.residual_b_am2[k] for k in range(3))

    @property
    def drive_power_w(self) -> float:
        """Electrical power while driven: grows with the square of the dipole."""
        return self.power_w

    cdef void drive(self, const int16_t* counts) noexcept nogil:
        cdef double dipole, residual, ratio
        cdef int k, j
        self.power_w = 0.0
        for j in range(3):
            self.last_b_am2[j] = self.driven_b_am2[j] = self.residual_b_am2[j] = self.stuck_b_am2[j] = 0.0
        for k in range(MAX_TORQUERS):
            self.counts[k] = counts[k]
            dipole = counts[k] * self.dipole_count_am2[k]
            if self.faulty:
                dipole = self.shown(k, dipole + self.added(k), 0.0)
            if self.on >> SATURATION & 1:
                dipole = fmax(-self.dipole_max_am2[k], fmin(self.dipole_max_am2[k], dipole))
            ratio = dipole / self.dipole_max_am2[k]
            self.power_w += self.power_full_w[k] * ratio * ratio
            if dipole != 0.0:
                self.last_am2[k] = dipole
            residual = self.share(RESIDUAL) * self.residual_fraction[k] * self.last_am2[k]
            if self.stuck >> k & 1:
                residual = dipole
                for j in range(3):
                    self.stuck_b_am2[j] += dipole * self.axis_b[k][j]
            for j in range(3):
                self.last_b_am2[j] += self.last_am2[k] * self.axis_b[k][j]
                self.driven_b_am2[j] += (dipole if dipole != 0.0 else residual) * self.axis_b[k][j]
                self.residual_b_am2[j] += residual * self.axis_b[k][j]

    def command(self, counts: object) -> None:
        """Set the dipoles for commanded counts: for tests and tools."""
        cdef int16_t values[MAX_TORQUERS]
        for k in range(MAX_TORQUERS):
            values[k] = counts[k]
        self.drive(values)
