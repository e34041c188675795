"""Three-axis magnetometer: measured = (I + soft iron) (field + torquers' share) + hard iron + noise.

Model: Markley & Crassidis, Fundamentals of Spacecraft Attitude Determination and Control, 2014, 4.2 and 4.3.
"""

from __future__ import annotations

from libc.math cimport fmax, fmin
from libc.stdint cimport INT16_MAX, INT16_MIN, int16_t
from libc.string cimport memset

from sim.devices._device cimport mount, to_counts
from sim.devices._model cimport Surroundings
from sim.devices._truth cimport TruthCopy
from sim.physics._algebra cimport apply, dot
from sim_physics_records cimport TruthRecord

cdef enum:
    HARD_IRON
    SOFT_IRON
    NOISE
    TORQUER_COUPLING


cdef class Magnetometer(DeviceModel):
    """Three-axis magnetometer with 16-bit counts; saturates at its range."""

    ERRORS = ("hard_iron", "soft_iron", "noise", "torquer_coupling")

    def __init__(self, spec: object, seed: int, errors: object = None, name: str = "magnetometer") -> None:
        """`spec`: `hal.devices.magnetometer.kind.Magnetometer`."""
        DeviceModel.__init__(self, name, seed, errors)
        self.noise_tesla = spec.noise_tesla
        self.coupling = spec.torquer_coupling_tesla_per_am2
        self.remanence = spec.torquer_remanence_fraction
        self.count_tesla = spec.count_tesla
        self.range_tesla = spec.range_tesla
        cdef int k, j
        mount(spec.q_sb, self.c_sb)
        turn_on = self._draw(3, 4)
        for k in range(3):
            self.hard[k] = spec.hard_iron_sigma_tesla * turn_on[k, 0]
            for j in range(3):
                self.soft[3 * k + j] = spec.soft_iron_sigma * turn_on[k, 1 + j]

    @property
    def hard_iron_s_tesla(self) -> tuple[float, float, float]:
        """Hard iron drawn at turn-on, sensor axes."""
        return tuple(self.hard[k] for k in range(3))

    @property
    def soft_iron_s(self) -> list[list[float]]:
        """Soft iron drawn at turn-on: what is added to the identity, sensor axes."""
        return [[self.soft[3 * k + j] for j in range(3)] for k in range(3)]

    cdef void sample(self, const TruthRecord* truth, const Surroundings* around, void* channels) noexcept nogil:
        """Flux density in counts about the sensor axes."""
        cdef int16_t* counts = <int16_t*>channels
        cdef double field_b[3]
        cdef double field_s[3]
        cdef double on = self.share(TORQUER_COUPLING) * self.coupling
        cdef double left = on * self.remanence
        cdef double value
        cdef int k
        for k in range(3):
            field_b[k] = (truth.mag_b_tesla[k] + on * around.driven_b_am2[k] + left * around.left_b_am2[k]
                          + on * around.stuck_b_am2[k])
        apply(self.c_sb, field_b, field_s)
        for k in range(3):
            value = (field_s[k] + self.share(SOFT_IRON) * dot(&self.soft[3 * k], field_s)
                     + self.share(HARD_IRON) * self.hard[k] + self.share(NOISE) * self.noise_tesla * self.normal())
            if self.faulty:
                value += self.added(k)
            value = fmax(-self.range_tesla, fmin(self.range_tesla, value))
            counts[k] = <int16_t>to_counts(value, self.count_tesla, INT16_MIN, INT16_MAX)
            if self.faulty:
                counts[k] = <int16_t>self.shown(k, counts[k], INT16_MAX)

    def read(self, truth: object, dipole_b_am2: object = (0.0, 0.0, 0.0), driven: bool = False) -> list[int]:
        """Sample `truth` (a NumPy `TruthRecord` record) and return the three counts: the kernel's face for tests and tools."""
        cdef TruthCopy copy = TruthCopy(truth)
        cdef int16_t counts[3]
        cdef Surroundings around
        cdef double* dipole = &around.driven_b_am2[0] if driven else &around.left_b_am2[0]
        memset(&around, 0, sizeof(around))
        for k in range(3):
            dipole[k] = dipole_b_am2[k]
        self.sample(&copy.truth, &around, counts)
        return [counts[k] for k in range(3)]
