"""Numbers of the devices that can be excluded, and reasons; ST[08] and telemetry use the same numbers."""

from __future__ import annotations

import enum

MAX_DEVICES = 20  # devices are indices into arrays of this length


@enum.unique
class Device(enum.IntEnum):
    """One sensor or wheel; several of a kind in the order of the vehicle file, from 0."""

    GYRO = 1
    MAGNETOMETER = 2
    STAR_TRACKER = 3
    GNSS = 4
    STAR_TRACKER_1 = 5
    SUN_SENSOR_0 = 8
    SUN_SENSOR_1 = 9
    SUN_SENSOR_2 = 10
    SUN_SENSOR_3 = 11
    SUN_SENSOR_4 = 12
    SUN_SENSOR_5 = 13
    WHEEL_0 = 16
    WHEEL_1 = 17
    WHEEL_2 = 18
    WHEEL_3 = 19


@enum.unique
class Exclusion(enum.IntEnum):
    """Why a device is or was excluded."""

    NONE = 0
    SILENT = 1  # nothing valid comes although its board answers
    STUCK = 2  # the same octets again and again
    DISAGREES = 3  # with what the other devices say together
    REFUSED = 4  # by the gate of the filter it feeds, persistently
    MONITOR = 5  # a monitor of the vehicle file
    GROUND = 6  # a telecommand


@enum.unique
class AttitudeSource(enum.IntFlag):
    """The sources of the attitude; without GYRO and MODEL there is none."""

    GYRO = 1
    MODEL = 2  # the rate of the momentum balance, for want of a gyro
    STAR_TRACKER = 4  # within the last 10 s; the same for the others
    MAGNETOMETER = 8
    SUN = 16
