"""Power system of the EPS board: keys of the vehicle file, and rules."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hal.devices.device import Device, Vector
from hal.devices.kind import DeviceKind, Place
from hal.samples import EpsSample
from hal.schema import Defect, key

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

MAX_ARRAYS = 16
PERIHELION = 1.034  # sunlight at perihelion over that at 1 au
POWER_W, CURRENT_A, VOLTAGE_V = 655.35, 32.767, 65.535  # what the EPS board's packet can hold (hal.wire.EpsSensors)


@dataclass(frozen=True)
class SolarArray:
    """One solar panel."""

    normal_b: Vector = key(shape=(3,), unit_norm=True)
    power_w: float = key(
        low=1e-3, high=1e5, plausible=(0.1, 5000), doc="at normal incidence, 1 au, as seen by the battery bus"
    )


@dataclass(frozen=True)
class Power(Device):
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
    arrays: tuple[SolarArray, ...] = key(count=(1, MAX_ARRAYS))

    def array_power_w(self, sun_b: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return what all arrays give with the Sun along each of the unit vectors `sun_b` (n, 3), at 1 au."""
        normals = np.array([a.normal_b for a in self.arrays])
        power: NDArray[np.float64] = np.maximum(sun_b @ normals.T, 0.0) @ np.array([a.power_w for a in self.arrays])
        return power


USUAL_EMPTY_V: float = Power.__dataclass_fields__["voltage_empty_v"].metadata["plausible"][0]


def voltages(v: Vehicle, power: Power, at: Place) -> Iterator[Defect]:
    """A full battery has the higher voltage."""
    if power.voltage_full_v <= power.voltage_empty_v:
        yield Defect(
            at("voltage_full_v"), f"found {power.voltage_full_v:g}", f"> voltage_empty_v = {power.voltage_empty_v:g}"
        )


def gauges(v: Vehicle, p: Power, at: Place) -> Iterator[Defect]:
    """Powers, voltage and currents fit the packet of the EPS board; an error about the sum names the largest load."""
    directions = np.array([a.normal_b for a in p.arrays] + [v.pointing.sun_axis_b])
    sums = directions[:, None, :] + directions[None, :, :]
    length = np.linalg.norm(sums, axis=2, keepdims=True)
    between = (sums / np.maximum(length, 1e-9)).reshape(-1, 3)
    arrays_w = PERIHELION * float(p.array_power_w(between).max())
    loads = {
        at("base_load_w"): p.base_load_w, at("radio_load_w"): p.radio_load_w,
        at("payload_load_w"): p.payload_load_w, at("wheel_load_w"): len(v.units("reaction_wheels")) * p.wheel_load_w,
        **{v.place(t, "unit"): sum(u.power_w for u in t.units) for t in v.of_kind("magnetorquers")},
    }  # fmt: skip
    loads_w, largest = sum(loads.values()), max(loads, key=lambda name: loads[name])
    full_v = p.voltage_full_v + p.internal_resistance_ohm * arrays_w / p.voltage_full_v
    drain = largest if loads_w > arrays_w else at("arrays")
    if p.voltage_empty_v < USUAL_EMPTY_V:
        drain = at("voltage_empty_v")
    for where, found, limit, unit in (
        (at("arrays"), arrays_w, POWER_W, "W at most"),
        (largest, loads_w, POWER_W, "W of all loads"),
        (at("voltage_full_v"), full_v, VOLTAGE_V, "V while charging"),
        (drain, max(arrays_w, loads_w) / p.voltage_empty_v, CURRENT_A, "A of battery current"),
    ):
        if not found <= limit:
            yield Defect(where, f"found {found:.4g} {unit}", f"<= {limit:g}, which the EPS board's packet can hold")


def sun_axis(v: Vehicle, power: Power, at: Place) -> Iterator[Defect]:
    """With its Sun axis at the Sun, the satellite gets power from it."""
    if not float(power.array_power_w(np.array([v.pointing.sun_axis_b]))[0]) > 0.0:
        yield Defect(
            "pointing.sun_axis_b", "found an axis along which no array gives power", "one in front of an array"
        )


def balance(v: Vehicle, power: Power, at: Place) -> Iterator[Defect]:
    """Pointed at the Sun, the satellite gets more power than it needs."""
    sunlit = float(power.array_power_w(np.array([v.pointing.sun_axis_b]))[0])
    needed = power.base_load_w + len(v.units("reaction_wheels")) * power.wheel_load_w
    if not sunlit > needed:
        yield Defect(
            at("arrays"),
            f"found {sunlit:.3g} W turned to the Sun",
            f"more than {needed:.3g} W, the load of computer and wheels",
        )


KIND = DeviceKind(
    "power", Power, sample=EpsSample, board="eps", most=1, rules=(voltages, gauges, sun_axis), warnings=(balance,)
)
