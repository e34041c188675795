"""Two-axis Sun sensor: the angles of the Sun in a square field of view.

The angles are those of the projection through a slit or pinhole (Wertz 1978, 7.1). The light of the Earth pulls the
centroid of the image towards the Earth's centre, by its share of all light: a Lambert sphere as seen from above its
subsatellite point, E / S = reflectivity (R / r)^2 cos(solar zenith there), when that point is lit and in view.
"""

from __future__ import annotations

from libc.math cimport atan2, fabs
from libc.stdint cimport INT16_MAX, INT16_MIN
from libc.string cimport memcpy

from sim.physics import constants
from sim.devices.digital_sun_sensor.records import DigitalSunTruth as DigitalSunTruthClass

from sim.devices._device cimport mount, to_counts
from sim.devices._model cimport Surroundings
from sim.devices._quaternion cimport from_rotation_vector
from sim.devices._truth cimport TruthCopy
from sim.physics._algebra cimport apply, dcm, dot, matmul, norm

cdef enum:
    NOISE
    MISALIGNMENT
    ALBEDO

cdef enum:
    BLIND = 2    # channel of a fault, behind the angles: at 0 the sensor sees nothing

cdef double EARTH_RADIUS_M = constants.RADIUS_EARTH_M


cdef class DigitalSunSensor(DeviceModel):
    """Two-axis Sun sensor; without the Sun in view its angles are at the end of their range: no measurement."""

    TRUTH = DigitalSunTruthClass
    ERRORS = ("noise", "misalignment", "albedo")

    def __init__(self, spec: object, seed: int, errors: object = None, reflectivity: float = 0.3,
                 name: str = "digital_sun_sensor") -> None:
        """`spec`: `hal.devices.digital_sun_sensor.kind.DigitalSunSensor`; `reflectivity`: mean of the Earth."""
        DeviceModel.__init__(self, name, seed, errors)
        self.half_angle_rad, self.noise_rad, self.count_rad = spec.half_angle_rad, spec.noise_rad, spec.count_rad
        self.albedo_share, self.reflectivity = spec.albedo_share, reflectivity
        cdef int k
        mount(spec.q_sb, self.c_sb)
        turn_on = self._draw(3)
        for k in range(3):
            self.error[k] = spec.misalignment_sigma_rad * turn_on[k]
        self.refresh()

    cdef void keep(self, void* record) noexcept:
        self.out = <DigitalSunTruth*>record

    cdef void refresh(self) noexcept:
        cdef double error[3]
        cdef double q[4]
        cdef double turn[9]
        cdef int k
        for k in range(3):
            error[k] = self.share(MISALIGNMENT) * self.error[k]
        from_rotation_vector(error, q)
        dcm(q, turn)
        matmul(turn, self.c_sb, self.m_sb)

    cdef bint angles(self, const double* matrix, const double* direction_b, double* angle) noexcept nogil:
        cdef double d[3]
        apply(matrix, direction_b, d)
        angle[0] = atan2(d[0], d[2])
        angle[1] = atan2(d[1], d[2])
        return d[2] > 0.0 and fabs(angle[0]) <= self.half_angle_rad and fabs(angle[1]) <= self.half_angle_rad

    cdef double earthlight(self, const TruthRecord* truth, double* angle) noexcept nogil:
        cdef double c_bi[9]
        cdef double down_i[3]
        cdef double down_b[3]
        cdef double r = norm(truth.pos_i_m), lit = dot(truth.pos_i_m, truth.sun_i) / r
        cdef int k
        dcm(truth.q_bi, c_bi)
        for k in range(3):
            down_i[k] = -truth.pos_i_m[k] / r
        apply(c_bi, down_i, down_b)
        if not self.angles(self.m_sb, down_b, angle) or lit <= 0.0:
            return 0.0
        return self.reflectivity * lit * EARTH_RADIUS_M * EARTH_RADIUS_M / (r * r)

    cdef void advance(self, double dt_s, const TruthRecord* truth, const Surroundings* around) noexcept nogil:
        self.in_view = self.angles(self.c_sb, truth.sun_b, self.angle_rad) and truth.sunlit > 0.0

    cdef void sample(self, const TruthRecord* truth, const Surroundings* around, void* channels) noexcept nogil:
        """Two angles in counts; both are INT16_MIN without the Sun."""
        cdef int16_t* counts = <int16_t*>channels
        cdef double angle[2]
        cdef double earth[2]
        cdef double noise, light = self.earthlight(truth, earth)
        cdef bint sees = self.angles(self.m_sb, truth.sun_b, angle) and truth.sunlit > 0.0
        cdef int k
        if self.faulty and self.shown(BLIND, 1.0, 0.0) == 0.0:
            sees = 0
        light = self.share(ALBEDO) * self.albedo_share * light / (truth.sunlit + light) if sees else 0.0
        for k in range(2):
            noise = self.share(NOISE) * self.noise_rad * self.normal()
            if sees:
                angle[k] += light * (earth[k] - angle[k]) + noise
                if self.faulty:
                    angle[k] += self.added(k)
            counts[k] = <int16_t>to_counts(angle[k], self.count_rad, INT16_MIN, INT16_MAX) if sees else INT16_MIN
            if self.faulty:
                counts[k] = <int16_t>self.shown(k, counts[k], INT16_MAX)

    cdef void report(self) noexcept nogil:
        memcpy(self.out.angle_s_rad, self.angle_rad, sizeof(self.angle_rad))
        self.out.in_view = self.in_view

    def read(self, truth: object) -> tuple[int, int, bool]:
        """Sample a NumPy `TruthRecord`; return both angles in counts and whether it sees the Sun: for tests and tools."""
        cdef TruthCopy copy = TruthCopy(truth)
        cdef int16_t counts[2]
        self.advance(0.0, &copy.truth, NULL)
        self.report()
        self.sample(&copy.truth, NULL, counts)
        return counts[0], counts[1], counts[0] != INT16_MIN
