"""Kernel of the truth's geomagnetic field.

Potential V = a sum (a/r)^(n+1) A_nm(z/r) (g_nm Re + h_nm Im)((x + iy)/r)^m, B = -grad V, free of singularities at the
poles (Pines 1973, AIAA J. 11, 1508); A_nm = d^m P_n/du^m. Schmidt factors are folded into the coefficients.
"""

from libc.math cimport floor, sqrt
from libc.stdint cimport int64_t

import math

import numpy as np

cdef double CELL_S = 60.0


def _unnormalised(coefficients):
    """Return Schmidt coefficients (epoch, 2, 14, 14) [nT] as coefficients [T] of unnormalised functions."""
    out = np.zeros_like(coefficients)
    for n in range(1, DEGREE + 1):
        for m in range(n + 1):
            factor = math.sqrt((1 if m == 0 else 2) * math.factorial(n - m) / math.factorial(n + m))
            out[:, :, n, m] = coefficients[:, :, n, m] * factor * 1e-9
    return out


cdef void new_field(FieldMemory* memory) noexcept nogil:
    memory.cell = -(<int64_t>1 << 62)


cdef class Field:
    """`coefficients` (epochs, 2, 14, 14): Schmidt g and h [nT] by degree and order, at `epochs_s` (TAI, ascending)."""

    def __init__(self, coefficients, epochs_s, double radius_m):
        self._table = np.ascontiguousarray(_unnormalised(np.asarray(coefficients, dtype=np.float64)))
        self._epochs_s = np.ascontiguousarray(epochs_s, dtype=np.float64)
        self._radius_m = radius_m
        cdef int n, m
        self._diagonal[0] = 1.0
        for n in range(1, DEGREE + 1):
            self._diagonal[n] = (2 * n - 1) * self._diagonal[n - 1]
            for m in range(WIDTH):
                self._alpha[n][m] = (2 * n - 1) / <double>(n - m) if m < n else 0.0
                self._beta[n][m] = (n + m - 1) / <double>(n - m) if m < n - 1 else 0.0

    cdef void update(self, double t_s, FieldMemory* memory) noexcept nogil:
        """Interpolate the coefficients linearly; beyond the last epoch follow the last pair's slope."""
        cdef Py_ssize_t k = 0, last = self._epochs_s.shape[0] - 2
        cdef double f
        cdef int n, m
        while k < last and t_s >= self._epochs_s[k + 1]:
            k += 1
        f = (t_s - self._epochs_s[k]) / (self._epochs_s[k + 1] - self._epochs_s[k])
        for n in range(DEGREE + 1):
            for m in range(WIDTH):
                memory.g[n][m] = self._table[k, 0, n, m] + f * (self._table[k + 1, 0, n, m] - self._table[k, 0, n, m])
                memory.h[n][m] = self._table[k, 1, n, m] + f * (self._table[k + 1, 1, n, m] - self._table[k, 1, n, m])
                memory.radial_g[n][m] = (n + m + 1) * memory.g[n][m]
                memory.radial_h[n][m] = (n + m + 1) * memory.h[n][m]

    cdef void evaluate(self, int64_t t_tai_ns, const double* pos_e_m, FieldMemory* memory, double* mag_e) noexcept nogil:
        cdef double t_s = <double>t_tai_ns * 1e-9
        cdef int64_t cell = <int64_t>floor(t_s / CELL_S)
        cdef double r2 = pos_e_m[0] * pos_e_m[0] + pos_e_m[1] * pos_e_m[1] + pos_e_m[2] * pos_e_m[2]
        cdef double inverse = 1.0 / sqrt(r2), rho = self._radius_m * inverse
        cdef double s = pos_e_m[0] * inverse, t = pos_e_m[1] * inverse, u = pos_e_m[2] * inverse
        cdef double rho_u = rho * u, rho2 = rho * rho, power = rho * rho
        # three rows of rho^(n+2) A_nm, rotated; one column beyond the diagonal stays zero
        cdef double rows[3][WIDTH + 1]
        cdef double vg[WIDTH]   # sums over degree, by order: A g, A h, A' g, A' h, (n+m+1) A g, (n+m+1) A h
        cdef double vh[WIDTH]
        cdef double ug[WIDTH]
        cdef double uh[WIDTH]
        cdef double rg[WIDTH]
        cdef double rh[WIDTH]
        cdef double *new, *one, *two
        cdef double re = 1.0, im = 0.0, re_below = 0.0, im_below = 0.0, next_re, value
        cdef double x = 0.0, y = 0.0, z = 0.0, radial = 0.0
        cdef int n, m
        if cell != memory.cell:
            memory.cell = cell
            self.update((<double>cell + 0.5) * CELL_S, memory)
        for m in range(WIDTH):
            vg[m] = vh[m] = ug[m] = uh[m] = rg[m] = rh[m] = 0.0
        for m in range(WIDTH + 1):
            rows[0][m] = rows[1][m] = rows[2][m] = 0.0
        rows[0][0] = power
        for n in range(1, DEGREE + 1):
            new = rows[n % 3]
            one = rows[(n + 2) % 3]
            two = rows[(n + 1) % 3]
            power *= rho
            for m in range(WIDTH):
                new[m] = self._alpha[n][m] * rho_u * one[m] - self._beta[n][m] * rho2 * two[m]
            new[n] = power * self._diagonal[n]
            for m in range(WIDTH):
                vg[m] += new[m] * memory.g[n][m]
                vh[m] += new[m] * memory.h[n][m]
                ug[m] += new[m + 1] * memory.g[n][m]
                uh[m] += new[m + 1] * memory.h[n][m]
                rg[m] += new[m] * memory.radial_g[n][m]
                rh[m] += new[m] * memory.radial_h[n][m]
        for m in range(WIDTH):
            x += m * (vg[m] * re_below + vh[m] * im_below)
            y += m * (vh[m] * re_below - vg[m] * im_below)
            z += ug[m] * re + uh[m] * im
            radial += rg[m] * re + rh[m] * im
            re_below = re
            im_below = im
            next_re = s * re - t * im
            im = s * im + t * re
            re = next_re
        radial += u * z
        mag_e[0] = s * radial - x
        mag_e[1] = t * radial - y
        mag_e[2] = u * radial - z
