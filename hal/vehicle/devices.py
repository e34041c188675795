"""The devices of the vehicle file: sensors, actuators and power, each with the ranges of its keys.

Hard ranges hold what physics and the wire allow, from a 1U to a satellite of a ton; `plausible` holds what is built.
"""

from __future__ import annotations

from dataclasses import dataclass

from hal.schema import key

Vector = tuple[float, ...]


@dataclass(frozen=True)
class Gyro:
    """Three-axis rate-integrating gyro."""

    q_sb: Vector = key(shape=(4,), unit_norm=True)
    angle_random_walk_rad_sqrts: float = key(low=0, high=1, plausible=(1e-8, 1e-3), doc="rad/sqrt(s)")
    rate_random_walk_radps_sqrts: float = key(low=0, high=1, plausible=(1e-12, 1e-4), doc="rad/s/sqrt(s)")
    bias_sigma_radps: float = key(low=0, high=1, plausible=(1e-8, 0.05), doc="turn-on bias, 1 sigma")
    scale_factor_sigma: float = key(low=0, high=0.5, plausible=(1e-7, 0.05))
    misalignment_sigma_rad: float = key(low=0, high=0.5, plausible=(1e-7, 0.05))
    count_rad: float = key(low=1e-12, high=0.1, plausible=(1e-11, 1e-4), doc="angle increment of one count")
    range_radps: float = key(low=1e-3, high=100, plausible=(0.02, 70))


@dataclass(frozen=True)
class Magnetometer:
    """Three-axis magnetometer."""

    q_sb: Vector = key(shape=(4,), unit_norm=True)
    noise_tesla: float = key(low=0, high=1e-3, plausible=(1e-12, 1e-5), doc="1 sigma per axis and sample")
    hard_iron_sigma_tesla: float = key(
        low=0, high=1e-3, plausible=(1e-11, 2e-5), doc="residual after ground calibration, 1 sigma"
    )
    soft_iron_sigma: float = key(low=0, high=0.5, plausible=(1e-7, 0.2), doc="residual scale and cross terms, 1 sigma")
    torquer_coupling_tesla_per_am2: float = key(
        low=0, high=0.1, plausible=(1e-10, 2e-3), doc="field of a driven torquer at the sensor"
    )
    torquer_remanence_fraction: float = key(low=0, high=1, doc="share of that coupling left when sampled")
    count_tesla: float = key(low=1e-13, high=1e-5, plausible=(1e-12, 2e-6))
    range_tesla: float = key(low=1e-7, high=0.1, plausible=(5e-5, 2e-3))


@dataclass(frozen=True)
class SunSensor:
    """One coarse Sun sensor: a cosine cell."""

    normal_b: Vector = key(shape=(3,), unit_norm=True)
    half_angle_rad: float = key(low=0.01, high=1.5707964, plausible=(0.3, 1.5707964))
    noise: float = key(low=0, high=1, plausible=(1e-6, 0.2), doc="1 sigma of the normalised current")
    count: float = key(low=1e-6, high=0.5, plausible=(1e-6, 0.05), doc="normalised current of one count")


@dataclass(frozen=True)
class StarTracker:
    """Star tracker: a unit on its own link; boresight is +z of its frame."""

    link: str = key()
    q_sb: Vector = key(shape=(4,), unit_norm=True)
    rate_hz: int = key(low=1, high=100)
    noise_cross_rad: float = key(low=0, high=0.1, plausible=(1e-7, 5e-3), doc="about x and y, 1 sigma")
    noise_roll_rad: float = key(low=0, high=0.1, plausible=(1e-7, 2e-2), doc="about the boresight, 1 sigma")
    misalignment_sigma_rad: float = key(
        low=0, high=0.1, plausible=(1e-7, 0.02), doc="mounting error left after calibration, 1 sigma per axis"
    )
    rate_limit_radps: float = key(low=1e-5, high=10, plausible=(1e-3, 0.7))
    sun_exclusion_rad: float = key(low=0, high=3.1416, plausible=(0.1, 1.6), doc="half angle")
    earth_exclusion_rad: float = key(low=0, high=3.1416, plausible=(0.05, 1.2), doc="angle from boresight to the limb")
    latency_s: float = key(low=0, high=1, plausible=(1e-3, 1), doc="from validity to arrival")


@dataclass(frozen=True)
class Gnss:
    """GNSS receiver: a unit on its own link that speaks UBX."""

    link: str = key()
    period_s: int = key(low=1, high=3600, plausible=(1, 600))
    noise_position_m: float = key(low=0, high=1e5, plausible=(1e-3, 1e3), doc="1 sigma per axis")
    noise_velocity_mps: float = key(low=0, high=1e3, plausible=(1e-4, 10), doc="1 sigma per axis")
    latency_s: float = key(low=0, high=1, plausible=(1e-3, 1))


@dataclass(frozen=True)
class Wheel:
    """One reaction wheel."""

    axis_b: Vector = key(shape=(3,), unit_norm=True)
    inertia_kgm2: float = key(low=1e-10, high=10, plausible=(1e-8, 0.5), doc="rotor, about its spin axis")
    momentum_max_nms: float = key(low=1e-7, high=1e4, plausible=(1e-4, 200))
    torque_max_nm: float = key(low=1e-8, high=100, plausible=(1e-6, 5))
    friction_coulomb_nm: float = key(low=0, high=10, plausible=(1e-9, 0.05))
    friction_viscous_nms: float = key(low=0, high=1, plausible=(1e-11, 1e-3), doc="N m per rad/s")
    torque_count_nm: float = key(low=1e-13, high=10, plausible=(1e-11, 1e-2), doc="torque of one command count")
    speed_count_radps: float = key(low=1e-7, high=100, plausible=(1e-5, 10), doc="speed of one tachometer count")


@dataclass(frozen=True)
class Torquer:
    """One magnetorquer."""

    axis_b: Vector = key(shape=(3,), unit_norm=True)
    dipole_max_am2: float = key(low=1e-5, high=5000, plausible=(0.002, 500))
    residual_fraction: float = key(low=0, high=1, doc="dipole left after switching off, of the last driven")
    dipole_count_am2: float = key(low=1e-10, high=100, plausible=(1e-8, 1), doc="dipole of one command count")
    power_w: float = key(low=0, high=1000, plausible=(0.01, 50), doc="at full dipole")


@dataclass(frozen=True)
class Torquers:
    """The torquers' common drive."""

    duty: float = key(low=0.01, high=0.95, doc="share of a board cycle in which they are driven; the rest is to settle")
    units: tuple[Torquer, ...] = key(count=(3, 3))


@dataclass(frozen=True)
class SolarArray:
    """One solar panel."""

    normal_b: Vector = key(shape=(3,), unit_norm=True)
    power_w: float = key(
        low=1e-3, high=1e5, plausible=(0.1, 5000), doc="at normal incidence, 1 au, as seen by the battery bus"
    )


@dataclass(frozen=True)
class Power:
    """Battery, arrays and loads."""

    capacity_wh: float = key(low=0.1, high=1e5, plausible=(2, 10000))
    initial_state_of_charge: float = key(low=0, high=1)
    charge_efficiency: float = key(low=0.05, high=1, plausible=(0.5, 1))
    internal_resistance_ohm: float = key(low=0, high=10, plausible=(1e-3, 2))
    voltage_empty_v: float = key(low=1, high=200, plausible=(2.4, 100))
    voltage_full_v: float = key(low=1, high=200, plausible=(3, 130))
    base_load_w: float = key(low=0, high=1e5, plausible=(0.05, 3000), doc="computer, boards and sensors")
    radio_load_w: float = key(low=0, high=1e5, plausible=(0.05, 1000), doc="while transmitting")
    payload_load_w: float = key(low=0, high=1e5, default=0.0, plausible=(0.01, 3000), doc="while the payload is on")
    wheel_load_w: float = key(low=0, high=1000, plausible=(0.01, 50), doc="per wheel, idle")
    gauge_sigma: float = key(
        low=0, high=0.5, default=0.0, plausible=(1e-5, 0.2), doc="error of the gauge's state of charge, 1 sigma"
    )
    arrays: tuple[SolarArray, ...] = key(count=(1, 16))
