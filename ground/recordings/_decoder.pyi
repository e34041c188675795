from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

from fsw.recorder._recording import Groups
from hal.handle import Kernel

class Decoder(Kernel):
    at: int
    tick: int
    digest: int
    keyframe: bool
    octets_read: int
    def __init__(self, groups: Groups, keyframe_ticks: int, step: int, octets: Buffer, first: int) -> None: ...
    def image(self) -> NDArray[np.uint64]: ...
    def index(self) -> tuple[list[int], list[int], int, int, str]: ...
    def seek(self, offset: int) -> None: ...
    @overload
    def advance(self, with_octets: Literal[True]) -> list[tuple[int, int, bytes]]: ...
    @overload
    def advance(self, with_octets: bool) -> list[tuple[int, int, bytes]] | None: ...
    def extract(self, stop: int, every: int, pieces: NDArray[np.int64], rows: NDArray[np.uint8]) -> int: ...
