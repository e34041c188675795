from collections.abc import Callable, Sequence
from typing import Any

from hal.handle import Kernel

class Loop(Kernel):
    def __init__(
        self,
        steps: tuple[Callable[[], object], ...],
        dividers: Sequence[int],
        base_hz: int,
        clock_now: Callable[[], int],
        failed: Callable[[int, Exception], None],
        recovered: Callable[[int], None],
        inbox: list[Any],
        collect: Callable[[], None],
        cost_clock: Callable[[], int] | None,
    ) -> None: ...
    def tick(self) -> None: ...
