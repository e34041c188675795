"""What is true of a gyro, as a record."""

from __future__ import annotations

from hal.record import Record, field


class GyroTruth(Record):
    """True state of a gyro that no sensor measures."""

    bias_s_radps = field("f8", 3, unit="rad/s", doc="bias in force, sensor axes")
