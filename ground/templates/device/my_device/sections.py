"""The sensor's section of the data pool.

A new field gets its id with `python -m fsw.core.registry --update my_device.sections`.
"""

from __future__ import annotations

from fsw.core.section import UnitSection
from hal.record import field
from hal.samples import Sample


class MyDeviceSample(Sample):
    """Direction of the Sun."""

    sun_s = field("f8", 3, doc="unit vector to the Sun in the sensor frame")


class MyDeviceSection(UnitSection):
    """What the fine Sun sensor delivers."""

    section = "my_device"
    sample = field(MyDeviceSample, doc="the last report")
