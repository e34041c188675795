from typing import Any

from numpy.typing import NDArray

from hal.devices.digital_sun_sensor.kind import DigitalSunSensor as DigitalSunSensorSpec
from sim.devices._model import DeviceModel

class DigitalSunSensor(DeviceModel):
    def __init__(
        self,
        spec: DigitalSunSensorSpec,
        seed: int,
        errors: object = None,
        reflectivity: float = 0.3,
        name: str = "digital_sun_sensor",
    ) -> None: ...
    def read(self, truth: NDArray[Any]) -> tuple[int, int, bool]: ...
