import numpy as np
from numpy.typing import NDArray

_Array = NDArray[np.float64]

class SenseKernel:
    def configure(self, samples: int, calibration: int, fdir: int, body: int) -> None: ...
    def mount(
        self,
        q_sb: _Array,
        wheel_momentum: _Array,
        normals: _Array,
        lit_ratio: float,
        strength_low: float,
        strength_high: float,
        inverse: _Array,
        usable: NDArray[np.uint8],
    ) -> None: ...
    def solve_with(self, inverse: _Array, usable: NDArray[np.uint8], cells_out: int) -> None: ...
    def step(self) -> None: ...
