from collections.abc import Sequence

Spec = tuple[int, int, str, int, int, int, int, int, float]

class MonitorLoop:
    def __init__(self, state: int, t_ns: int, specs: Sequence[Spec]) -> None: ...
    def step(self) -> int: ...
