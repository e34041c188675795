"""The vehicle file: the one description of a satellite, read by flight, simulator, boards and ground.

SI units throughout, named in every key; `q_sb` rotates body axes to sensor axes (scalar last); every `*_b` vector
is in body axes. `load_vehicle` raises `hal.schema.SchemaError` with one line when a file is not usable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hal.monitor_table import VehicleMonitor
from hal.samples import MAX_SUN_SENSORS, MAX_WHEELS
from hal.schema import Table, defect, from_table, key
from hal.vehicle_base import read_vehicle
from hal.vehicle_rules import first_defect

Vector = tuple[float, ...]
Matrix = tuple[tuple[float, ...], ...]
VEHICLES = Path(__file__).parent / "vehicles"
MAX_OUTSIDE = 8  # applications, and units, from other packages


@dataclass(frozen=True)
class Face:
    """One flat outer surface, for drag and solar pressure."""

    normal_b: Vector = key(shape=(3,), unit_norm=True)
    center_b_m: Vector = key(shape=(3,), doc="centre of pressure relative to the centre of mass")
    area_m2: float = key(above=0)
    specular: float = key(low=0, high=1, doc="specular reflectivity")
    diffuse: float = key(low=0, high=1, doc="diffuse reflectivity")


@dataclass(frozen=True)
class Spacecraft:
    """Mass properties and surfaces."""

    mass_kg: float = key(above=0, high=1e6)
    inertia_b_kgm2: Matrix = key(
        shape=(3, 3), low=-1e6, high=1e6, doc="about the centre of mass, wheels' spin inertia excluded"
    )
    residual_dipole_b_am2: Vector = key(shape=(3,), doc="residual magnetic dipole")
    drag_coefficient: float = key(above=0)
    faces: tuple[Face, ...] = key(count=(1, 32))


@dataclass(frozen=True)
class Rates:
    """Rate groups."""

    base_hz: int = key(low=1, high=100)
    navigation_hz: int = key(low=1, high=100, doc="orbit, Sun and field models")
    slow_hz: int = key(low=1, high=100, doc="power, housekeeping, slow monitors")


@dataclass(frozen=True)
class Orbit:
    """The orbit as tracked."""

    tle: tuple[str, ...] = key(shape=(2,), doc="the two lines")


@dataclass(frozen=True)
class Board:
    """A board that runs our firmware."""

    link: str = key(doc="link URL of the bus port")
    stimulus: str | None = key(default=None, doc="link URL of the stimulus port, for the simulator")
    period_ms: int = key(above=0, doc="cycle period")
    command_timeout_ms: int = key(above=0, doc="silence after which outputs go safe")
    watchdog_ms: int = key(above=0)
    response_deadline_ms: int = key(above=0, doc="how long exchange() waits for its answer")


@dataclass(frozen=True)
class AdcsBoard(Board):
    """The board that can detumble by itself, by B-dot, when the flight computer is silent."""

    reflex_after_ms: int = key(low=0, doc="silence after which it does, 0: never")
    reflex_gain_am2s_per_tesla: float = key(low=0, doc="dipole against the field's rate of change")


@dataclass(frozen=True)
class Boards:
    """The boards of the reference architecture."""

    adcs: AdcsBoard = key()
    eps: Board = key()


@dataclass(frozen=True)
class Gyro:
    """Three-axis rate-integrating gyro."""

    q_sb: Vector = key(shape=(4,), unit_norm=True)
    angle_random_walk_rad_sqrts: float = key(low=0, doc="rad/sqrt(s)")
    rate_random_walk_radps_sqrts: float = key(low=0, doc="rad/s/sqrt(s)")
    bias_sigma_radps: float = key(low=0, doc="turn-on bias, 1 sigma")
    scale_factor_sigma: float = key(low=0)
    misalignment_sigma_rad: float = key(low=0)
    count_rad: float = key(above=0, doc="angle increment of one count")
    range_radps: float = key(above=0)


@dataclass(frozen=True)
class Magnetometer:
    """Three-axis magnetometer."""

    q_sb: Vector = key(shape=(4,), unit_norm=True)
    noise_tesla: float = key(low=0, doc="1 sigma per axis and sample")
    hard_iron_sigma_tesla: float = key(low=0, doc="residual after ground calibration, 1 sigma")
    soft_iron_sigma: float = key(low=0, doc="residual scale and cross terms, 1 sigma")
    torquer_coupling_tesla_per_am2: float = key(low=0, doc="field of a driven torquer at the sensor")
    torquer_remanence_fraction: float = key(low=0, high=1, doc="share of that coupling left when sampled")
    count_tesla: float = key(above=0)
    range_tesla: float = key(above=0)


@dataclass(frozen=True)
class SunSensor:
    """One coarse Sun sensor: a cosine cell."""

    normal_b: Vector = key(shape=(3,), unit_norm=True)
    half_angle_rad: float = key(above=0, high=1.5707964)
    noise: float = key(low=0, doc="1 sigma of the normalised current")
    count: float = key(above=0, doc="normalised current of one count")


@dataclass(frozen=True)
class StarTracker:
    """Star tracker: a unit on its own link; boresight is +z of its frame."""

    link: str = key()
    q_sb: Vector = key(shape=(4,), unit_norm=True)
    rate_hz: int = key(above=0)
    noise_cross_rad: float = key(low=0, doc="about x and y, 1 sigma")
    noise_roll_rad: float = key(low=0, doc="about the boresight, 1 sigma")
    misalignment_sigma_rad: float = key(low=0, doc="mounting error left after calibration, 1 sigma per axis")
    rate_limit_radps: float = key(above=0)
    sun_exclusion_rad: float = key(low=0, high=3.1416, doc="half angle")
    earth_exclusion_rad: float = key(low=0, high=3.1416, doc="angle from boresight to the limb")
    latency_s: float = key(low=0, high=1, doc="from validity to arrival")


@dataclass(frozen=True)
class Gnss:
    """GNSS receiver: a unit on its own link that speaks UBX."""

    link: str = key()
    period_s: int = key(above=0)
    noise_position_m: float = key(low=0, doc="1 sigma per axis")
    noise_velocity_mps: float = key(low=0, doc="1 sigma per axis")
    latency_s: float = key(low=0, high=1)


@dataclass(frozen=True)
class Wheel:
    """One reaction wheel."""

    axis_b: Vector = key(shape=(3,), unit_norm=True)
    inertia_kgm2: float = key(above=0, doc="rotor, about its spin axis")
    momentum_max_nms: float = key(above=0)
    torque_max_nm: float = key(above=0)
    friction_coulomb_nm: float = key(low=0)
    friction_viscous_nms: float = key(low=0, doc="N m per rad/s")
    torque_count_nm: float = key(above=0, doc="torque of one command count")
    speed_count_radps: float = key(above=0, doc="speed of one tachometer count")


@dataclass(frozen=True)
class Torquer:
    """One magnetorquer."""

    axis_b: Vector = key(shape=(3,), unit_norm=True)
    dipole_max_am2: float = key(above=0)
    residual_fraction: float = key(low=0, high=1, doc="dipole left after switching off, of the last driven")
    dipole_count_am2: float = key(above=0, doc="dipole of one command count")
    power_w: float = key(low=0, doc="at full dipole")


@dataclass(frozen=True)
class Torquers:
    """The torquers' common drive."""

    duty: float = key(above=0, high=0.95, doc="share of a board cycle in which they are driven; the rest is to settle")
    units: tuple[Torquer, ...] = key(count=(3, 3))


@dataclass(frozen=True)
class SolarArray:
    """One solar panel."""

    normal_b: Vector = key(shape=(3,), unit_norm=True)
    power_w: float = key(above=0, doc="at normal incidence, 1 au, as seen by the battery bus")


@dataclass(frozen=True)
class Power:
    """Battery, arrays and loads."""

    capacity_wh: float = key(above=0)
    initial_state_of_charge: float = key(low=0, high=1)
    charge_efficiency: float = key(above=0, high=1)
    internal_resistance_ohm: float = key(low=0)
    voltage_empty_v: float = key(above=0)
    voltage_full_v: float = key(above=0)
    base_load_w: float = key(low=0, doc="computer, boards and sensors")
    radio_load_w: float = key(low=0, doc="while transmitting")
    payload_load_w: float = key(low=0, default=0.0, doc="while the payload is on")
    wheel_load_w: float = key(low=0, doc="per wheel, idle")
    gauge_sigma: float = key(low=0, default=0.0, doc="error of the gauge's state of charge, 1 sigma")
    arrays: tuple[SolarArray, ...] = key(count=(1, 16))


@dataclass(frozen=True)
class Radio:
    """Frame and link parameters."""

    scid: int = key(low=0, high=1023)
    downlink_bps: int = key(above=0, doc="channel rate, coding included")
    uplink_bps: int = key(above=0)
    rs_interleave: int = key(choices=(1, 2, 3, 4, 5, 8))
    housekeeping_vcid: int = key(low=0, high=6)
    event_vcid: int = key(low=0, high=6)
    command_vcid: int = key(low=0, high=63)
    farm_window: int = key(low=2, high=254, doc="FARM-1 sliding window W, even")
    apid: int = key(low=1, high=2046, doc="application process of the flight software")
    link: str | None = key(default=None, doc="link URL of the radio, for flight on its own")


@dataclass(frozen=True)
class Estimation:
    """Attitude estimator tuning."""

    mag_sigma_rad: float = key(above=0, doc="direction error of the field model, the magnetometer's own apart")
    mag_correlation_s: float = key(low=0, doc="correlation time of that error")
    sun_sigma_rad: float = key(above=0, doc="direction error of the coarse Sun vector")
    sun_correlation_s: float = key(low=0)
    gate_probability: float = key(above=0, below=1, doc="chi-square gate on each measurement")


@dataclass(frozen=True)
class Control:
    """Controller tuning."""

    bandwidth_radps: float = key(above=0, doc="natural frequency of the pointing loop")
    damping: float = key(above=0)
    slew_rate_max_radps: float = key(above=0)
    slew_acceleration_max_radps2: float = key(above=0)
    detumble_exit_radps: float = key(above=0, doc="rate below which detumbling is complete")
    unload_gain_per_s: float = key(low=0, doc="momentum unloading")


@dataclass(frozen=True)
class Pointing:
    """What the body points with."""

    sun_axis_b: Vector = key(shape=(3,), unit_norm=True, doc="faces the Sun in SUN_POINTING")
    payload_axis_b: Vector = key(shape=(3,), unit_norm=True, doc="faces nadir or the target")
    mask_elevation_rad: float = key(low=0, high=1.5707964, doc="target elevation below which tracking ends")


@dataclass(frozen=True)
class Limits:
    """On-board safety limits."""

    safe_rate_radps: float = key(above=0)
    safe_state_of_charge: float = key(low=0, high=1)
    board_silent_s: float = key(above=0)
    wheel_speed_fraction: float = key(above=0, high=1)


@dataclass(frozen=True)
class Autonomy:
    """Conditions of mode transitions; the limits themselves are in `Control`, `Pointing` and `Limits`."""

    detumble_enter_radps: float = key(above=0, doc="rate at which detumbling starts again")
    rate_hold_s: float = key(low=0, doc="persistence of the detumbling rates")
    fine_sigma_rad: float = key(above=0, doc="attitude knowledge that fine modes need, 1 sigma")
    fine_hold_s: float = key(low=0, doc="persistence of that knowledge")
    settled_error_rad: float = key(above=0, doc="Sun pointing error that counts as settled")
    settled_hold_s: float = key(low=0, doc="persistence of that error")
    attitude_lost_s: float = key(low=0, doc="time without attitude that ends fine modes")
    safe_rate_hold_s: float = key(low=0, doc="persistence of the rate that leads to SAFE")
    safe_state_of_charge_hold_s: float = key(low=0, doc="persistence of the charge that leads to SAFE")


@dataclass(frozen=True)
class Restart:
    """Checkpoints, and when the supervisor starts flight anew."""

    checkpoint_period_s: float = key(low=1, high=3600, doc="mission time between two snapshots")
    heartbeat_silent_s: float = key(above=0, high=3600, doc="silence of a flying process that ends it")
    start_silent_s: float = key(above=0, high=3600, doc="the same before its first tick")
    quick_death_s: float = key(low=0, high=86400, doc="a process that flew for less died quickly")
    back_off_s: float = key(low=0, high=60, doc="wait after a quick death, doubled with each in a row")
    deaths_to_snapshot: int = key(low=1, high=100, doc="quick deaths in a row after which retained memory is left out")
    deaths_to_cold: int = key(low=1, high=100, doc="quick deaths in a row after which flight starts cold")


@dataclass(frozen=True)
class Application:
    """An application from another package; `fsw.core.application` says what its class owes."""

    name: str = key(doc="its name in the tick, and the writer of its sections")
    entry: str = key(doc="its class, as package.module:Class")
    hz: int = key(low=1, high=100, doc="how often it runs")
    with_: Table | None = key(default=None, doc="what its class takes, checked by its class")


@dataclass(frozen=True)
class Unit:
    """A device on a link of its own, from another package; `hal.drivers.unit` says what its driver owes."""

    name: str = key(doc="its name among the links")
    link: str = key(doc="link URL; sim:// is a unit that the simulator has")
    driver: str = key(doc="class of its driver, as package.module:Class")
    model: str | None = key(default=None, doc="class of its model in the simulator, which flight never imports")
    with_: Table | None = key(default=None, doc="what the device is, checked by its driver's class")


@dataclass(frozen=True)
class Vehicle:
    """A whole satellite."""

    name: str = key()
    spacecraft: Spacecraft = key()
    rates: Rates = key()
    orbit: Orbit = key()
    boards: Boards = key()
    gyro: Gyro = key()
    magnetometer: Magnetometer = key()
    sun_sensors: tuple[SunSensor, ...] = key(count=(1, MAX_SUN_SENSORS))
    star_tracker: StarTracker = key()
    gnss: Gnss = key()
    wheels: tuple[Wheel, ...] = key(count=(3, MAX_WHEELS))
    torquers: Torquers = key()
    power: Power = key()
    radio: Radio = key()
    estimation: Estimation = key()
    control: Control = key()
    pointing: Pointing = key()
    limits: Limits = key()
    autonomy: Autonomy = key()
    restart: Restart = key()
    monitor: tuple[VehicleMonitor, ...] = key(default=(), count=(0, 40))
    application: tuple[Application, ...] = key(default=(), count=(0, MAX_OUTSIDE))
    unit: tuple[Unit, ...] = key(default=(), count=(0, MAX_OUTSIDE))


def vehicle_names() -> list[str]:
    """Return the names of the vehicles that ship with the package."""
    return sorted(path.stem for path in VEHICLES.glob("*.toml"))


def load_vehicle(name_or_path: str | Path = "reference") -> Vehicle:
    """Load a shipped vehicle by name or any vehicle file by path (`*.toml`).

    A file with `base = "reference"` holds only what differs from that vehicle (`hal.vehicle_base`). Raises
    `SchemaError` with one line that names file, key, what was found and what was expected.
    """
    path = vehicle_path(name_or_path)
    return _sound(from_table(read_vehicle(path, vehicle_path), Vehicle, path.name), path.name)


def vehicle_path(name_or_path: str | Path) -> Path:
    """Return the path of a shipped vehicle's file, or of any; raise `SchemaError` for a name that is none."""
    path = Path(name_or_path)
    if path.suffix == ".toml":
        return path
    if str(name_or_path) not in vehicle_names():
        shipped = ", ".join(vehicle_names())
        raise defect(str(name_or_path), "", "no such vehicle", f"one of: {shipped}; or the path of a .toml file")
    return VEHICLES / f"{name_or_path}.toml"


def vehicle_from_table(table: Mapping[str, Any], origin: str) -> Vehicle:
    """Return the vehicle that `hal.schema.to_table` made `table` from, equal to the last bit.

    Raises `SchemaError` with one line that names `origin` when it is none.
    """
    return _sound(from_table(table, Vehicle, origin, "vehicle."), origin)


def _sound(vehicle: Vehicle, origin: str) -> Vehicle:
    wrong = first_defect(vehicle)
    if wrong is not None:
        raise defect(origin, *wrong)
    return vehicle
