from collections.abc import Mapping, Sequence
from typing import Any

from hal.handle import Kernel

Input = tuple[str, str, int, int | None, bool, tuple[str, int] | None]

OPS: dict[str, int]
KINDS: tuple[str, ...]

class JudgeKernel(Kernel):
    ticks: int
    def __init__(
        self,
        signals: Sequence[Input],
        terms: Sequence[tuple[int, str, Sequence[float], int]],
        rules: Sequence[Mapping[str, Any]],
        orbit_ticks: int,
    ) -> None: ...
    def step(self) -> None: ...
    def figures(self, k: int) -> dict[str, float]: ...
    def percentile(self, k: int, share: float, upper: bool) -> float: ...
    def save(self) -> bytes: ...
    def restore(self, octets: bytes) -> None: ...
