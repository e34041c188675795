import numpy as np
from numpy.typing import NDArray

from hal.handle import Kernel

class RateSource(Kernel):
    def balance(self, inertia: NDArray[np.float64], torquer_axes: NDArray[np.float64], *, wheels: bool) -> None: ...
