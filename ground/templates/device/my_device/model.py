"""Model of the sensor for the simulator: the truth in, its octets out. Flight never imports this."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np

from my_device.protocol import Report, Status, encode
from sim.devices.unit import UnitModel

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hal.vehicle.vehicle import Vehicle
    from my_device.kind import MyDevice


class MyDeviceModel(UnitModel):
    """A Sun sensor with white noise on both angles; it was switched on `ON_BEFORE_S` before separation."""

    ON_BEFORE_S = 40.0

    def __init__(self, name: str, vehicle: Vehicle, settings: MyDevice, seed: int) -> None:
        super().__init__(name, vehicle, settings, seed)
        self.period_ns = 1_000_000_000 // settings.rate_hz
        self.latency_ns = round(settings.latency_s * 1e9)
        self._c_sb = rotation(settings.q_sb)
        self._counter = 0

    def measure(self, truth: NDArray[Any]) -> bytes:
        """Return a report; noise is drawn whether or not the Sun is seen."""
        x, y, z = self._c_sb @ truth["sun_b"]
        noise = self.rng.standard_normal(2) * self.settings.noise_rad
        angles = (math.atan2(x, z) + noise[0], math.atan2(y, z) + noise[1])
        inside = z > 0.0 and max(map(abs, angles)) <= self.settings.half_angle_rad
        seen = inside and truth["sunlit"] > 0.0
        unit_us = int(truth["t_ns"]) // 1000 + round(self.ON_BEFORE_S * 1e6)
        self._counter += 1
        return encode(
            Report(unit_us, self._counter, Status.SUN_SEEN if seen else Status(0), angles if seen else (0, 0))
        )


def rotation(q: tuple[float, ...]) -> NDArray[np.float64]:
    """Return C(q) of a quaternion, scalar last: the frame rotation of `fsw/CONVENTIONS.md`."""
    e, w = np.array(q[:3]), q[3]
    cross = np.array([[0.0, -e[2], e[1]], [e[2], 0.0, -e[0]], [-e[1], e[0], 0.0]])
    return (w * w - e @ e) * np.eye(3) + 2.0 * np.outer(e, e) - 2.0 * w * cross
