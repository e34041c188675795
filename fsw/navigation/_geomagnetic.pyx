"""Kernel of fsw.navigation.geomagnetic: gradient of the potential by Cunningham's V, W recursion."""

from libc.stdint cimport int64_t

from fsw.algebra cimport _vector as vector
from hal._handle cimport const_doubles, const_int64s, doubles

cdef double REFERENCE_RADIUS_M = 6371200.0


cdef void harmonics(int degree, const double* pos_e_m, double* v, double* w) noexcept nogil:
    """V and W to `degree` (Cunningham 1970; Montenbruck & Gill, Satellite Orbits (2000), eq. 3.29 to 3.31)."""
    cdef double r2 = vector.dot(pos_e_m, pos_e_m)
    cdef double rho = REFERENCE_RADIUS_M * REFERENCE_RADIUS_M / r2
    cdef double x = pos_e_m[0] * REFERENCE_RADIUS_M / r2
    cdef double y = pos_e_m[1] * REFERENCE_RADIUS_M / r2
    cdef double z = pos_e_m[2] * REFERENCE_RADIUS_M / r2
    cdef int n, m, here, one, two
    cdef double up, down
    v[0] = REFERENCE_RADIUS_M / vector.norm(pos_e_m)
    w[0] = 0.0
    for m in range(degree + 1):
        if m > 0:
            here = m * (m + 1) // 2 + m
            one = (m - 1) * m // 2 + m - 1
            v[here] = (2 * m - 1) * (x * v[one] - y * w[one])
            w[here] = (2 * m - 1) * (x * w[one] + y * v[one])
        for n in range(m + 1, degree + 1):
            here = n * (n + 1) // 2 + m
            one = (n - 1) * n // 2 + m
            up = (2 * n - 1) * z / (n - m)
            v[here] = up * v[one]
            w[here] = up * w[one]
            if n > m + 1:
                two = (n - 2) * (n - 1) // 2 + m
                down = (n + m - 1) * rho / (n - m)
                v[here] -= down * v[two]
                w[here] -= down * w[two]


cdef void field_e(const double* g, const double* h, int degree, const double* pos_e_m,
                  double* mag_e_tesla) noexcept nogil:
    # B = -grad(a sum (g V + h W)); the derivatives are Montenbruck & Gill, eq. 3.33.
    cdef double v[HARMONICS]
    cdef double w[HARMONICS]
    cdef double bx = 0.0, by = 0.0, bz = 0.0, c, s, k
    cdef int n, m, here, above
    harmonics(degree + 1, pos_e_m, v, w)
    for n in range(1, degree + 1):
        here = n * (n + 1) // 2
        above = (n + 1) * (n + 2) // 2
        c = g[here]
        bx += c * v[above + 1]
        by += c * w[above + 1]
        bz += (n + 1) * c * v[above]
        for m in range(1, n + 1):
            c = g[here + m]
            s = h[here + m]
            k = (n - m + 2) * (n - m + 1)
            bx += 0.5 * (c * v[above + m + 1] + s * w[above + m + 1] - k * (c * v[above + m - 1] + s * w[above + m - 1]))
            by += 0.5 * (c * w[above + m + 1] - s * v[above + m + 1] + k * (c * w[above + m - 1] - s * v[above + m - 1]))
            bz += (n - m + 1) * (c * v[above + m] + s * w[above + m])
    mag_e_tesla[0] = bx
    mag_e_tesla[1] = by
    mag_e_tesla[2] = bz


cdef void interpolate(const GaussTable* table, int64_t t_tai_ns, double* g, double* h) noexcept nogil:
    cdef int k = table.epochs - 2
    cdef int i
    cdef const double* before
    cdef double u
    while k > 0 and t_tai_ns < table.epoch_tai_ns[k]:
        k -= 1
    u = <double> (t_tai_ns - table.epoch_tai_ns[k]) / <double> (table.epoch_tai_ns[k + 1] - table.epoch_tai_ns[k])
    for i in range(COEFFICIENTS):
        before = table.g + k * COEFFICIENTS + i
        g[i] = before[0] + u * (before[COEFFICIENTS] - before[0])
        before = table.h + k * COEFFICIENTS + i
        h[i] = before[0] + u * (before[COEFFICIENTS] - before[0])


cdef int fill_table(GaussTable* table, epoch_tai_ns, g, h) except -1:
    table.epochs = len(epoch_tai_ns)
    table.epoch_tai_ns = const_int64s(epoch_tai_ns, table.epochs)
    table.g = const_doubles(g, table.epochs * COEFFICIENTS)
    table.h = const_doubles(h, table.epochs * COEFFICIENTS)
    return 0


def field(epoch_tai_ns, g_table, h_table, int64_t t_tai_ns, pos_e_m, mag_e_tesla, int degree):
    """Field at one instant and place, for `GaussCoefficients.field_e_tesla`."""
    cdef GaussTable table
    cdef double g[COEFFICIENTS]
    cdef double h[COEFFICIENTS]
    cdef const double* place = const_doubles(pos_e_m, 3)
    cdef double* out = doubles(mag_e_tesla, 3)
    fill_table(&table, epoch_tai_ns, g_table, h_table)
    interpolate(&table, t_tai_ns, g, h)
    field_e(g, h, degree, place, out)
