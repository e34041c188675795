import numpy as np
from numpy.typing import NDArray

from hal.handle import Kernel
from hal.vehicle.vehicle import Vehicle

_Array = NDArray[np.float64]

class Controller(Kernel):
    def __init__(
        self,
        vehicle: Vehicle,
        gains: tuple[float, float, float],
        bdot_gain_nms: float,
        arrangements: dict[int, tuple[_Array, _Array, float]],
        torquer_arrays: tuple[_Array, _Array],
    ) -> None: ...
    def step(self) -> None: ...
