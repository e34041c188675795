from collections.abc import Callable, Iterable, Mapping
from typing import Any

from numpy.typing import NDArray

from firmware_bindings.host import HostBoard
from hal.handle import Handle, Kernel
from sim.devices._actuators import Torquers, Wheels
from sim.devices._gnss import Gnss
from sim.devices._gyro import Gyro
from sim.devices._magnetometer import Magnetometer
from sim.devices._power import Power
from sim.devices._star_tracker import StarTracker
from sim.devices._sun_sensors import SunSensors
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

    def __init__(self, port: HostBoard | StimulusLine | RealTimeLine, clock: BoardClock, apid: int) -> None: ...

class WorldKernel(Kernel):
    physics: Physics
    gyro: Gyro
    magnetometer: Magnetometer
    sun_sensors: SunSensors
    star_tracker: StarTracker
    gnss: Gnss
    wheels: Wheels
    torquers: Torquers
    power: Power
    adcs: StimulusPort
    eps: StimulusPort
    star_tracker_link: UnitLink
    gnss_link: UnitLink

    def _assemble(
        self,
        physics: Physics,
        devices: Mapping[str, Any],
        ports: tuple[StimulusPort, StimulusPort],
        links: tuple[UnitLink, UnitLink],
        outages: Iterable[tuple[str, int, int]],
        period_ns: int,
        eps_period_ns: int,
        cycle_models: Callable[[], None] | None,
    ) -> None: ...
    @property
    def device_truth(self) -> NDArray[Any]: ...
    def handle(self, name: str) -> Handle: ...
    @property
    def t_ns(self) -> int: ...
    @property
    def due_ns(self) -> int: ...
    def cut_outputs(self, board: str) -> None: ...
    def step(self, t_ns: int) -> None: ...
