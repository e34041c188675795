from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from typing_extensions import Buffer

Groups = Sequence[tuple[int, int, int]]

class Encoder:
    records: int
    def __init__(
        self,
        groups: Groups,
        keyframe_ticks: int,
        step: int,
        spans: Sequence[tuple[int, int, int]],
        masks: NDArray[np.uint64],
        digested: int,
        tick_address: int,
    ) -> None: ...
    def encode(self, octets: list[tuple[int, int, bytes]]) -> int: ...
    def end(self) -> None: ...
    def take(self) -> bytes: ...

class Decoder:
    at: int
    tick: int
    digest: int
    def __init__(self, groups: Groups, keyframe_ticks: int, step: int, octets: Buffer, first: int) -> None: ...
    def image(self) -> NDArray[np.uint64]: ...
    def index(self) -> tuple[list[int], list[int], int, int, str]: ...
    def seek(self, offset: int) -> None: ...
    def advance(self, with_octets: bool) -> list[tuple[int, int, bytes]] | None: ...
    def extract(self, stop: int, every: int, pieces: NDArray[np.int64], rows: NDArray[np.uint8]) -> int: ...
