import numpy as np
from numpy.typing import NDArray

class EstimatorKernel:
    def configure(
        self,
        time: int,
        body: int,
        navigation: int,
        attitude: int,
        history: int,
        calibration: int,
        samples: int,
        fdir: int,
        model: int,
    ) -> None: ...
    def balance(self, inertia: NDArray[np.float64], torquer_axes: NDArray[np.float64]) -> None: ...
    def tune(
        self,
        angle_walk: float,
        rate_walk: float,
        scale_walk: float,
        gate_direction: float,
        gate_attitude: float,
        str_covariance: NDArray[np.float64],
        str_interval_s: float,
        tuning: dict[str, float],
    ) -> None: ...
    def step(self) -> None: ...
