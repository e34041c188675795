"""The control application: B-dot, Sun acquisition, pointing, momentum unloading."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from fsw.control import _controller
from fsw.control.geometry import torquer_matrices, wheel_arrangements
from fsw.core.pool import Pool
from hal.vehicle.vehicle import Vehicle

INTEGRAL_SHARE = 0.2  # frequency of the integral's pole over the bandwidth
ORBIT_RATE_RADPS = 1.1e-3  # of low orbits, for the B-dot gain


class Gains(NamedTuple):
    """Gains of angular acceleration on attitude error, its integral and rate error."""

    kp_per_s2: float
    ki_per_s3: float
    kd_per_s: float


def pointing_gains(bandwidth_radps: float, damping: float) -> Gains:
    """Gains that put the poles at (s + w_i) (s^2 + 2 z w s + w^2), w_i a fifth of w."""
    w, z, w_i = bandwidth_radps, damping, INTEGRAL_SHARE * bandwidth_radps
    return Gains(w * w + 2.0 * z * w * w_i, w * w * w_i, 2.0 * z * w + w_i)


def bdot_gain_nms(vehicle: Vehicle) -> float:
    """2 n (1 + sin i) J of Avanzini & Giulietti (2012), eq. 22, for a polar orbit and the largest inertia."""
    largest = float(np.linalg.eigvalsh(np.array(vehicle.spacecraft.inertia_b_kgm2)).max())
    return 2.0 * ORBIT_RATE_RADPS * (1.0 + math.sin(math.pi / 2)) * largest


class Controller:
    """Writes `ControlSection` every tick, by `mode.adcs`.

    - IDLE, and BOOT whatever the mode: nothing;
    - DETUMBLE: B-dot on the filtered derivative of the measured field, each torquer clipped by itself; no wheels.
      With the magnetometer excluded the model's field serves while the attitude is known; then the wheels damp;
    - SUN_POINTING without a reference: `pointing.sun_axis_b` is turned to the Sun vector of the coarse sensors, with
      the gyro's rate (the estimate's when it is valid); no Sun seen: the wheels damp the rates;
    - otherwise, with a valid reference: quaternion feedback with rate error and integral, feed-forward of the
      reference acceleration, of the gyroscopic torque of body and wheels and of the torquers' torque (Wie, Space
      Vehicle Dynamics and Control (2008), 7.2). Without: no wheel torque.

    Outside DETUMBLE the torquers unload the wheels (cross-product law). Wheel torques are the least-squares ones, make
    up for bearing friction, keep the wheels' speeds off zero along the null vector of a set of four, and are shortened
    without change of direction at a limit. A wheel that `FdirSection` excludes gets no torque when the others can turn
    the body about every axis.

    Reads `TimeSection`, `ModeSection`, `SamplesSection` (wheel speeds), `BodySection`, `AttitudeSection`,
    `GuidanceSection`, `NavigationSection` (field) and `FdirSection`; keeps its state in `ControllerSection`. Raises
    `GeometryError` for actuators in one plane.
    """

    step: Callable[[], None]

    def __init__(self, pool: Pool, vehicle: Vehicle) -> None:
        kernel = _controller.Controller(
            vehicle,
            pointing_gains(vehicle.control.bandwidth_radps, vehicle.control.damping),
            bdot_gain_nms(vehicle),
            wheel_arrangements(vehicle),
            torquer_matrices(vehicle),
        )
        kernel.bind(pool)
        self.step = kernel.step
