from hal.handle import Kernel
from hal.vehicle import Vehicle
from hal.vehicle_devices import Vector

class Guide(Kernel):
    def __init__(self, vehicle: Vehicle, payload_second_b: Vector, sun_second_b: Vector) -> None: ...
    def step(self) -> None: ...
