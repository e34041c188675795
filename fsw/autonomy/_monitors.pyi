from collections.abc import Sequence

from fsw.autonomy.monitors import Spec
from hal.handle import Kernel

class MonitorLoop(Kernel):
    def __init__(self, specs: Sequence[Spec]) -> None: ...
    def step(self) -> int: ...
