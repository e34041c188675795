"""What is true of a two-axis Sun sensor, as a record."""

from __future__ import annotations

from hal.record import Record, field


class DigitalSunTruth(Record):
    """Where the Sun is for the sensor."""

    angle_s_rad = field("f8", 2, unit="rad", doc="atan2(x, z) and atan2(y, z) of the Sun in nominal sensor axes")
    in_view = field("u1", doc="1 when the sensor sees the Sun")
