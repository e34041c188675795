# cython: language_level=3
"""The MEKF kernel as a Python object with memory of its own; `mekf.py` is the documented face."""
cimport numpy as cnp
from libc.string cimport memcpy

from fsw.estimation._mekf cimport (
    Mekf, MekfNoise, mekf_get_covariance, mekf_propagate, mekf_set_covariance, mekf_update_attitude,
    mekf_update_direction, mekf_update_vector,
)
from hal._handle cimport const_doubles, doubles

cnp.import_array()


cdef const double* fast_vector(object value, int n, double* scratch) except NULL:
    """Address of n float64 of a contiguous array, or of their copy in scratch; raise for a wrong length."""
    cdef cnp.ndarray array
    cdef int k
    if cnp.PyArray_CheckExact(value):
        array = <cnp.ndarray>value
        if cnp.PyArray_TYPE(array) == cnp.NPY_DOUBLE and cnp.PyArray_IS_C_CONTIGUOUS(array):
            if cnp.PyArray_SIZE(array) == n:
                return <const double*>cnp.PyArray_DATA(array)
    if len(value) != n:
        raise ValueError(f"vector of {len(value)} elements: expected {n}")
    for k in range(n):
        scratch[k] = value[k]
    return scratch


cdef int pack_covariance(object covariance_b, double* packed) except -1:
    """packed = upper triangle of a (3, 3) array."""
    cdef double[9] scratch
    cdef cnp.ndarray array
    cdef const double* full
    if not cnp.PyArray_CheckExact(covariance_b):
        raise ValueError("covariance is not an array: expected shape (3, 3)")
    array = <cnp.ndarray>covariance_b
    if cnp.PyArray_NDIM(array) != 2 or cnp.PyArray_TYPE(array) != cnp.NPY_DOUBLE or cnp.PyArray_SIZE(array) != 9:
        raise ValueError("covariance has a wrong shape or type: expected (3, 3) float64")
    full = fast_vector(array if cnp.PyArray_IS_C_CONTIGUOUS(array) else array.ravel(), 9, scratch)
    packed[0] = full[0]
    packed[1] = full[1]
    packed[2] = full[2]
    packed[3] = full[4]
    packed[4] = full[5]
    packed[5] = full[8]
    return 0


cdef class MekfKernel:
    """A filter of its own memory for Python callers; see `fsw.estimation.mekf.Mekf`."""

    cdef Mekf filter
    cdef MekfNoise noise
    cdef double gate_direction
    cdef double gate_attitude

    def __cinit__(self, *args, **kwargs):
        self.filter.q_bi[3] = 1.0

    def configure(self, double angle_walk, double rate_walk, double scale_walk,
                  double gate_direction, double gate_attitude):
        """Set process noise (variances a second) and gates."""
        self.noise = MekfNoise(angle_walk, rate_walk, scale_walk)
        self.gate_direction = gate_direction
        self.gate_attitude = gate_attitude

    def set_state(self, q_bi, bias_b, p):
        """Copy the state in."""
        memcpy(self.filter.q_bi, const_doubles(q_bi, 4), sizeof(self.filter.q_bi))
        memcpy(self.filter.bias_b, const_doubles(bias_b, 3), sizeof(self.filter.bias_b))
        mekf_set_covariance(&self.filter, const_doubles(p, 36))

    def get_state(self, q_bi, bias_b, p):
        """Copy the state out."""
        memcpy(doubles(q_bi, 4), self.filter.q_bi, sizeof(self.filter.q_bi))
        memcpy(doubles(bias_b, 3), self.filter.bias_b, sizeof(self.filter.bias_b))
        mekf_get_covariance(&self.filter, doubles(p, 36))

    def propagate(self, dtheta_b_rad, double dt_s, double extra_variance_rad2=0.0):
        """Advance by a measured angle increment (3,) [rad] over dt_s > 0."""
        cdef double[3] scratch
        if not dt_s > 0.0:
            raise ValueError(f"dt_s is {dt_s}: expected a positive interval")
        mekf_propagate(&self.filter, &self.noise, fast_vector(dtheta_b_rad, 3, scratch), dt_s, extra_variance_rad2)

    def update_direction(self, z_b, r_i, double variance_rad2, double weight=1.0):
        """Update with a direction: unit vectors (3,); return (NIS, accepted)."""
        cdef double[3] z
        cdef double[3] r
        cdef double nis = mekf_update_direction(
            &self.filter, fast_vector(z_b, 3, z), fast_vector(r_i, 3, r), variance_rad2, weight * variance_rad2,
            self.gate_direction,
        )
        return nis, nis <= self.gate_direction

    def update_vector(self, z_b, r_i, covariance_b):
        """Update with a vector (3,) of any length and its covariance (3, 3); return (NIS, accepted)."""
        cdef double[3] z
        cdef double[3] r
        cdef double[6] packed
        cdef double nis
        pack_covariance(covariance_b, packed)
        nis = mekf_update_vector(
            &self.filter, fast_vector(z_b, 3, z), fast_vector(r_i, 3, r), packed, self.gate_direction
        )
        return nis, nis <= self.gate_direction

    def update_attitude(self, q_bi, covariance_b):
        """Update with an attitude (4,) and the covariance (3, 3) of its body-frame error; return (NIS, accepted)."""
        cdef double[4] q
        cdef double[6] packed
        cdef double nis
        pack_covariance(covariance_b, packed)
        nis = mekf_update_attitude(&self.filter, fast_vector(q_bi, 4, q), packed, self.gate_attitude)
        return nis, nis <= self.gate_attitude

    def step(self, dtheta_b_rad, double dt_s, z1_b, r1_i, double variance1_rad2, z2_b, r2_i, double variance2_rad2):
        """One propagation and two direction updates in one call."""
        cdef double[3] d
        cdef double[3] z1
        cdef double[3] r1
        cdef double[3] z2
        cdef double[3] r2
        mekf_propagate(&self.filter, &self.noise, fast_vector(dtheta_b_rad, 3, d), dt_s, 0.0)
        mekf_update_direction(&self.filter, fast_vector(z1_b, 3, z1), fast_vector(r1_i, 3, r1),
                              variance1_rad2, variance1_rad2, self.gate_direction)
        mekf_update_direction(&self.filter, fast_vector(z2_b, 3, z2), fast_vector(r2_i, 3, r2),
                              variance2_rad2, variance2_rad2, self.gate_direction)

    def run(self, dtheta_b_rad, double dt_s, z1_b, r1_i, double variance1_rad2, z2_b, r2_i, double variance2_rad2):
        """`step` over n rows of dtheta_b_rad, z1_b and z2_b."""
        cdef Py_ssize_t k, n = len(dtheta_b_rad)
        cdef const double* d = const_doubles(dtheta_b_rad, 3 * n)
        cdef const double* z1 = const_doubles(z1_b, 3 * n)
        cdef const double* z2 = const_doubles(z2_b, 3 * n)
        cdef const double* r1 = const_doubles(r1_i, 3)
        cdef const double* r2 = const_doubles(r2_i, 3)
        with nogil:
            for k in range(n):
                mekf_propagate(&self.filter, &self.noise, d + 3 * k, dt_s, 0.0)
                mekf_update_direction(&self.filter, z1 + 3 * k, r1, variance1_rad2, variance1_rad2, self.gate_direction)
                mekf_update_direction(&self.filter, z2 + 3 * k, r2, variance2_rad2, variance2_rad2, self.gate_direction)
