"""Numbers of the devices that can be excluded, and reasons; ST[08] and telemetry use the same numbers."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

from hal.samples import MAX_SUN_SENSORS, MAX_WHEELS

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

MAX_DEVICES = 32  # devices are indices into arrays of this length


@enum.unique
class Device(enum.IntEnum):
    """One sensor or wheel; several of a kind in the order of the vehicle file, from 0. `SUN_SENSORS` has the cells."""

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
    WHEEL_4 = 20
    WHEEL_5 = 21
    WHEEL_6 = 22
    WHEEL_7 = 23
    SUN_SENSOR_6 = 24
    SUN_SENSOR_7 = 25
    SUN_SENSOR_8 = 26
    SUN_SENSOR_9 = 27
    SUN_SENSOR_10 = 28
    SUN_SENSOR_11 = 29


SUN_SENSORS = tuple(Device[f"SUN_SENSOR_{k}"] for k in range(MAX_SUN_SENSORS))
WHEELS = tuple(Device[f"WHEEL_{k}"] for k in range(MAX_WHEELS))


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


def fitted(vehicle: Vehicle) -> dict[str, int]:
    """Return how many a vehicle has of each thing that records have arrays of (`hal.record.Field.per`)."""
    units = {kind: len(vehicle.units(kind)) for kind in ("reaction_wheels", "magnetorquers", "coarse_sun_sensors")}
    cells, wheels = SUN_SENSORS[: units["coarse_sun_sensors"]], WHEELS[: units["reaction_wheels"]]
    used = (Device.STAR_TRACKER_1, *cells, *wheels)
    return units | {"devices": max(used) + 1}
