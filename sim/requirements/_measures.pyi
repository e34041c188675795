from collections.abc import Mapping, Sequence

from hal.handle import Kernel

def bits(*names: str) -> int: ...

class Measures(Kernel):
    ticks: int
    def __init__(
        self,
        names: Mapping[str, str],
        *,
        tick_s: float,
        orbit_s: float,
        payload_b: Sequence[float],
        sun_axis_b: Sequence[float],
        target: Sequence[float] | None,
        wheel_limits: Sequence[float],
        modes: Mapping[str, int],
    ) -> None: ...
    def step(self) -> None: ...
    def save(self) -> int: ...
    def restore(self, ticks: int) -> None: ...
