"""`Estimator`: attitude and gyro bias of every tick, with the star tracker applied at its time of validity.

Reads `TimeSection`, `SamplesSection`, `FdirSection`, `BodySection` and `NavigationSection`; writes `AttitudeSection`,
`EstimatorHistorySection` (the filter), `MagCalibrationSection` and `RateModelSection`. It starts from the star tracker,
or from field and Sun by TRIAD, and then fuses all three with the gyro. Errors of the field and of the coarse Sun vector
are correlated in time: the gate judges them by their variance, the update weighs them as if one were taken each
correlation time. While the star tracker works, the magnetometer is calibrated against it, and can then keep the
attitude when the star tracker fails. When the gyro is excluded or has been silent for two seconds, the rate from the
momentum balance (`_rate_model.pxd`) replaces it. The filter then estimates the error of this rate in place of the
gyro's bias, with the noise of a rate that unknown torques change.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fsw.algebra import quaternion
from fsw.core.samples import MAX_STAR_TRACKERS
from fsw.estimation._estimator import EstimatorKernel
from fsw.estimation.mekf import FilterError, gate_threshold
from fsw.estimation.sections import HISTORY_DEPTH
from hal.devices.star_tracker.kind import StarTracker
from hal.handle import Handles
from hal.vehicle.vehicle import Vehicle

SCALE_ERROR_TIME_S = 30.0  # scale-factor errors act as noise over about a slew; the bias takes up the rest
BRIDGE_ACCELERATION = 3.0  # body acceleration assumed while the gyro is silent, in slew accelerations
REFERENCE_FIELD_TESLA = 4.0e-5  # at which the linear part of the magnetometer calibration is expressed


def star_tracker_covariance(tracker: StarTracker | None) -> NDArray[np.float64]:
    """Return the covariance of the noise that is declared of a star tracker, (3, 3), body axes [rad^2]; 1 of none."""
    if tracker is None:
        return np.eye(3)
    c_bs = quaternion.to_matrix(quaternion.conjugate(tracker.q_sb))
    sigma_s = np.array([tracker.noise_cross_rad, tracker.noise_cross_rad, tracker.noise_roll_rad])
    return np.ascontiguousarray(c_bs @ np.diag(sigma_s**2) @ c_bs.T)


def star_trackers(vehicle: Vehicle) -> list[StarTracker | None]:
    """Return the star trackers that estimation may use, None for each that is not there."""
    found = list(vehicle.of_kind("star_tracker"))[:MAX_STAR_TRACKERS]
    return found + [None] * (MAX_STAR_TRACKERS - len(found))


def star_tracker_covariances(vehicle: Vehicle) -> NDArray[np.float64]:
    """Return `star_tracker_covariance` of each of them, (n, 3, 3)."""
    return np.array([star_tracker_covariance(tracker) for tracker in star_trackers(vehicle)])


def torquer_axes(vehicle: Vehicle) -> NDArray[np.float64]:
    """Return the axes of the torquers, times the duty, (n, 3)."""
    rows = [np.array(t.axis_b) * d.duty for d in vehicle.of_kind("magnetorquers") for t in d.units]
    return np.array(rows, np.float64).reshape(-1, 3)


def _first(vehicle: Vehicle, kind: str) -> Any:  # noqa: ANN401 - of its kind
    """Return the first device of a kind; None when there is none."""
    return next(iter(vehicle.of_kind(kind)), None)


class Estimator(EstimatorKernel):
    """The `estimate` application: `step()` once a tick, after `Sense` and navigation.

    Raises `FilterError` when the star tracker's latency is longer than the measurement history.
    """

    def __init__(self, pool: Handles, vehicle: Vehicle) -> None:
        reach_s = (HISTORY_DEPTH - 2) / vehicle.rates.base_hz
        gyro, mag = _first(vehicle, "gyro"), _first(vehicle, "magnetometer")
        late = (t for t in star_trackers(vehicle) if t is not None and t.latency_s > reach_s)
        for tracker in late:
            raise FilterError(
                f"star_tracker.latency_s is {tracker.latency_s}: expected at most {reach_s:g} s, which "
                f"the history reaches at {vehicle.rates.base_hz} Hz; lower the rate or raise HISTORY_DEPTH"
            )
        self.bind(pool)
        self.balance(
            np.array(vehicle.spacecraft.inertia_b_kgm2, dtype=float), torquer_axes(vehicle),
            wheels=bool(vehicle.of_kind("reaction_wheels")),
        )  # fmt: skip
        tuning = vehicle.estimation
        # What a device that is not there would have is never used: nothing comes from it.
        self.tune(
            gyro.angle_random_walk_rad_sqrts**2 if gyro else 0.0,
            gyro.rate_random_walk_radps_sqrts**2 if gyro else 0.0,
            (gyro.scale_factor_sigma**2 + gyro.misalignment_sigma_rad**2) * SCALE_ERROR_TIME_S if gyro else 0.0,
            gate_threshold(tuning.gate_probability, 2),
            gate_threshold(tuning.gate_probability, 3),
            star_tracker_covariances(vehicle),
            [1.0 / tracker.rate_hz if tracker else 1.0 for tracker in star_trackers(vehicle)],
            {
                "bias_variance": gyro.bias_sigma_radps**2 if gyro else 0.0,
                "bridge_accel": BRIDGE_ACCELERATION * vehicle.control.slew_acceleration_max_radps2,
                "mag_noise_variance": mag.noise_tesla**2 if mag else 0.0,
                "mag_model_variance": tuning.mag_sigma_rad**2,
                "mag_correlation_s": tuning.mag_correlation_s,
                "mag_offset_variance": mag.hard_iron_sigma_tesla**2 if mag else 0.0,
                "mag_linear_variance": (mag.soft_iron_sigma * REFERENCE_FIELD_TESLA) ** 2 if mag else 0.0,
                "sun_variance": tuning.sun_sigma_rad**2,
                "sun_correlation_s": tuning.sun_correlation_s,
                "tick_s": 1.0 / vehicle.rates.base_hz,
            },
        )
