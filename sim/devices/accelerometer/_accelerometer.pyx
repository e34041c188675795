"""Accelerometer: specific force at its place, mean over a cycle.

f = F/m + dw/dt x r + w x (w x r), with F all forces but gravity: air, light and actuators (Wertz 1978, 16.1; Goldstein,
Classical Mechanics, 4.10). dw/dt is the difference of the rates over the cycle, w their mean. The difference of
gravity between the centre of mass and the sensor (1e-6 m/s^2 at 1 m in a low orbit) is left out, and air and light are
those of the cycle's last step.
"""

from __future__ import annotations

from libc.math cimport fmax, fmin
from libc.stdint cimport INT32_MAX, INT32_MIN, int32_t
from libc.string cimport memcpy

from sim.devices.accelerometer.records import AccelerometerTruth as AccelerometerTruthClass

from sim.devices._device cimport mount, to_counts
from sim.devices._model cimport Surroundings
from sim.devices._truth cimport TruthCopy
from sim.physics._algebra cimport add_scaled, apply, cross, dcm
from sim_physics_records cimport TruthRecord

cdef enum:
    BIAS
    SCALE_FACTOR
    NOISE
    RANGE


cdef class Accelerometer(DeviceModel):
    """Three-axis accelerometer with 32-bit counts; saturates at its range."""

    TRUTH = AccelerometerTruthClass
    ERRORS = ("bias", "scale_factor", "noise", "range")

    def __init__(self, spec: object, seed: int, errors: object = None, name: str = "accelerometer") -> None:
        """`spec`: `hal.devices.accelerometer.kind.Accelerometer`."""
        DeviceModel.__init__(self, name, seed, errors)
        self.noise_mps2, self.count_mps2, self.range_mps2 = spec.noise_mps2, spec.count_mps2, spec.range_mps2
        cdef int k
        mount(spec.q_sb, self.c_sb)
        turn_on = self._draw(3, 2)
        for k in range(3):
            self.position_b_m[k] = spec.position_b_m[k]
            self.bias[k] = spec.bias_sigma_mps2 * turn_on[k, 0]
            self.scale[k] = spec.scale_factor_sigma * turn_on[k, 1]

    cdef void keep(self, void* record) noexcept:
        self.out = <AccelerometerTruth*>record

    cdef void advance(self, double dt_s, const TruthRecord* truth, const Surroundings* around) noexcept nogil:
        """The specific force of the cycle that ends now."""
        cdef double c_bi[9]
        cdef double surface_i[3]
        cdef double force_b[3]
        cdef double rate[3]
        cdef double turn[3]
        cdef double part[3]
        cdef double whole[3]
        cdef int k
        dcm(truth.q_bi, c_bi)
        for k in range(3):
            surface_i[k] = truth.force_drag_i_n[k] + truth.force_solar_i_n[k]
            if not self.begun:
                self.rate_last_b_radps[k] = truth.rate_bi_b_radps[k]
            rate[k] = 0.5 * (truth.rate_bi_b_radps[k] + self.rate_last_b_radps[k])
            turn[k] = (truth.rate_bi_b_radps[k] - self.rate_last_b_radps[k]) / dt_s
        apply(c_bi, surface_i, force_b)
        add_scaled(force_b, 1.0, truth.force_actuators_b_n)
        for k in range(3):
            whole[k] = force_b[k] / truth.mass_kg
        cross(turn, self.position_b_m, part)
        add_scaled(whole, 1.0, part)
        cross(rate, self.position_b_m, part)
        cross(rate, part, force_b)
        add_scaled(whole, 1.0, force_b)
        apply(self.c_sb, whole, self.force_s_mps2)
        memcpy(self.rate_last_b_radps, truth.rate_bi_b_radps, sizeof(self.rate_last_b_radps))
        self.begun = True

    cdef void sample(self, const TruthRecord* truth, const Surroundings* around, void* channels) noexcept nogil:
        """Specific force in counts about the sensor axes."""
        cdef int32_t* counts = <int32_t*>channels
        cdef double value
        cdef int k
        for k in range(3):
            value = ((1.0 + self.share(SCALE_FACTOR) * self.scale[k]) * self.force_s_mps2[k]
                     + self.share(BIAS) * self.bias[k] + self.share(NOISE) * self.noise_mps2 * self.normal())
            if self.faulty:
                value += self.added(k)
            if self.on >> RANGE & 1:
                value = fmax(-self.range_mps2, fmin(self.range_mps2, value))
            counts[k] = <int32_t>to_counts(value, self.count_mps2, INT32_MIN, INT32_MAX)
            if self.faulty:
                counts[k] = <int32_t>self.shown(k, counts[k], INT32_MAX)

    cdef void report(self) noexcept nogil:
        cdef int k
        for k in range(3):
            self.out.force_s_mps2[k] = self.force_s_mps2[k]
            self.out.bias_s_mps2[k] = self.share(BIAS) * self.bias[k]

    def read(self, truth: object, dt_s: float = 0.1) -> list[int]:
        """Advance over a cycle that ends at a NumPy `TruthRecord`, and sample: for tests and tools."""
        cdef TruthCopy copy = TruthCopy(truth)
        cdef int32_t counts[3]
        self.advance(dt_s, &copy.truth, NULL)
        self.report()
        self.sample(&copy.truth, NULL, counts)
        return [counts[k] for k in range(3)]
