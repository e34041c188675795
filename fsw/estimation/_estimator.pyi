import numpy as np
from numpy.typing import NDArray

from fsw.estimation._rate_source import RateSource

class EstimatorKernel(RateSource):
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
