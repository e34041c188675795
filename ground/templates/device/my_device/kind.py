"""The kind that a vehicle file names: the keys of a sensor, its sample, its driver, and its model in the simulator."""

from __future__ import annotations

from dataclasses import dataclass

from hal.devices.device import Device
from hal.devices.kind import DeviceKind
from hal.schema import key
from my_device.sample import MyDeviceSample


@dataclass(frozen=True)
class MyDevice(Device):
    """What the sensor is, for driver and model."""

    q_sb: tuple[float, ...] = key(shape=(4,), unit_norm=True, doc="body to sensor, scalar last; the boresight is +z")
    rate_hz: int = key(low=1, high=10)
    half_angle_rad: float = key(above=0, below=1.5, doc="of the field of view, about x and about y")
    noise_rad: float = key(low=0, high=1, doc="1 sigma of each angle")
    latency_s: float = key(low=0, high=1, default=0.0, doc="from validity to arrival")


KIND = DeviceKind(
    "my_device",
    MyDevice,
    MyDeviceSample,
    driver="my_device.driver:MyDeviceDriver",
    model="my_device.model:MyDeviceModel",
)
