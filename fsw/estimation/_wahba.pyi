import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float64]

def triad(
    first_b: _Array,
    second_b: _Array,
    first_i: _Array,
    second_i: _Array,
    first_variance: float,
    second_variance: float,
    q_bi: _Array,
    covariance: _Array,
) -> int: ...
def davenport(b: _Array, r: _Array, variance: _Array, q_bi: _Array, covariance: _Array) -> tuple[int, float]: ...
