# cython: language_level=3
"""Array loops over the quaternion kernels of `_quaternion.pxd`; `quaternion.py` is their documented face.

Every function takes C-contiguous float64 arrays of n rows, already broadcast, and fills `out`.
"""
from hal._handle cimport const_doubles, doubles


def multiply(p, q, out):
    """out[k] = p[k] (x) q[k]."""
    cdef Py_ssize_t k, n = len(out)
    cdef const double* p_rows = const_doubles(p, 4 * n)
    cdef const double* q_rows = const_doubles(q, 4 * n)
    cdef double* out_rows = doubles(out, 4 * n)
    with nogil:
        for k in range(n):
            quat_multiply(p_rows + 4 * k, q_rows + 4 * k, out_rows + 4 * k)


def normalise(q, out):
    """out[k] = q[k] / |q[k]|; return False when a norm is zero or not finite."""
    cdef Py_ssize_t k, n = len(out)
    cdef const double* q_rows = const_doubles(q, 4 * n)
    cdef double* out_rows = doubles(out, 4 * n)
    cdef double norm
    cdef bint good = True
    with nogil:
        for k in range(n):
            norm = quat_normalise(q_rows + 4 * k, out_rows + 4 * k)
            if not 0.0 < norm < 1e300:
                good = False
    return good


def from_rotation_vector(rotation, out):
    """out[k] = quaternion of rotation[k]."""
    cdef Py_ssize_t k, n = len(out)
    cdef const double* rotation_rows = const_doubles(rotation, 3 * n)
    cdef double* out_rows = doubles(out, 4 * n)
    with nogil:
        for k in range(n):
            quat_from_rotation_vector(rotation_rows + 3 * k, out_rows + 4 * k)


def to_rotation_vector(q, out):
    """out[k] = rotation vector of q[k]."""
    cdef Py_ssize_t k, n = len(out)
    cdef const double* q_rows = const_doubles(q, 4 * n)
    cdef double* out_rows = doubles(out, 3 * n)
    with nogil:
        for k in range(n):
            quat_to_rotation_vector(q_rows + 4 * k, out_rows + 3 * k)


def apply_small_angle(angle_b, q_bi, out):
    """out[k] = q_bi[k] turned by the small body-frame angle angle_b[k]."""
    cdef Py_ssize_t k, n = len(out)
    cdef const double* angle_b_rows = const_doubles(angle_b, 3 * n)
    cdef const double* q_bi_rows = const_doubles(q_bi, 4 * n)
    cdef double* out_rows = doubles(out, 4 * n)
    with nogil:
        for k in range(n):
            quat_apply_small_angle(angle_b_rows + 3 * k, q_bi_rows + 4 * k, out_rows + 4 * k)


def to_matrix(q, out):
    """out[k] = C(q[k])."""
    cdef Py_ssize_t k, n = len(out)
    cdef const double* q_rows = const_doubles(q, 4 * n)
    cdef double* out_rows = doubles(out, 9 * n)
    with nogil:
        for k in range(n):
            quat_to_matrix(q_rows + 4 * k, out_rows + 9 * k)


def from_matrix(c, out):
    """out[k] = quaternion of c[k]."""
    cdef Py_ssize_t k, n = len(out)
    cdef const double* c_rows = const_doubles(c, 9 * n)
    cdef double* out_rows = doubles(out, 4 * n)
    with nogil:
        for k in range(n):
            quat_from_matrix(c_rows + 9 * k, out_rows + 4 * k)


def rotate(q_bi, v_i, out):
    """out[k] = C(q_bi[k]) v_i[k]."""
    cdef Py_ssize_t k, n = len(out)
    cdef const double* q_bi_rows = const_doubles(q_bi, 4 * n)
    cdef const double* v_i_rows = const_doubles(v_i, 3 * n)
    cdef double* out_rows = doubles(out, 3 * n)
    with nogil:
        for k in range(n):
            quat_rotate(q_bi_rows + 4 * k, v_i_rows + 3 * k, out_rows + 3 * k)
