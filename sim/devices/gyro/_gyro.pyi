from typing import Any

from numpy.typing import NDArray

from hal.devices.gyro.kind import Gyro as GyroSpec
from sim.devices._model import DeviceModel

class Gyro(DeviceModel):
    def __init__(self, spec: GyroSpec, seed: int, errors: object = None, name: str = "gyro") -> None: ...
    @property
    def bias_s_radps(self) -> tuple[float, float, float]: ...
    @property
    def matrix_sb(self) -> list[list[float]]: ...
    def read(self, truth: NDArray[Any]) -> list[int]: ...
