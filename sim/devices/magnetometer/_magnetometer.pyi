from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from hal.devices.magnetometer.kind import Magnetometer as MagnetometerSpec
from sim.devices._model import DeviceModel

class Magnetometer(DeviceModel):
    def __init__(
        self, spec: MagnetometerSpec, seed: int, errors: object = None, name: str = "magnetometer"
    ) -> None: ...
    @property
    def hard_iron_s_tesla(self) -> tuple[float, float, float]: ...
    @property
    def soft_iron_s(self) -> list[list[float]]: ...
    def read(
        self, truth: NDArray[Any], dipole_b_am2: Sequence[float] = (0.0, 0.0, 0.0), driven: bool = False
    ) -> list[int]: ...
