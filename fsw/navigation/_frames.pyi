import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float64]

def attitudes(
    t_tai_ns: int,
    tai_utc_s: int,
    ut1_utc_s: float,
    polar_x_rad: float,
    polar_y_rad: float,
    q_ei: _Array,
    q_i_teme: _Array,
) -> None: ...
def geodetic_coordinates(pos_e_m: _Array, out: _Array) -> None: ...
