# cython: language_level=3
"""TRIAD and Davenport kernels; `wahba.py` is their documented face."""
from libc.math cimport fabs, sqrt

from fsw.algebra._quaternion cimport quat_from_matrix, quat_normalise, quat_rotate
from hal._handle cimport const_doubles, doubles

# Squared sine of the angle between two vectors, below which they count as parallel. One minus the squared cosine, by
# which the covariance is divided, is rounded by up to 4e-16: 4 % at this angle, all of it at 1e-8 rad.
cdef double PARALLEL_SQUARE = 1e-14
cdef double CONDITION = 1e-14  # smallest pivot of the information matrix over its trace
cdef int SWEEPS = 12  # cyclic Jacobi converges quadratically; 4x4 needs at most about six


cdef inline void cross(const double* a, const double* b, double* out) noexcept nogil:
    out[0] = a[1] * b[2] - a[2] * b[1]
    out[1] = a[2] * b[0] - a[0] * b[2]
    out[2] = a[0] * b[1] - a[1] * b[0]


cdef inline double dot(const double* a, const double* b) noexcept nogil:
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


cdef int triad_axes(const double* first, const double* second, double* axes) noexcept nogil:
    """axes = rows [first, first x second (unit), first x (first x second)]."""
    cdef double length
    cdef int k
    cross(first, second, &axes[3])
    length = dot(&axes[3], &axes[3])
    if not length > PARALLEL_SQUARE:
        return WAHBA_UNOBSERVABLE
    length = sqrt(length)
    for k in range(3):
        axes[k] = first[k]
        axes[3 + k] /= length
    cross(&axes[0], &axes[3], &axes[6])
    return WAHBA_OK


cdef int wahba_triad(
    const double* first_b, const double* second_b, const double* first_i, const double* second_i,
    double first_variance, double second_variance, double* q_bi, double* covariance,
) noexcept nogil:
    cdef double[9] axes_b
    cdef double[9] axes_i
    cdef double[9] c
    cdef double cosine, factor
    cdef int i, j
    if triad_axes(first_b, second_b, axes_b) or triad_axes(first_i, second_i, axes_i):
        return WAHBA_UNOBSERVABLE
    for i in range(3):
        for j in range(3):
            c[3 * i + j] = axes_b[i] * axes_i[j] + axes_b[3 + i] * axes_i[3 + j] + axes_b[6 + i] * axes_i[6 + j]
    quat_from_matrix(c, q_bi)
    cosine = dot(first_b, second_b)
    factor = 1.0 / (1.0 - cosine * cosine)
    for i in range(3):
        for j in range(3):
            covariance[3 * i + j] = factor * (
                (second_variance - first_variance) * first_b[i] * first_b[j]
                + first_variance * cosine * (first_b[i] * second_b[j] + second_b[i] * first_b[j])
            )
        covariance[4 * i] += first_variance
    return WAHBA_OK


cdef void jacobi_rotate(double* a, double* v, int p, int q) noexcept nogil:
    """One Jacobi rotation of symmetric a (4x4, full) that annuls a[p, q]; v collects the eigenvectors."""
    cdef double apq = a[4 * p + q]
    cdef double theta, t, c, s, x, y
    cdef int k
    if apq == 0.0:
        return
    theta = 0.5 * (a[5 * q] - a[5 * p]) / apq
    t = 1.0 / (fabs(theta) + sqrt(theta * theta + 1.0))
    if theta < 0.0:
        t = -t
    c = 1.0 / sqrt(t * t + 1.0)
    s = t * c
    for k in range(4):
        x = a[4 * k + p]
        y = a[4 * k + q]
        a[4 * k + p] = c * x - s * y
        a[4 * k + q] = s * x + c * y
    for k in range(4):
        x = a[4 * p + k]
        y = a[4 * q + k]
        a[4 * p + k] = c * x - s * y
        a[4 * q + k] = s * x + c * y
        x = v[4 * k + p]
        y = v[4 * k + q]
        v[4 * k + p] = c * x - s * y
        v[4 * k + q] = s * x + c * y
    a[4 * p + q] = 0.0
    a[4 * q + p] = 0.0


cdef void largest_eigenvector(double* a, double* out) noexcept nogil:
    """out = unit eigenvector of symmetric a (4x4, destroyed) to its largest eigenvalue."""
    cdef double[16] v
    cdef double off, scale = 0.0
    cdef int k, p, q, sweep, best = 0
    for k in range(16):
        v[k] = 0.0
        scale += a[k] * a[k]
    for k in range(4):
        v[5 * k] = 1.0
    for sweep in range(SWEEPS):
        off = 0.0
        for p in range(3):
            for q in range(p + 1, 4):
                off += a[4 * p + q] * a[4 * p + q]
        if off <= 1e-36 * scale:
            break
        for p in range(3):
            for q in range(p + 1, 4):
                jacobi_rotate(a, v, p, q)
    for k in range(1, 4):
        if a[5 * k] > a[5 * best]:
            best = k
    for k in range(4):
        out[k] = v[4 * k + best]


cdef int invert_information(const double* f, double* out) noexcept nogil:
    """out = inverse of the symmetric positive-definite f (3x3) by Cholesky factors; singular: WAHBA_UNOBSERVABLE."""
    cdef double smallest = CONDITION * (f[0] + f[4] + f[8])
    cdef double d0, d1, d2, l10, l20, l21, i0, i1, i2
    d0 = f[0]
    if not d0 > smallest:
        return WAHBA_UNOBSERVABLE
    l10 = f[3] / d0
    l20 = f[6] / d0
    d1 = f[4] - l10 * f[3]
    if not d1 > smallest:
        return WAHBA_UNOBSERVABLE
    l21 = (f[7] - l20 * f[3]) / d1
    d2 = f[8] - l20 * f[6] - l21 * l21 * d1
    if not d2 > smallest:
        return WAHBA_UNOBSERVABLE
    i0 = 1.0 / d0
    i1 = 1.0 / d1
    i2 = 1.0 / d2
    # inverse of L: [[1, 0, 0], [-l10, 1, 0], [l10 l21 - l20, -l21, 1]]
    cdef double m20 = l10 * l21 - l20
    out[0] = i0 + l10 * l10 * i1 + m20 * m20 * i2
    out[1] = -l10 * i1 - m20 * l21 * i2
    out[2] = m20 * i2
    out[4] = i1 + l21 * l21 * i2
    out[5] = -l21 * i2
    out[8] = i2
    out[3] = out[1]
    out[6] = out[2]
    out[7] = out[5]
    return WAHBA_OK


cdef int wahba_davenport(
    int n, const double* b, const double* r, const double* variance,
    double* q_bi, double* covariance, double* loss,
) noexcept nogil:
    cdef double[9] profile  # Wahba's B = sum of w b r^T
    cdef double[9] information
    cdef double[16] davenport
    cdef double[3] predicted
    cdef double weight, total = 0.0
    cdef int i, j, k
    for k in range(9):
        profile[k] = 0.0
        information[k] = 0.0
    for k in range(n):
        total += 1.0 / variance[k]
    for k in range(n):
        weight = 1.0 / (variance[k] * total)
        for i in range(3):
            for j in range(3):
                profile[3 * i + j] += weight * b[3 * k + i] * r[3 * k + j]
                information[3 * i + j] -= weight * b[3 * k + i] * b[3 * k + j]
    for i in range(3):
        information[4 * i] += 1.0
    if n < 2 or invert_information(information, covariance):
        return WAHBA_UNOBSERVABLE
    for k in range(9):
        covariance[k] /= total
    fill_davenport(profile, davenport)
    largest_eigenvector(davenport, q_bi)
    if q_bi[3] < 0.0:
        for k in range(4):
            q_bi[k] = -q_bi[k]
    quat_normalise(q_bi, q_bi)
    loss[0] = 0.0
    for k in range(n):
        quat_rotate(q_bi, &r[3 * k], predicted)
        for i in range(3):
            predicted[i] -= b[3 * k + i]
        loss[0] += 0.5 * dot(predicted, predicted) / variance[k]
    return WAHBA_OK


cdef void fill_davenport(const double* profile, double* k) noexcept nogil:
    """k = [[B + B^T - tr(B) I, z], [z^T, tr B]], z = sum of w b x r (Markley & Crassidis 5.17)."""
    cdef double trace = profile[0] + profile[4] + profile[8]
    cdef int i, j
    for i in range(3):
        for j in range(3):
            k[4 * i + j] = profile[3 * i + j] + profile[3 * j + i]
        k[5 * i] -= trace
    k[3] = profile[5] - profile[7]
    k[7] = profile[6] - profile[2]
    k[11] = profile[1] - profile[3]
    for i in range(3):
        k[12 + i] = k[4 * i + 3]
    k[15] = trace


def triad(first_b, second_b, first_i, second_i, double first_variance, double second_variance, q_bi, covariance):
    """Fill q_bi and covariance; return a WahbaStatus."""
    return wahba_triad(
        const_doubles(first_b, 3), const_doubles(second_b, 3), const_doubles(first_i, 3), const_doubles(second_i, 3),
        first_variance, second_variance, doubles(q_bi, 4), doubles(covariance, 9),
    )


def davenport(b, r, variance, q_bi, covariance):
    """Fill q_bi and covariance; return (WahbaStatus, loss)."""
    cdef double loss = 0.0
    cdef int n = len(b)
    cdef int status = wahba_davenport(
        n, const_doubles(b, 3 * n), const_doubles(r, 3 * n), const_doubles(variance, n), doubles(q_bi, 4),
        doubles(covariance, 9), &loss,
    )
    return status, loss
