"""Kinds of devices for tests."""

from __future__ import annotations

from dataclasses import dataclass

from hal.devices.device import Device
from hal.devices.kind import DeviceKind
from hal.samples import Sample
from hal.schema import key


@dataclass(frozen=True)
class Fine(Device):
    """A device with a list and a number."""

    a: int = key(low=0, high=9, default=0)
    b: tuple[int, ...] = key(low=0, high=9, default=())


FINE = DeviceKind("fine", Fine, Sample, driver="tests.hal.no_driver:None")
OTHER = DeviceKind("other", Fine, Sample, driver="tests.hal.no_driver:None")
NOT_A_KIND = 7
