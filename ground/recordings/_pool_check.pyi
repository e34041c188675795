from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hal.handle import Kernel

class Runs(Kernel):
    def __init__(self, runs: Sequence[tuple[str, int, int, int, int, int]], image: NDArray[np.uint64]) -> None: ...
    def equal(self, tick: int, keyframe: bool) -> bool: ...
    def differing(self, tick: int, keyframe: bool) -> list[int]: ...
