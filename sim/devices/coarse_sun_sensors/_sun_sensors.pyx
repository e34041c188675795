"""Coarse Sun sensors: cosine cells in sunlight, eclipse and the light of the Earth.

Albedo: the Earth is a Lambert sphere of uniform reflectivity; the part that the satellite sees is cut into patches of
solid angle dW, each of radiance (albedo / pi) cos(solar zenith) in units of the solar irradiance, and a cell
collects radiance times dW times the cosine of incidence (the cell model of Bhanderi & Bak, "Modeling Earth Albedo
for Satellites in Earth Orbit", AIAA 2005-6465, with uniform reflectivity). The patches are renewed once a second.
"""

from __future__ import annotations

from libc.math cimport M_PI, cos, sin, sqrt
from libc.stdint cimport uint16_t

from hal_samples cimport MAX_SUN_SENSORS
from sim.devices._device cimport to_counts
from sim.devices._model cimport Surroundings
from sim.devices._truth cimport TruthCopy, irradiance
from sim.physics._algebra cimport apply, cross, dcm, dot, norm

cdef enum:
    ALBEDO
    NOISE

cdef double EARTH_RADIUS_M = 6371000.0     # mean radius
cdef int64_t ALBEDO_PERIOD_NS = 1000000000


cdef class SunSensors(DeviceModel):
    """All coarse Sun sensors of a vehicle; a current of 1 is full normal sunlight at 1 au."""

    ERRORS = ("albedo", "noise")

    def __init__(self, specs: object, seed: int, errors: object = None, reflectivity: float = 0.3,
                 name: str = "sun_sensors") -> None:
        """`specs`: sequence of `hal.devices.coarse_sun_sensors.kind.SunSensor`; `reflectivity`: mean of the Earth."""
        DeviceModel.__init__(self, name, seed, errors)
        self.cells = len(specs)
        self.albedo_until_ns = -1
        self.reflectivity = reflectivity
        cdef int k, j
        for k in range(self.cells):
            for j in range(3):
                self.normal_b[k][j] = specs[k].normal_b[j]
            self.cos_half_angle[k] = cos(specs[k].half_angle_rad)
            self.noise[k] = specs[k].noise
            self.count[k] = specs[k].count

    cdef void renew_patches(self, const TruthRecord* truth) noexcept nogil:
        """Cut the visible Earth into patches of equal solid angle and find the sunlit ones."""
        cdef double r = norm(truth.pos_i_m)
        cdef double ratio = EARTH_RADIUS_M / r if r > EARTH_RADIUS_M else 1.0
        cdef double cos_limb = sqrt(1.0 - ratio * ratio)
        cdef double weight = 2.0 * M_PI * (1.0 - cos_limb) / PATCHES * self.reflectivity / M_PI
        cdef double down[3]
        cdef double side[3]
        cdef double third[3]
        cdef double d[3]
        cdef double ground[3]
        cdef double c, s, azimuth, slant, lit
        cdef int ring, sector, k, axis = 0
        self.lit = 0
        for k in range(3):
            down[k] = -truth.pos_i_m[k] / r
            third[k] = 0.0
            if down[k] * down[k] < down[axis] * down[axis]:
                axis = k
        third[axis] = 1.0
        cross(down, third, side)
        c = norm(side)
        for k in range(3):
            side[k] /= c
        cross(down, side, third)
        for ring in range(RINGS):
            c = 1.0 - (1.0 - cos_limb) * (ring + 0.5) / RINGS
            s = sqrt(1.0 - c * c)
            slant = r * c - sqrt(EARTH_RADIUS_M * EARTH_RADIUS_M - r * r * s * s)
            for sector in range(SECTORS):
                azimuth = 2.0 * M_PI * (sector + 0.5 * (ring & 1)) / SECTORS
                for k in range(3):
                    d[k] = c * down[k] + s * (cos(azimuth) * side[k] + sin(azimuth) * third[k])
                    ground[k] = (truth.pos_i_m[k] + slant * d[k]) / EARTH_RADIUS_M
                lit = dot(ground, truth.sun_i)
                if lit > 0.0:
                    for k in range(3):
                        self.patch_i[self.lit][k] = d[k]
                    self.patch_i[self.lit][3] = weight * lit
                    self.lit += 1

    cdef void add_albedo(self, const double* c_bi, double* current) noexcept nogil:
        """Add the light of every sunlit patch to every cell that sees it."""
        cdef double d_b[3]
        cdef double cosine
        cdef int patch, k
        for patch in range(self.lit):
            apply(c_bi, self.patch_i[patch], d_b)
            for k in range(self.cells):
                cosine = dot(self.normal_b[k], d_b)
                if cosine > self.cos_half_angle[k]:
                    current[k] += self.patch_i[patch][3] * cosine

    cdef void sample(self, const TruthRecord* truth, const Surroundings* around, void* channels) noexcept nogil:
        """Normalised photocurrents in counts, one a cell."""
        cdef uint16_t* counts = <uint16_t*>channels
        cdef double c_bi[9]
        cdef double current[MAX_SUN_SENSORS]
        cdef double light = irradiance(truth), cosine
        cdef int k
        for k in range(self.cells):
            current[k] = 0.0
            cosine = dot(self.normal_b[k], truth.sun_b)
            if cosine > self.cos_half_angle[k]:
                current[k] = light * cosine
        if self.on >> ALBEDO & 1:
            if truth.t_ns >= self.albedo_until_ns:
                self.renew_patches(truth)
                self.albedo_until_ns = truth.t_ns + ALBEDO_PERIOD_NS
            dcm(truth.q_bi, c_bi)
            self.add_albedo(c_bi, current)
        for k in range(self.cells):
            current[k] += self.share(NOISE) * self.noise[k] * self.normal()
            if self.faulty:
                current[k] += self.added(k)
            counts[k] = <uint16_t>to_counts(current[k], self.count[k], 0, 65535)
            if self.faulty:
                counts[k] = <uint16_t>self.shown(k, counts[k], 65535)

    def read(self, truth: object) -> list[int]:
        """Sample `truth` (a NumPy `TruthRecord` record) and return the counts: the kernel's face for tests and tools."""
        cdef TruthCopy copy = TruthCopy(truth)
        cdef uint16_t counts[MAX_SUN_SENSORS]
        self.sample(&copy.truth, NULL, counts)
        return [counts[k] for k in range(self.cells)]
