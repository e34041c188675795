"""The guidance application: reference attitudes, their rates and accelerations, and limited slews between them."""

from __future__ import annotations

from collections.abc import Callable

from fsw.core.pool import Pool
from fsw.guidance import _guide
from hal.devices.device import Vector
from hal.vehicle.vehicle import Vehicle


class Guide:
    """Writes `GuidanceSection` every tick for the instant at which this tick's command is applied, one tick ahead.

    Goals, by `mode.adcs` (each with its rate and, until the tick after, its mean acceleration in body axes):

    - SUN_POINTING: `pointing.sun_axis_b` to the Sun; of the body axes the one most square to it as near as can be to
      the orbit normal, so that the attitude stands still (the ecliptic pole when the Sun is within 14 deg of the
      normal);
    - INERTIAL: `mode.q_bi_inertial` (not of unit norm within 30 %: no reference);
    - NADIR: `pointing.payload_axis_b` to the Earth's centre, body y (x when y is the payload axis) to minus the orbit
      normal: the LVLH frame for a payload on +z;
    - TARGET: the payload axis to the target of the mode section (WGS 84), the same second axis; while the satellite
      approaches and the target is below the horizon, or recedes and it is below `pointing.mask_elevation_rad`, NADIR.

    A new goal starts a slew from the estimated attitude and rate. It is planned relative to the moving goal, about the
    eigenaxis when it starts at rest, within `control.slew_rate_max_radps` and `control.slew_acceleration_max_radps2`
    (of which a goal that moves itself takes its share, up to three quarters), and ends smoothly on it; a goal that
    jumps by more than 1e-3 rad is slewed to as well. Without a valid attitude, or orbit where it is needed, `valid`
    is 0. Two directions: Markley & Crassidis (2014), 5.1 (TRIAD); profile: Wie (2008), 7.3.

    Reads `ModeSection`, `NavigationSection`, `AttitudeSection`; keeps its state in `GuideSection`.
    """

    step: Callable[[], None]

    def __init__(self, pool: Pool, vehicle: Vehicle) -> None:
        payload, sun = vehicle.pointing.payload_axis_b, vehicle.pointing.sun_axis_b
        along_y = abs(payload[1]) > 0.9
        payload_second = (1.0, 0.0, 0.0) if along_y else (0.0, 1.0, 0.0)
        kernel = _guide.Guide(vehicle, payload_second, _most_square(sun))
        kernel.bind(pool)
        self.step = kernel.step


def _most_square(axis: Vector) -> Vector:
    """Of x, y and z the axis with the smallest component of `axis`; x before y before z."""
    least = min(range(3), key=lambda k: abs(axis[k]))
    return tuple(1.0 if k == least else 0.0 for k in range(3))
