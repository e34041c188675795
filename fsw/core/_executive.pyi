from collections.abc import Callable, Sequence

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
        cost_clock: Callable[[], int] | None,
    ) -> None: ...
    def tick(self) -> None: ...
