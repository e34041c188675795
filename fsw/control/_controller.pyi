import numpy as np
from numpy.typing import NDArray

from fsw.core.pool import Pool
from hal.vehicle import Vehicle

_Array = NDArray[np.float64]

class Controller:
    def __init__(
        self,
        pool: Pool,
        vehicle: Vehicle,
        gains: tuple[float, float, float],
        bdot_gain_nms: float,
        arrangements: dict[int, tuple[_Array, _Array, float]],
        torquer_arrays: tuple[_Array, _Array],
    ) -> None: ...
    def step(self) -> None: ...
