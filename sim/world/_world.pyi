from collections.abc import Iterable, Mapping, Sequence

from firmware_bindings.host import HostBoard
from hal.handle import Handle
from hal.record import Record
from sim.devices._model import DeviceModel
from sim.physics.physics import Physics
from sim.scenario.scenario import BoardClock
from sim.world.lockstep import StimulusLine
from sim.world.real_time import RealTimeLine

class UnitLink:
    name: str
    given: int
    dropped: int
    unread: int

    def __init__(self, name: str) -> None: ...
    def write(self, octets: bytes) -> None: ...
    def read(self) -> bytes: ...
    def close(self) -> None: ...

class StimulusPort:
    missed: int
    name: str

    def __init__(self, port: HostBoard | StimulusLine | RealTimeLine, clock: BoardClock, apid: int) -> None: ...
    def assemble(
        self,
        name: str,
        period_ns: int,
        stimulus: type[Record],
        actuation: type[Record],
        devices: Sequence[tuple[DeviceModel, str, str]],
    ) -> None: ...

class WorldKernel:
    physics: Physics
    devices: dict[str, DeviceModel]

    def _assemble(
        self,
        physics: Physics,
        devices: Iterable[DeviceModel],
        links: Mapping[str, UnitLink | None],
        ports: Iterable[StimulusPort],
        outages: Iterable[tuple[str, int, int]],
    ) -> None: ...
    def without_power_device(self) -> None: ...
    def handle(self, name: str) -> Handle: ...
    @property
    def t_ns(self) -> int: ...
    @property
    def due_ns(self) -> int: ...
    def cut_outputs(self, board: str) -> None: ...
    def step(self, t_ns: int) -> None: ...
