import numpy as np
from numpy.typing import NDArray

from hal.handle import Kernel

_Array = NDArray[np.float64]

class SenseKernel(Kernel):
    def mount(
        self,
        q_sb: _Array,
        wheel_momentum: _Array,
        normals: _Array,
        lit_ratio: float,
        strength_low: float,
        strength_high: float,
        inverse: _Array,
        usable: NDArray[np.int64],
    ) -> None: ...
    def solve_with(self, inverse: _Array, usable: NDArray[np.int64], cells_out: int) -> None: ...
    def step(self) -> None: ...
