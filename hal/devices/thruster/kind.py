"""Thrusters on one tank, an array of nozzles with valves: keys of the vehicle file, and rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hal.devices.channels import Channels, Outputs, Readings
from hal.devices.checks import UINT16_MAX, fits_counts, limit_counts
from hal.devices.device import Device, Vector
from hal.devices.kind import DeviceKind, Place
from hal.record import Record, field
from hal.samples import Sample
from hal.schema import Defect, key
from hal.wire import CountType, OutputType

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

MAX_THRUSTERS = 16
PRESSURE_MARGIN = 1.5  # a gauge that reads more of the full tank's pressure is broken


class ThrusterCommand(Record):
    """What flight asks of thrusters; a pulse is given once."""

    pulse_s = field("f8", MAX_THRUSTERS, unit="s", doc="how long each valve is open in the next cycle of the board")


class ThrusterSample(Sample):
    """What thrusters say of their tank."""

    pressure_pa = field("f8", unit="Pa", doc="tank pressure")


@dataclass(frozen=True)
class Nozzle:
    """One nozzle with its valve."""

    position_b_m: Vector = key(shape=(3,), low=-50, high=50, plausible=(0, 5), doc="from the centre of mass")
    force_b: Vector = key(shape=(3,), unit_norm=True, doc="direction of the force on the body")
    thrust_n: float = key(low=1e-6, high=1000, plausible=(1e-4, 50), doc="at the full tank's pressure")


@dataclass(frozen=True)
class Thrusters(Device):
    """Nozzles with on/off valves on one tank: cold gas, or a liquid monopropellant that a gas pushes (blow-down)."""

    propellant: str = key(choices=("gas", "liquid"))
    propellant_kg: float = key(low=1e-6, high=10000, plausible=(1e-3, 500), doc="full tank, part of spacecraft.mass_kg")
    specific_impulse_s: float = key(low=1, high=500, plausible=(30, 330))
    pressure_pa: float = key(low=1e3, high=1e8, plausible=(1e5, 4e7), doc="of the full tank")
    ullage_share: float = key(default=0.3, low=0.01, high=0.99, doc="of the tank that is gas when it is full of liquid")
    pulse_min_s: float = key(low=0, high=10, plausible=(1e-4, 0.5), doc="a valve does not open for less")
    pulse_count_s: float = key(low=1e-6, high=1, plausible=(1e-6, 0.1), doc="opening time of one command count")
    pressure_count_pa: float = key(low=1e-3, high=1e6, plausible=(1, 1e5), doc="pressure of one count of the gauge")
    thrust_sigma: float = key(default=0.0, low=0, high=0.5, doc="scale error of a nozzle's thrust, 1 sigma")
    misalignment_sigma_rad: float = key(default=0.0, low=0, high=0.5, doc="about each axis across the force, 1 sigma")
    noise: float = key(default=0.0, low=0, high=0.5, doc="of the impulse from pulse to pulse, 1 sigma")
    valve_w: float = key(default=0.0, low=0, high=1000, doc="power of an open valve")
    units: tuple[Nozzle, ...] = key(name="unit", count=(1, MAX_THRUSTERS))


def channels(v: Vehicle, thrusters: Thrusters) -> Channels:
    """Tank pressure; opening times of the valves, at most a cycle of the board."""
    full = limit_counts(v.boards.adcs.period_ms / 1000.0, thrusters.pulse_count_s)
    number = len(thrusters.units)
    return Channels(
        Readings(
            CountType.U2, "pressure_pa", (thrusters.pressure_count_pa,), (PRESSURE_MARGIN * thrusters.pressure_pa,),
        ),
        Outputs(
            OutputType.PULSE, f"drive.{thrusters.name}", "pulse_s",
            (thrusters.pulse_count_s,) * number, (full,) * number, limit_key="pulse_count_s",
        ),
    )  # fmt: skip


def counts(v: Vehicle, thrusters: Thrusters, at: Place) -> Iterator[Defect]:
    """Opening times of a cycle and the pressure fit the counts that cross the wire."""
    cycle_s = v.boards.adcs.period_ms / 1000.0
    yield from fits_counts(at("pulse_count_s"), thrusters.pulse_count_s, cycle_s, UINT16_MAX)
    yield from fits_counts(at("pressure_count_pa"), thrusters.pressure_count_pa, thrusters.pressure_pa, UINT16_MAX)
    if not thrusters.pulse_min_s <= cycle_s:
        found = f"found {thrusters.pulse_min_s:g}"
        yield Defect(at("pulse_min_s"), found, f"at most a cycle of the board, {cycle_s:g} s, or no valve ever opens")


def propellant(v: Vehicle, thrusters: Thrusters, at: Place) -> Iterator[Defect]:
    """The propellant of all tanks is less than the satellite."""
    total = sum(t.propellant_kg for t in v.of_kind("thruster"))
    if not total < v.spacecraft.mass_kg:
        found = f"found {total:g} kg in all tanks"
        yield Defect(at("propellant_kg"), found, f"less than spacecraft.mass_kg = {v.spacecraft.mass_kg:g}")


KIND = DeviceKind(
    "thruster", Thrusters, sample=ThrusterSample, command=ThrusterCommand, board="adcs", channels=channels,
    rules=(counts, propellant),
)  # fmt: skip
