import numpy as np
from numpy.typing import NDArray

from fsw.core.pool import Pool
from hal.vehicle import Vehicle

class Actuate:
    def __init__(self, pool: Pool, vehicle: Vehicle, torquer_inverse: NDArray[np.float64]) -> None: ...
    def step(self) -> None: ...
