# Magnetic control. Dipoles are means over the board's cycle ("duty included"); a dipole m in the field B gives the
# torque m x B on the body.

from hal_samples cimport MAX_TORQUERS

# What the torquers can do: their axes, and the rows that map a dipole to each of them.
cdef struct Torquers:
    int count
    double axes[MAX_TORQUERS][3]
    double inverse[MAX_TORQUERS][3]
    double mean_max_am2[MAX_TORQUERS]   # largest dipole of each torquer times the duty

# Low-pass `filtered` towards the measurement and write its derivative: (B - filtered) / tau.
cdef void filter_field(const double* mag_b_tesla, double dt_s, double tau_s, double* filtered,
                       double* bdot_b_tps) noexcept nogil

# B-dot law: m = -k b' / |B| with b the unit field, k [N m s].
cdef void detumble_dipole(const double* bdot_b_tps, const double* mag_b_tesla, double gain_nms,
                          double* dipole_b_am2) noexcept nogil

# Cross-product law: the dipole whose torque is -rate * (part of `momentum` across the field).
cdef void unload_dipole(const double* momentum_b_nms, const double* mag_b_tesla, double rate_per_s,
                        double* dipole_b_am2) noexcept nogil

# Limit each torquer by itself (as much torque as there is), or all by one factor (the direction is kept).
cdef void clip_dipole(const Torquers* torquers, double* dipole_b_am2) noexcept nogil
cdef void shorten_dipole(const Torquers* torquers, double* dipole_b_am2) noexcept nogil
