import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float64]

MAX_DEGREE: int
COEFFICIENTS: int

def field(
    epoch_tai_ns: NDArray[np.int64],
    g_table: _Array,
    h_table: _Array,
    t_tai_ns: int,
    pos_e_m: _Array,
    mag_e_tesla: _Array,
    degree: int,
) -> None: ...
