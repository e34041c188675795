# cython: language_level=3
"""Array loops over the quaternion kernels of `_quaternion.pxd`; `quaternion.py` is their documented face.

Every function takes C-contiguous float64 arrays of n rows, already broadcast, and fills `out`.
"""


def multiply(const double[:, ::1] p, const double[:, ::1] q, double[:, ::1] out):
    """out[k] = p[k] (x) q[k]."""
    cdef Py_ssize_t k
    with nogil:
        for k in range(out.shape[0]):
            quat_multiply(&p[k, 0], &q[k, 0], &out[k, 0])


def normalise(const double[:, ::1] q, double[:, ::1] out):
    """out[k] = q[k] / |q[k]|; return False when a norm is zero or not finite."""
    cdef Py_ssize_t k
    cdef double norm
    cdef bint good = True
    with nogil:
        for k in range(out.shape[0]):
            norm = quat_normalise(&q[k, 0], &out[k, 0])
            if not 0.0 < norm < 1e300:
                good = False
    return good


def from_rotation_vector(const double[:, ::1] rotation, double[:, ::1] out):
    """out[k] = quaternion of rotation[k]."""
    cdef Py_ssize_t k
    with nogil:
        for k in range(out.shape[0]):
            quat_from_rotation_vector(&rotation[k, 0], &out[k, 0])


def to_rotation_vector(const double[:, ::1] q, double[:, ::1] out):
    """out[k] = rotation vector of q[k]."""
    cdef Py_ssize_t k
    with nogil:
        for k in range(out.shape[0]):
            quat_to_rotation_vector(&q[k, 0], &out[k, 0])


def apply_small_angle(const double[:, ::1] angle_b, const double[:, ::1] q_bi, double[:, ::1] out):
    """out[k] = q_bi[k] turned by the small body-frame angle angle_b[k]."""
    cdef Py_ssize_t k
    with nogil:
        for k in range(out.shape[0]):
            quat_apply_small_angle(&angle_b[k, 0], &q_bi[k, 0], &out[k, 0])


def to_matrix(const double[:, ::1] q, double[:, :, ::1] out):
    """out[k] = C(q[k])."""
    cdef Py_ssize_t k
    with nogil:
        for k in range(out.shape[0]):
            quat_to_matrix(&q[k, 0], &out[k, 0, 0])


def from_matrix(const double[:, :, ::1] c, double[:, ::1] out):
    """out[k] = quaternion of c[k]."""
    cdef Py_ssize_t k
    with nogil:
        for k in range(out.shape[0]):
            quat_from_matrix(&c[k, 0, 0], &out[k, 0])


def rotate(const double[:, ::1] q_bi, const double[:, ::1] v_i, double[:, ::1] out):
    """out[k] = C(q_bi[k]) v_i[k]."""
    cdef Py_ssize_t k
    with nogil:
        for k in range(out.shape[0]):
            quat_rotate(&q_bi[k, 0], &v_i[k, 0], &out[k, 0])
