"""What the sensor measures, as parameters of the data pool: `samples.my_device`."""

from __future__ import annotations

from hal.record import field
from hal.samples import Sample


class MyDeviceSample(Sample):
    """Direction of the Sun."""

    sun_s = field("f8", 3, doc="unit vector to the Sun in the sensor frame")
