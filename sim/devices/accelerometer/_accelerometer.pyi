from typing import Any

from numpy.typing import NDArray

from hal.devices.accelerometer.kind import Accelerometer as AccelerometerSpec
from sim.devices._model import DeviceModel

class Accelerometer(DeviceModel):
    def __init__(
        self, spec: AccelerometerSpec, seed: int, errors: object = None, name: str = "accelerometer"
    ) -> None: ...
    def read(self, truth: NDArray[Any], dt_s: float = 0.1) -> list[int]: ...
