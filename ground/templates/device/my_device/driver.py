"""Driver of the sensor: its octets in, `MyDeviceSample` out. It imports nothing of the simulator."""

from __future__ import annotations

import math

from hal.drivers.unit import UnitDriver
from hal.vehicle.vehicle import Vehicle
from my_device.kind import MyDevice
from my_device.protocol import FRAMING, Status, decode, direction

SILENT_PERIODS = 5


class MyDeviceDriver(UnitDriver):
    """A report is valid when the sensor sees the Sun within its field of view."""

    framing = FRAMING
    housekeeping = ((10, ("sample.sun_s", "sample.valid", "health.frames_ok", "health.frames_bad", "health.silent")),)

    def __init__(self, vehicle: Vehicle, settings: MyDevice) -> None:
        super().__init__(vehicle, settings, silent_after_s=SILENT_PERIODS / settings.rate_hz)
        self.latency_ns = round(settings.latency_s * 1e9)
        self._half_angle_rad = settings.half_angle_rad

    def take_message(self, message: bytes, now_ns: int) -> None:
        """Take one report: the time of validity comes from the sensor's own clock."""
        report = decode(message)
        t_ns = self.time_of(report.unit_us * 1000, now_ns)
        if t_ns is None:
            return
        inside = max(abs(a) for a in report.angles_rad) <= self._half_angle_rad
        if not inside:
            self.count(out_of_range=1)
        seen = Status.SUN_SEEN in report.status
        sun_s = direction(report.angles_rad) if inside else (0.0, 0.0, 0.0)
        self.deliver(t_ns, report.counter, valid=seen and inside and math.isfinite(sum(sun_s)), sun_s=sun_s)
