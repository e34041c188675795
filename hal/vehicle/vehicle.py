"""The vehicle file: the description of a satellite for flight, simulator, boards and ground.

SI units throughout, named in every key; `q_sb` rotates body axes to sensor axes (scalar last); every `*_b` vector
is in body axes. `hal.vehicle.load` reads the files.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from hal.devices.device import Device, Vector
from hal.devices.registry import find_kind, kind_of
from hal.samples import DeviceHealth
from hal.schema import Table, defect, key, origin_field
from hal.vehicle.monitors import VehicleMonitor
from hal.vehicle.onboard_limits import LIMITS
from hal.vehicle.requirement import Requirement

Matrix = tuple[tuple[float, ...], ...]
UINT16_MAX = 2**16 - 1  # times of boards in their configuration packet [ms]
MAX_EXTENSIONS = 8  # applications of other packages
MAX_DEVICES = 24
BOARDS = ("adcs", "eps")


@dataclass(frozen=True)
class Face:
    """One flat outer surface, for drag and solar pressure."""

    normal_b: Vector = key(shape=(3,), unit_norm=True)
    center_b_m: Vector = key(
        shape=(3,), low=-50, high=50, plausible=(0, 5), doc="centre of pressure relative to the centre of mass"
    )
    area_m2: float = key(low=1e-6, high=1000, plausible=(1e-4, 50))
    specular: float = key(low=0, high=1, doc="specular reflectivity")
    diffuse: float = key(low=0, high=1, doc="diffuse reflectivity")


@dataclass(frozen=True)
class Spacecraft:
    """Mass properties and surfaces."""

    mass_kg: float = key(low=0.02, high=20000, plausible=(0.1, 3000))
    inertia_b_kgm2: Matrix = key(
        shape=(3, 3), low=-1e6, high=1e6, doc="about the centre of mass, wheels' spin inertia excluded"
    )
    residual_dipole_b_am2: Vector = key(
        shape=(3,), low=-100, high=100, plausible=(0, 5), doc="residual magnetic dipole"
    )
    drag_coefficient: float = key(low=0.1, high=10, plausible=(1.5, 4))
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

    tle: tuple[str, ...] = key(shape=(2,), doc="the two lines, as published")


@dataclass(frozen=True)
class Board:
    """A board that runs our firmware."""

    link: str = key(doc="link URL of the bus port")
    stimulus: str | None = key(default=None, doc="link URL of the stimulus port, for the simulator")
    period_ms: int = key(low=1, high=UINT16_MAX, doc="cycle period")
    command_timeout_ms: int = key(low=1, high=UINT16_MAX, doc="silence after which outputs go safe")
    watchdog_ms: int = key(low=1, high=UINT16_MAX)
    response_deadline_ms: int = key(low=1, high=1000, doc="how long exchange() waits for its answer")


@dataclass(frozen=True)
class AdcsBoard(Board):
    """The ADCS board, which detumbles by itself, by B-dot, when the flight computer is silent."""

    reflex_after_ms: int = key(low=0, high=UINT16_MAX, doc="silence after which it does, 0: never")
    reflex_gain_am2s_per_tesla: float = key(
        low=0, high=1e10, plausible=(1e2, 1e9), doc="dipole against the field's rate of change"
    )


@dataclass(frozen=True)
class Boards:
    """The boards of the reference architecture."""

    adcs: AdcsBoard = key()
    eps: Board = key()


@dataclass(frozen=True)
class Radio:
    """Frame and link parameters."""

    scid: int = key(low=0, high=1023)
    downlink_bps: int = key(low=100, high=20_000_000, plausible=(1000, 10_000_000), doc="channel rate, coding included")
    uplink_bps: int = key(low=10, high=20_000_000, plausible=(100, 2_000_000))
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

    mag_sigma_rad: float = key(
        low=1e-6, high=1, plausible=(1e-4, 0.2), doc="direction error of the field model, the magnetometer's own apart"
    )
    mag_correlation_s: float = key(low=0, high=1e5, plausible=(1, 5000), doc="correlation time of that error")
    sun_sigma_rad: float = key(low=1e-6, high=2, plausible=(1e-3, 0.5), doc="direction error of the coarse Sun vector")
    sun_correlation_s: float = key(low=0, high=1e5, plausible=(1, 5000))
    gate_probability: float = key(
        low=0.5, high=1.0 - 1e-12, plausible=(0.9, 0.9999999), doc="chi-square gate on each measurement"
    )


@dataclass(frozen=True)
class Control:
    """Controller tuning."""

    bandwidth_radps: float = key(low=1e-5, high=100, plausible=(1e-3, 5), doc="natural frequency of the pointing loop")
    damping: float = key(low=0.01, high=20, plausible=(0.2, 3))
    slew_rate_max_radps: float = key(low=1e-6, high=10, plausible=(1e-4, 0.2))
    slew_acceleration_max_radps2: float = key(low=1e-9, high=10, plausible=(1e-6, 0.1))
    detumble_exit_radps: float = key(
        within=LIMITS["detumble_exit_radps"], plausible=(5e-4, 0.2), doc="rate below which detumbling is complete"
    )
    unload_gain_per_s: float = key(low=0, high=1, plausible=(1e-5, 0.1), doc="momentum unloading")


@dataclass(frozen=True)
class Pointing:
    """Axes and constraints of pointing."""

    sun_axis_b: Vector = key(shape=(3,), unit_norm=True, doc="faces the Sun in SUN_POINTING")
    payload_axis_b: Vector = key(shape=(3,), unit_norm=True, doc="faces nadir or the target")
    mask_elevation_rad: float = key(
        within=LIMITS["mask_elevation_rad"], doc="target elevation below which tracking ends"
    )


@dataclass(frozen=True)
class Limits:
    """On-board safety limits."""

    safe_rate_radps: float = key(within=LIMITS["safe_rate_radps"], plausible=(0.01, 5))
    safe_state_of_charge: float = key(within=LIMITS["safe_state_of_charge"], plausible=(0.05, 0.7))
    board_silent_s: float = key(within=LIMITS["board_silent_s"], plausible=(0.5, 120))
    wheel_speed_fraction: float = key(low=0.05, high=1)


@dataclass(frozen=True)
class Autonomy:
    """Conditions of mode transitions; the limits themselves are in `Control`, `Pointing` and `Limits`."""

    detumble_enter_radps: float = key(
        within=LIMITS["detumble_enter_radps"], plausible=(1e-3, 1), doc="rate at which detumbling starts again"
    )
    rate_hold_s: float = key(within=LIMITS["rate_hold_s"], doc="persistence of the detumbling rates")
    fine_sigma_rad: float = key(
        within=LIMITS["fine_sigma_rad"], plausible=(1e-5, 0.1), doc="attitude knowledge that fine modes need, 1 sigma"
    )
    fine_hold_s: float = key(within=LIMITS["fine_hold_s"], doc="persistence of that knowledge")
    settled_error_rad: float = key(
        within=LIMITS["settled_error_rad"], plausible=(1e-4, 0.5), doc="Sun pointing error that counts as settled"
    )
    settled_hold_s: float = key(within=LIMITS["settled_hold_s"], doc="persistence of that error")
    attitude_lost_s: float = key(within=LIMITS["attitude_lost_s"], doc="time without attitude that ends fine modes")
    safe_rate_hold_s: float = key(within=LIMITS["safe_rate_hold_s"], doc="persistence of the rate that leads to SAFE")
    safe_state_of_charge_hold_s: float = key(
        within=LIMITS["safe_state_of_charge_hold_s"], doc="persistence of the charge that leads to SAFE"
    )


@dataclass(frozen=True)
class Restart:
    """Periods of checkpoints, and limits by which the supervisor restarts flight."""

    checkpoint_period_s: float = key(low=1, high=3600, doc="mission time between two snapshots")
    heartbeat_silent_s: float = key(low=0.01, high=3600, doc="silence of a flying process that ends it")
    start_silent_s: float = key(low=0.1, high=3600, doc="the same before its first tick")
    quick_death_s: float = key(low=0, high=86400, doc="a process that flew for less died quickly")
    back_off_s: float = key(low=0, high=60, doc="wait after a quick death, doubled with each in a row")
    deaths_to_snapshot: int = key(low=1, high=100, doc="quick deaths in a row after which retained memory is left out")
    deaths_to_cold: int = key(low=1, high=100, doc="quick deaths in a row after which flight starts cold")


@dataclass(frozen=True)
class Application:
    """An application of another package; `fsw.core.application` says what its class must do."""

    name: str = key(doc="its name in the tick, and the writer of its sections")
    entry: str = key(doc="its class, as package.module:Class")
    hz: int = key(low=1, high=100, doc="how often it runs")
    with_: Table | None = key(default=None, doc="what its class takes, checked by its class")


def _settings(table: Mapping[str, Any], file: str, where: str) -> type[Device]:
    """Return the class of a device's keys, by its kind."""
    if "remove" in table:
        raise defect(file, f"{where}remove", "found", "remove = true and nothing but the name of a device of the base")
    if "kind" not in table:
        raise defect(file, f"{where}kind", "missing", "a kind of device")
    if not isinstance(table["kind"], str):
        raise defect(file, f"{where}kind", f"found {table['kind']!r}"[:80], "a text")
    return find_kind(table["kind"], file, f"{where}kind").settings


@dataclass(frozen=True)
class Vehicle:
    """A whole satellite."""

    name: str = key()
    spacecraft: Spacecraft = key()
    rates: Rates = key()
    orbit: Orbit = key()
    boards: Boards = key()
    devices: tuple[Device, ...] = key(name="device", count=(0, MAX_DEVICES), choose=_settings, default=())
    radio: Radio = key()
    estimation: Estimation = key()
    control: Control = key()
    pointing: Pointing = key()
    limits: Limits = key()
    autonomy: Autonomy = key()
    restart: Restart = key()
    monitor: tuple[VehicleMonitor, ...] = key(default=(), count=(0, 40))
    application: tuple[Application, ...] = key(default=(), count=(0, MAX_EXTENSIONS))
    requirement: tuple[Requirement, ...] = key(default=(), count=(0, 64), doc="what the satellite claims")
    origin: str = origin_field()

    @property
    def file(self) -> str:
        """The file of this vehicle, for errors; its name when it comes from no file."""
        return self.origin or self.name

    def device(self, name: str) -> Any:  # noqa: ANN401 - the settings of its kind
        """Return the device of that name; raise `KeyError` when there is none."""
        found = next((d for d in self.devices if d.name == name), None)
        if found is None:
            raise KeyError(f"{name}: no such device, expected one of: {', '.join(d.name for d in self.devices)}")
        return found

    def of_kind(self, kind: str) -> tuple[Any, ...]:
        """Return the devices of the kind with that name, in the order of the file."""
        return tuple(d for d in self.devices if kind_of(d).name == kind)

    @property
    def with_python_drivers(self) -> tuple[Any, ...]:
        """The devices whose drivers are a `hal.drivers.unit.UnitDriver`, in their order."""
        return tuple(d for d in self.devices if d.link is not None and issubclass(kind_of(d).health, DeviceHealth))

    def units(self, kind: str) -> tuple[Any, ...]:
        """Return the units of all arrays of a kind, in the order of the file."""
        return tuple(unit for d in self.of_kind(kind) for unit in d.units)

    @property
    def boards_in_use(self) -> tuple[str, ...]:
        """Names of the boards that carry a device, in their fixed order; another is not spoken to."""
        return tuple(name for name in BOARDS if any(d.board == name for d in self.devices))

    @property
    def links(self) -> dict[str, str]:
        """The URLs of the links of flight's exchange by name: the boards', then the devices' in their order."""
        boards = {name: getattr(self.boards, name).link for name in self.boards_in_use}
        return boards | {d.name: d.link for d in self.devices if d.link is not None}

    def changed(self, device: str, **keys: Any) -> Vehicle:  # noqa: ANN401
        """Return this vehicle with other values of some keys of a device."""
        new = replace(self.device(device), **keys)
        return replace(self, devices=tuple(new if d.name == device else d for d in self.devices))

    def place(self, device: Device, key_name: str) -> str:
        """Return the place of a device's key in errors: `device[3] "wheels": unit[0].axis_b`."""
        number = next(i for i, d in enumerate(self.devices) if d is device)
        return f'device[{number}] "{device.name}": {key_name}'

    def value(self, key_name: str) -> float | None:
        """Return a number of the file, as in "limits.safe_rate_radps" or, of a device, "gyro.range_radps".

        The first word may be the name of a kind: None when there is no such device, the largest of several.
        """
        table, _, name = key_name.partition(".")
        if table in self.__dataclass_fields__:
            return float(operator.attrgetter(key_name)(self))
        return max((float(operator.attrgetter(name)(d)) for d in self.of_kind(table)), default=None)

    def key_place(self, key_name: str) -> str:
        """Return the place of such a key in errors."""
        table, _, name = key_name.partition(".")
        if table in self.__dataclass_fields__:
            return key_name
        return self.place(max(self.of_kind(table), key=lambda d: float(operator.attrgetter(name)(d))), name)
