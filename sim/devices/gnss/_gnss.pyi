from typing import Any

from numpy.typing import NDArray

from hal.devices.gnss.kind import Gnss as GnssSpec
from sim.devices._model import DeviceModel

class Gnss(DeviceModel):
    def __init__(self, spec: GnssSpec, seed: int, errors: object = None, name: str = "gnss") -> None: ...
    def read(self, truth: NDArray[Any]) -> bytes: ...
