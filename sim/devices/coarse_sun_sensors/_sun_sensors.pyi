from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from hal.devices.coarse_sun_sensors.kind import SunSensor
from sim.devices._model import DeviceModel

class SunSensors(DeviceModel):
    def __init__(
        self,
        specs: Sequence[SunSensor],
        seed: int,
        errors: object = None,
        reflectivity: float = 0.3,
        name: str = "sun_sensors",
    ) -> None: ...
    def read(self, truth: NDArray[Any]) -> list[int]: ...
