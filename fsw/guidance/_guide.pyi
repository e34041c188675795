from hal.devices.device import Vector
from hal.handle import Kernel
from hal.vehicle.vehicle import Vehicle

class Guide(Kernel):
    def __init__(self, vehicle: Vehicle, payload_second_b: Vector, sun_second_b: Vector) -> None: ...
    def step(self) -> None: ...
