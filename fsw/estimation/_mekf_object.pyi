import numpy as np
from numpy.typing import ArrayLike, NDArray

_Array = NDArray[np.float64]

class MekfKernel:
    def configure(
        self,
        angle_walk: float,
        rate_walk: float,
        scale_walk: float,
        gate_direction: float,
        gate_attitude: float,
    ) -> None: ...
    def set_state(self, q_bi: _Array, bias_b: _Array, p: _Array) -> None: ...
    def get_state(self, q_bi: _Array, bias_b: _Array, p: _Array) -> None: ...
    def propagate(self, dtheta_b_rad: ArrayLike, dt_s: float, extra_variance_rad2: float = 0.0) -> None: ...
    def update_direction(
        self, z_b: ArrayLike, r_i: ArrayLike, variance_rad2: float, weight: float = 1.0
    ) -> tuple[float, bool]: ...
    def update_vector(self, z_b: ArrayLike, r_i: ArrayLike, covariance_b: _Array) -> tuple[float, bool]: ...
    def update_attitude(self, q_bi: ArrayLike, covariance_b: _Array) -> tuple[float, bool]: ...
    def step(
        self,
        dtheta_b_rad: ArrayLike,
        dt_s: float,
        z1_b: ArrayLike,
        r1_i: ArrayLike,
        variance1_rad2: float,
        z2_b: ArrayLike,
        r2_i: ArrayLike,
        variance2_rad2: float,
    ) -> None: ...
    def run(
        self,
        dtheta_b_rad: _Array,
        dt_s: float,
        z1_b: _Array,
        r1_i: _Array,
        variance1_rad2: float,
        z2_b: _Array,
        r2_i: _Array,
        variance2_rad2: float,
    ) -> None: ...
