# Attitude from vector pairs, with covariance. Unit vectors in body and inertial axes, one variance [rad^2] each
# (error variance per axis across the vector, QUEST measurement model). The covariance is that of the body-frame
# attitude error, 3x3 row-major [rad^2]. Nothing allocates; status codes instead of exceptions.
cdef enum WahbaStatus:
    WAHBA_OK = 0
    WAHBA_UNOBSERVABLE = 1  # fewer than two vectors, or all (nearly) parallel


# TRIAD: the first pair is taken as exact, the second fixes the turn about it (Shuster & Oh 1981, eqs. 9-18, 101).
cdef int wahba_triad(
    const double* first_b, const double* second_b, const double* first_i, const double* second_i,
    double first_variance, double second_variance, double* q_bi, double* covariance,
) noexcept nogil

# Least squares over n pairs: Davenport's q method, 4x4 symmetric eigenproblem by Jacobi rotations, with the Fisher
# information of the QUEST model (Markley & Crassidis 2014, 5.3.1, 5.5.1). loss: sum of (b - C r)^2 / (2 variance).
cdef int wahba_davenport(
    int n, const double* b, const double* r, const double* variance,
    double* q_bi, double* covariance, double* loss,
) noexcept nogil
