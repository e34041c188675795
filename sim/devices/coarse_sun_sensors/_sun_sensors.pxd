# Coarse Sun sensors: cosine cells, all of them one device.

from libc.stdint cimport int64_t

from hal_samples cimport MAX_SUN_SENSORS
from sim.devices._model cimport DeviceModel
from sim_physics_records cimport TruthRecord

cdef enum:
    RINGS = 4                    # albedo patches: rings from nadir to the limb
    SECTORS = 8                  # and sectors of each ring
    PATCHES = RINGS * SECTORS


cdef class SunSensors(DeviceModel):
    cdef int cells
    cdef double normal_b[MAX_SUN_SENSORS][3]
    cdef double cos_half_angle[MAX_SUN_SENSORS]
    cdef double noise[MAX_SUN_SENSORS]
    cdef double count[MAX_SUN_SENSORS]
    cdef double reflectivity     # of the Earth, mean
    cdef int64_t albedo_until_ns # time until which the patches hold
    cdef int lit                 # patches in sunlight
    cdef double patch_i[PATCHES][4]  # direction from the satellite, GCRF; irradiance of the patch over the solar one

    # Cut the visible Earth into patches of equal solid angle and find the sunlit ones.
    cdef void renew_patches(self, const TruthRecord* truth) noexcept nogil

    # Add the light of every sunlit patch to every cell that sees it.
    cdef void add_albedo(self, const double* c_bi, double* current) noexcept nogil
