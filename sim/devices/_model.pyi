from collections.abc import Sequence
from typing import Any

from numpy.typing import NDArray

from hal.errors import InputError
from hal.handle import Memory
from hal.record import Record
from hal.saved import State
from sim.devices._device import Device
from sim.physics.actuation import Action

MOST_LOADS: int

class ModelError(InputError, RuntimeError): ...

class DeviceModel(Device):
    TRUTH: type[Record] | None
    ACTIONS: int
    LOADS: int
    records: Memory | None

    def __init__(self, name: str, seed: int, errors: object = None) -> None: ...
    def save(self) -> State: ...
    def restore(self, state: State) -> None: ...
    def actions_of(self, dt_ns: int) -> list[Action]: ...
    @property
    def truth(self) -> NDArray[Any]: ...

class ScriptedModel(DeviceModel):
    view: NDArray[Any]

    def cycle(self, truth: NDArray[Any]) -> None: ...
    def actions(self, dt_ns: int) -> Sequence[Action]: ...
    def raise_failure(self) -> None: ...
