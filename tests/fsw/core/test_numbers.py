"""Numbers that telemetry and telecommands carry: released ones keep their meaning for ever."""

import pytest

from fsw.autonomy import requests
from fsw.core import parameters
from fsw.guidance import modes
from fsw.health import devices
from fsw.restart import start
from hal.vehicle import functions

RELEASED = {
    modes.SystemMode: "BOOT SAFE NOMINAL",
    modes.AdcsMode: "IDLE DETUMBLE SUN_POINTING INERTIAL NADIR TARGET",
    modes.SafeReason: "NONE BOARD_SILENT EXCESSIVE_RATE LOW_BATTERY APPLICATION_FAILED GROUND_REQUEST RATE_UNKNOWN "
    "WHEELS_FAILED OVERHEATED POWER_FAULT",
    start.StartKind: "COLD RETAINED SNAPSHOT SALVAGED",
    start.TimeSource: "START ADCS_BOARD EPS_BOARD STAR_TRACKER GNSS SNAPSHOT",
    start.RestartReason: "NONE EXIT SIGNAL SILENT",
    parameters.ParameterRefusal: "- UNKNOWN NOT_A_NUMBER OUT_OF_LIMITS CONTRADICTION",
    functions.Function: "- DETUMBLE SUN_POINTING NADIR TRACK_TARGET HOLD_INERTIAL IDLE ENTER_SAFE LEAVE_SAFE "
    "EXCLUDE_SENSOR ADMIT_SENSOR",
    requests.Refusal: "NONE UNKNOWN_REQUEST BAD_ARGUMENT WRONG_SYSTEM_MODE RATE_TOO_HIGH ATTITUDE_INVALID "
    "NAVIGATION_INVALID STILL_UNSAFE NOT_POSSIBLE",
    devices.Device: "- GYRO MAGNETOMETER STAR_TRACKER GNSS STAR_TRACKER_1 - - SUN_SENSOR_0 SUN_SENSOR_1 SUN_SENSOR_2 "
    "SUN_SENSOR_3 SUN_SENSOR_4 SUN_SENSOR_5 - - WHEEL_0 WHEEL_1 WHEEL_2 WHEEL_3 WHEEL_4 "
    "WHEEL_5 WHEEL_6 WHEEL_7 SUN_SENSOR_6 SUN_SENSOR_7 SUN_SENSOR_8 SUN_SENSOR_9 SUN_SENSOR_10 SUN_SENSOR_11",
    devices.Exclusion: "NONE SILENT STUCK DISAGREES REFUSED MONITOR GROUND",
}


@pytest.mark.parametrize("kind", RELEASED, ids=lambda kind: kind.__name__)
def test_released_numbers_keep_their_meaning(kind):
    """From 0 on, with a dash for a number that is not used; new ones come after them, and into this table."""
    numbers = {name: number for number, name in enumerate(RELEASED[kind].split()) if name != "-"}
    assert {member.name: int(member) for member in kind} == numbers


def test_every_device_fits_the_arrays_of_devices():
    assert max(devices.Device) < devices.MAX_DEVICES
