"""What is true of an accelerometer, as a record."""

from __future__ import annotations

from hal.record import Record, field


class AccelerometerTruth(Record):
    """What an accelerometer should measure, and its bias."""

    force_s_mps2 = field("f8", 3, unit="m/s^2", doc="specific force there, mean over the last cycle, sensor axes")
    bias_s_mps2 = field("f8", 3, unit="m/s^2", doc="bias in force, sensor axes")
