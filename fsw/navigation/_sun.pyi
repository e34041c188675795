import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float64]

def position(t_tai_ns: int, sun_i_m: _Array) -> None: ...
def fraction(pos_i_m: _Array, sun_i_m: _Array) -> float: ...
