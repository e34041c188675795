from collections.abc import Sequence

from fsw.autonomy.monitors import Spec

class MonitorLoop:
    def __init__(self, state: int, t_ns: int, specs: Sequence[Spec]) -> None: ...
    def step(self) -> int: ...
