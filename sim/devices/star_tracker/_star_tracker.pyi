from typing import Any

from numpy.typing import NDArray

from hal.devices.star_tracker.kind import StarTracker as StarTrackerSpec
from sim.devices._model import DeviceModel

class StarTracker(DeviceModel):
    def __init__(self, spec: StarTrackerSpec, seed: int, errors: object = None, name: str = "star_tracker") -> None: ...
    @property
    def misalignment_s_rad(self) -> tuple[float, float, float]: ...
    def read(self, truth: NDArray[Any]) -> list[dict[str, Any]]: ...
