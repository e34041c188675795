import numpy as np
from numpy.typing import NDArray

from hal.handle import Kernel

class EstimatorKernel(Kernel):
    def balance(self, inertia: NDArray[np.float64], torquer_axes: NDArray[np.float64], *, wheels: bool) -> None: ...
    def tune(
        self,
        angle_walk: float,
        rate_walk: float,
        scale_walk: float,
        gate_direction: float,
        gate_attitude: float,
        str_covariances: NDArray[np.float64],
        str_intervals_s: list[float],
        tuning: dict[str, float],
    ) -> None: ...
    def step(self) -> None: ...
