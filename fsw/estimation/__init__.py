"""Attitude estimation: quaternions, Wahba solvers, multiplicative EKF, the `sense` and `estimate` applications."""
