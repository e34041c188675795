"""Magnetorquers: commands in counts become dipoles within limits, driven for the duty of the board's cycle."""

from __future__ import annotations


from libc.math cimport fmax, fmin
from libc.stdint cimport int16_t, int64_t
from libc.string cimport memcpy

from sim.devices._model cimport Surroundings
from sim.physics._actuation cimport Actuation, add_action
from sim.physics._algebra cimport add_scaled
from sim_devices_magnetorquers_records cimport MagnetorquersTruth
from sim_physics_records cimport TruthRecord

from sim.devices.magnetorquers.records import MagnetorquersTruth as MagnetorquersTruthClass


cdef enum:
    RESIDUAL
    SATURATION


cdef class Torquers(DeviceModel):
    """Magnetorquers: saturate at their largest dipole and keep a residual after switching off."""

    TRUTH = MagnetorquersTruthClass
    ACTIONS = 2
    ERRORS = ("residual", "saturation")

    def __init__(self, spec: object, seed: int, errors: object = None, name: str = "torquers") -> None:
        """`spec`: `hal.devices.magnetorquers.kind.Torquers`."""
        DeviceModel.__init__(self, name, seed, errors)
        self.fitted = len(spec.units)
        for k, unit in enumerate(spec.units):
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
        self.set_dipoles(counts)

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

    cdef void drive(self, const void* channels, int duty_permille, Surroundings* around) noexcept nogil:
        """Take counts of each dipole, and the duty; without any, what was driven last stays."""
        self.duty_permille = duty_permille if duty_permille < 1000 else 1000
        if self.duty_permille > 0:
            self.set_dipoles(<const int16_t*>channels)

    cdef void act(self, Actuation* actuation) noexcept nogil:
        """Driven for the duty, then off."""
        cdef int64_t off_ns = actuation.dt_ns * self.duty_permille // 1000
        memcpy(add_action(actuation, 0, off_ns).dipole_b_am2, self.driven_b_am2, sizeof(self.driven_b_am2))
        memcpy(add_action(actuation, off_ns, actuation.dt_ns).dipole_b_am2, self.residual_b_am2,
               sizeof(self.residual_b_am2))

    cdef void load(self, const TruthRecord* truth, Surroundings* around) noexcept nogil:
        around.load_w += self.duty_permille * 1e-3 * self.power_w

    cdef void show(self, Surroundings* around) noexcept nogil:
        """A sensor is sampled at the end of the cycle: the torquers are off then, unless their duty is the whole."""
        if self.duty_permille >= 1000:
            add_scaled(around.driven_b_am2, 1.0, self.last_b_am2)
        else:
            add_scaled(around.left_b_am2, 1.0, self.last_b_am2)
        add_scaled(around.stuck_b_am2, 1.0, self.stuck_b_am2)

    cdef void keep(self, void* record) noexcept:
        self.out = <MagnetorquersTruth*>record

    cdef void report(self) noexcept nogil:
        memcpy(self.out.dipole_driven_b_am2, self.driven_b_am2, sizeof(self.driven_b_am2))
        memcpy(self.out.dipole_residual_b_am2, self.residual_b_am2, sizeof(self.residual_b_am2))

    cdef void set_dipoles(self, const int16_t* counts) noexcept nogil:
        cdef double dipole, residual, ratio
        cdef int k, j
        self.power_w = 0.0
        for j in range(3):
            self.last_b_am2[j] = self.driven_b_am2[j] = self.residual_b_am2[j] = self.stuck_b_am2[j] = 0.0
        for k in range(self.fitted):
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
        for k in range(self.fitted):
            values[k] = counts[k]
        self.set_dipoles(values)
