from typing import Any

import numpy as np
from numpy.typing import NDArray

from hal.devices.reaction_wheels.kind import Wheel
from hal.vehicle.vehicle import Vehicle
from sim.physics._environment import Environment
from sim.physics.options import PhysicsOptions

Doubles = NDArray[np.float64]

class Physics:
    environment: Environment
    memory: NDArray[Any]
    def __init__(self, vehicle: Vehicle, options: PhysicsOptions, environment: Environment) -> None: ...
    def worsen_bearing(
        self, wheel: int, spec: Wheel, options: PhysicsOptions, friction_factor: float = 1.0, seized: bool = False
    ) -> None: ...
    def snapshot(self) -> bytes: ...
    def restore(self, octets: bytes) -> None: ...
    def _take(self, environment: Environment) -> None: ...
    def _restart(self, t_ns: int, t_tai_ns: int, ut1_tai_ns: int, values: Doubles) -> None: ...
    def _advance(self, dt_ns: int, edges_ns: NDArray[np.int64], values: Doubles, motor_nm: Doubles) -> None: ...
