"""What a satellite can do with its devices: the attitude modes that are possible, and what the others lack."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from hal.devices.checks import SPAN_MINIMUM
from hal.schema import Defect

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

POINTING_MODES = ("SUN_POINTING", "INERTIAL", "NADIR", "TARGET")
ATTITUDE_SOURCES = "star tracker or magnetometer with Sun sensors"


def knows_attitude(v: Vehicle) -> bool:
    """Whether sensors tell the whole attitude: a star tracker, or two directions."""
    return bool(v.of_kind("star_tracker") or (v.of_kind("magnetometer") and v.units("coarse_sun_sensors")))


def knows_rate(v: Vehicle) -> bool:
    """Whether the rate is known: from a gyro, or from attitudes that follow each other."""
    return bool(v.of_kind("gyro")) or knows_attitude(v)


def turns_all_axes(v: Vehicle) -> bool:
    """Whether the wheels turn the body about every axis."""
    axes = np.array([wheel.axis_b for wheel in v.units("reaction_wheels")])
    return len(axes) >= 3 and float(np.linalg.svd(axes, compute_uv=False)[2]) >= SPAN_MINIMUM


def lacking(v: Vehicle) -> dict[str, tuple[str, ...]]:
    """Return what each mode that is not possible lacks, by the name of the mode; IDLE always is possible."""
    detumble = [
        kind.replace("magnetorquers", "torquers") for kind in ("magnetometer", "magnetorquers") if not v.of_kind(kind)
    ]
    pointing = [] if turns_all_axes(v) else ["three wheels whose axes span space"]
    sun, attitude = list(pointing), list(pointing)
    if not knows_attitude(v):
        attitude.append(ATTITUDE_SOURCES)
        if not (v.units("coarse_sun_sensors") and v.of_kind("gyro")):
            sun.append(f"{ATTITUDE_SOURCES} or Sun sensors with a gyro")
    found = {"DETUMBLE": detumble, "SUN_POINTING": sun} | dict.fromkeys(POINTING_MODES[1:], attitude)
    return {mode: tuple(missing) for mode, missing in found.items() if missing}


def modes(v: Vehicle) -> Iterator[Defect]:
    """Say which modes are not possible."""
    grouped: dict[tuple[str, ...], list[str]] = {}
    for mode, missing in lacking(v).items():
        grouped.setdefault(missing, []).append(mode)
    for missing, names in grouped.items():
        expected = f"them for {', '.join(names)}: not possible without"
        yield Defect("device", f"found no {', no '.join(missing)}", expected)
