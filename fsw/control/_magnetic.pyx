"""Kernel of magnetic control: B-dot, momentum unloading, torquer limits."""

from libc.math cimport fabs

from fsw.algebra cimport _vector as vector


cdef void filter_field(const double* mag_b_tesla, double dt_s, double tau_s, double* filtered,
                       double* bdot_b_tps) noexcept nogil:
    # Discrete so that a ramp is differentiated without error once settled.
    cdef double share = dt_s / (tau_s + dt_s)
    cdef int k
    for k in range(3):
        filtered[k] += share * (mag_b_tesla[k] - filtered[k])
        bdot_b_tps[k] = (mag_b_tesla[k] - filtered[k]) / tau_s


cdef void detumble_dipole(const double* bdot_b_tps, const double* mag_b_tesla, double gain_nms,
                          double* dipole_b_am2) noexcept nogil:
    # Stickler & Alfriend (1976); gain as in Avanzini & Giulietti, J. Guid. Control Dyn. 35 (2012) 1326, with b' the
    # part of B' across B, which a turning body sees as -w x b.
    cdef double b2 = vector.dot(mag_b_tesla, mag_b_tesla)
    cdef double along
    if b2 == 0.0:
        vector.scale(0.0, bdot_b_tps, dipole_b_am2)
        return
    along = vector.dot(bdot_b_tps, mag_b_tesla) / b2
    vector.copy(bdot_b_tps, dipole_b_am2)
    vector.add_scaled(-along, mag_b_tesla, dipole_b_am2)
    vector.scale(-gain_nms / b2, dipole_b_am2, dipole_b_am2)


cdef void unload_dipole(const double* momentum_b_nms, const double* mag_b_tesla, double rate_per_s,
                        double* dipole_b_am2) noexcept nogil:
    # m = k (h x B) / |B|^2, so that m x B = -k (h - (h.b) b) (Markley & Crassidis (2014), 7.5.2).
    cdef double b2 = vector.dot(mag_b_tesla, mag_b_tesla)
    vector.cross(momentum_b_nms, mag_b_tesla, dipole_b_am2)
    vector.scale(rate_per_s / b2 if b2 > 0.0 else 0.0, dipole_b_am2, dipole_b_am2)


cdef void clip_dipole(const Torquers* torquers, double* dipole_b_am2) noexcept nogil:
    cdef double each[MAX_TORQUERS]
    cdef double most
    cdef int k
    for k in range(torquers.count):
        most = torquers.mean_max_am2[k]
        each[k] = min(most, max(-most, vector.dot(torquers.inverse[k], dipole_b_am2)))
    vector.combine(torquers.count, &torquers.axes[0][0], each, dipole_b_am2)


cdef void shorten_dipole(const Torquers* torquers, double* dipole_b_am2) noexcept nogil:
    cdef double factor = 1.0, asked
    cdef int k
    for k in range(torquers.count):
        asked = fabs(vector.dot(torquers.inverse[k], dipole_b_am2))
        if asked * factor > torquers.mean_max_am2[k]:
            factor = torquers.mean_max_am2[k] / asked
    vector.scale(factor, dipole_b_am2, dipole_b_am2)
