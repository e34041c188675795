from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hal.handle import Kernel

def digest_octets(octets: bytes) -> bytes: ...

Groups = Sequence[tuple[int, int, int]]

class Encoder(Kernel):
    records: int
    def __init__(
        self,
        groups: Groups,
        keyframe_ticks: int,
        step: int,
        spans: Sequence[tuple[str, int, int, int]],
        masks: NDArray[np.uint64],
        digested: int,
    ) -> None: ...
    def encode(self, octets: list[tuple[int, int, bytes]]) -> int: ...
    def digest(self) -> int: ...
    def end(self) -> None: ...
    def take(self) -> bytes: ...
