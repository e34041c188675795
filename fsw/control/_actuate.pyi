import numpy as np
from numpy.typing import NDArray

from hal.handle import Kernel
from hal.vehicle.vehicle import Vehicle

class Actuate(Kernel):
    def __init__(self, vehicle: Vehicle, torquer_inverse: NDArray[np.float64]) -> None: ...
    def step(self) -> None: ...
