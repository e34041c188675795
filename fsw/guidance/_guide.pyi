from fsw.core.pool import Pool
from hal.vehicle import Vehicle
from hal.vehicle_devices import Vector

class Guide:
    def __init__(self, pool: Pool, vehicle: Vehicle, payload_second_b: Vector, sun_second_b: Vector) -> None: ...
    def step(self) -> None: ...
