from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from hal.devices.reaction_wheels.kind import Wheel
from sim.devices._model import DeviceModel

class Wheels(DeviceModel):
    first: int

    def __init__(
        self, specs: Sequence[Wheel], seed: int, errors: object = None, name: str = "wheels", first: int = 0
    ) -> None: ...
    def torques(self, counts: Sequence[int], powered: bool = True) -> list[float]: ...
    def shaft_loads_w(self, truth: NDArray[Any]) -> list[float]: ...
    def read(self, truth: NDArray[Any]) -> list[int]: ...
