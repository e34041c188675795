import numpy as np
from numpy.typing import NDArray

from hal.handle import Kernel
from hal.vehicle.vehicle import Vehicle

class IsolationKernel(Kernel):
    def limit(self, vehicle: Vehicle, str_covariances: NDArray[np.float64]) -> None: ...
    def watch(self) -> bool: ...
