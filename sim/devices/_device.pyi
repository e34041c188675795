from collections.abc import Sequence

import numpy as np

from hal.saved import State

def stream_seed(seed: int, name: str) -> np.random.SeedSequence: ...
def plain_of(bits: np.random.PCG64) -> State: ...
def bits_of(state: State) -> State: ...

class Device:
    ERRORS: tuple[str, ...]
    name: str
    silent: bool

    def __init__(self, name: str, seed: int, errors: object = None) -> None: ...
    @property
    def switches(self) -> dict[str, bool]: ...
    def disturb(
        self,
        *,
        dead: bool = False,
        stuck: int = 0,
        zero: int = 0,
        bias: Sequence[float] = (),
        noise: Sequence[float] = (),
        bits: np.random.BitGenerator | None = None,
    ) -> None: ...
    def save(self) -> State: ...
    def restore(self, state: State) -> None: ...
    def switch(self, error: str, on: bool) -> None: ...
