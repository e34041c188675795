"""Rules that a vehicle file must keep: the satellite can exist, stay in orbit and do its mission.

One function a rule, as in `hal.vehicle.rules`, which judges by these too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from sgp4.api import SGP4_ERRORS, WGS72, Satrec  # type: ignore[import-untyped]

from hal.bounds import is_within
from hal.schema import Defect
from hal.vehicle import tle
from hal.vehicle.devices import Power

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

SYMMETRY_TOLERANCE = 1e-9  # of the largest element
DENSITY_KGPM3 = (1e-3, 23e3)  # of a ball of the same mass and moments: thin booms to more than osmium
USUAL_DENSITY_KGPM3 = (3.0, 8000.0)
PERIHELION = 1.034  # sunlight at perihelion over that at 1 au
ROTOR_RADPS = 2e4  # no wheel turns faster: 190 000 rpm
USUAL_EMPTY_V: float = Power.__dataclass_fields__["voltage_empty_v"].metadata["plausible"][0]
POWER_W, CURRENT_A, VOLTAGE_V = 655.35, 32.767, 65.535  # what the EPS board's packet can hold (hal.wire.EpsSensors)


def inertia(v: Vehicle) -> Iterator[Defect]:
    """Inertia is symmetric and positive definite; no principal moment exceeds the sum of the other two.

    Source: Markley & Crassidis, *Fundamentals of Spacecraft Attitude Determination and Control*, 2014, 3.3.
    """
    where = "spacecraft.inertia_b_kgm2"
    j = np.array(v.spacecraft.inertia_b_kgm2)
    if not np.allclose(j, j.T, rtol=0.0, atol=SYMMETRY_TOLERANCE * float(np.abs(j).max())):
        yield Defect(where, "found a matrix that is not symmetric", "a symmetric matrix")
        return
    low, mid, high = (float(m) for m in np.linalg.eigvalsh(j))
    shown = f"found principal moments {low:.6g}, {mid:.6g}, {high:.6g}"
    if not low > 0.0:
        yield Defect(where, shown, "all > 0")
    elif not high <= (low + mid) * (1.0 + SYMMETRY_TOLERANCE):
        yield Defect(where, shown, f"the largest at most {low + mid:.6g}, the sum of the others")


def density_kgpm3(v: Vehicle) -> float:
    """Return the density of a ball with the mass of the satellite and the sum of its moments of inertia.

    Half the sum of the principal moments is the mass times its mean square distance from its centre, which is 3/5 of
    a ball's radius squared.
    """
    mass_kg, j = v.spacecraft.mass_kg, v.spacecraft.inertia_b_kgm2
    distance_m = math.sqrt(max((j[0][0] + j[1][1] + j[2][2]) / (2.0 * mass_kg), 0.0))
    volume_m3 = 4.0 / 3.0 * math.pi * (math.sqrt(5.0 / 3.0) * distance_m) ** 3
    return mass_kg / volume_m3 if volume_m3 > 0.0 else math.inf


def density(v: Vehicle) -> Iterator[Defect]:
    """Mass and inertia can be those of one body: not denser than any metal, not thinner than any frame."""
    found, (low, high) = density_kgpm3(v), DENSITY_KGPM3
    if not is_within(found, low=low, high=high):
        dense = f"{found:.3g} kg/m^3" if math.isfinite(found) else "a point"
        yield Defect(
            "spacecraft.inertia_b_kgm2", f"found moments that make {v.spacecraft.mass_kg:g} kg as dense as {dense}",
            f"{low:g} to {high:g} kg/m^3: check mass_kg and the inertia",
        )  # fmt: skip


def faces(v: Vehicle) -> Iterator[Defect]:
    """A surface does not reflect more light than it receives."""
    for i, face in enumerate(v.spacecraft.faces):
        total = face.specular + face.diffuse
        if not total <= 1.0 + 1e-9:
            yield Defect(f"spacecraft.faces[{i}]", f"found specular + diffuse = {total:g}", "<= 1")


def orbit(v: Vehicle) -> Iterator[Defect]:
    """The element set can be read, its orbit stays above the atmosphere, and SGP4 accepts it."""
    try:
        lines = tle.normal(v.orbit.tle)
    except tle.TleError as error:
        yield Defect(f"orbit.tle[{error.line}]", error.found, error.expected)
        return
    e = tle.elements(lines)
    if not e.perigee_m >= tle.DECAY_HEIGHT_M:
        place = "below the ground" if e.perigee_m < 0.0 else "in the atmosphere"
        yield Defect(
            "orbit.tle[1]", f"found a perigee at {e.perigee_m / 1e3:.1f} km, {place}",
            f"a perigee of at least {tle.DECAY_HEIGHT_M / 1e3:g} km: no orbit lasts below it",
        )  # fmt: skip
        return
    if not e.apogee_m <= tle.FARTHEST_M:
        found = f"found an apogee at {e.apogee_m / 1e3:.0f} km"
        yield Defect("orbit.tle[1]", found, f"at most {tle.FARTHEST_M / 1e3:.0f} km, inside the Moon's orbit")
        return
    satellite = Satrec.twoline2rv(*lines, WGS72)
    code = satellite.error or satellite.sgp4(satellite.jdsatepoch, satellite.jdsatepochF)[0]
    if code:
        where = "orbit.tle[0]" if _flies_without_drag(lines) else "orbit.tle[1]"
        drag = f" with a drag term B* of {e.drag:g}, columns 54 to 61" if where == "orbit.tle[0]" else ""
        yield Defect(where, f"SGP4 found {SGP4_ERRORS.get(code, code)!r}{drag}", "an orbit that SGP4 propagates")


def _flies_without_drag(lines: tuple[str, str]) -> bool:
    """Return whether SGP4 accepts the set when its drag term is zero: then the drag term is wrong."""
    satellite = Satrec.twoline2rv(f"{lines[0][:53]} 00000+0{lines[0][61:]}", lines[1], WGS72)
    return not (satellite.error or satellite.sgp4(satellite.jdsatepoch, satellite.jdsatepochF)[0])


def rotors(v: Vehicle) -> Iterator[Defect]:
    """The rotors fit into the body: the moments about their transverse axes are less than the body's.

    No body of revolution has less about such an axis than half of what it has about its own.
    """
    body, across = np.array(v.spacecraft.inertia_b_kgm2), np.zeros((3, 3))
    for wheel in v.wheels:
        across += 0.5 * wheel.inertia_kgm2 * (np.eye(3) - np.outer(wheel.axis_b, wheel.axis_b))
    if v.wheels and not float(np.linalg.eigvalsh(body - across).min()) > 0.0:
        largest = max(wheel.inertia_kgm2 for wheel in v.wheels)
        yield Defect(
            "wheels", f"found rotors of up to {largest:g} kg m^2, more than the whole satellite has",
            "rotors whose own inertia fits into spacecraft.inertia_b_kgm2",
        )  # fmt: skip


def wheels(v: Vehicle) -> Iterator[Defect]:
    """The motor of a wheel overcomes its friction, and its rotor survives its speed."""
    for i, w in enumerate(v.wheels):
        speed = w.momentum_max_nms / w.inertia_kgm2
        friction = w.friction_coulomb_nm + w.friction_viscous_nms * speed
        if not w.friction_coulomb_nm < w.torque_max_nm:
            yield Defect(
                f"wheels[{i}].friction_coulomb_nm", f"found {w.friction_coulomb_nm:g}",
                f"< torque_max_nm = {w.torque_max_nm:g}, or the wheel never turns",
            )  # fmt: skip
        elif not friction < w.torque_max_nm:
            yield Defect(
                f"wheels[{i}].friction_viscous_nms",
                f"found {w.friction_viscous_nms:g}, at full speed {friction:.3g} N m",
                f"friction below torque_max_nm = {w.torque_max_nm:g}, or the wheel never gets there",
            )  # fmt: skip
        if not speed <= ROTOR_RADPS:
            yield Defect(
                f"wheels[{i}].momentum_max_nms", f"found {w.momentum_max_nms:g}, which is a speed of {speed:.4g} rad/s",
                f"at most {ROTOR_RADPS:g} rad/s of a rotor of {w.inertia_kgm2:g} kg m^2",
            )  # fmt: skip


def array_power_w(v: Vehicle, sun_b: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what all arrays give with the Sun along each of the unit vectors `sun_b` (n, 3), at 1 au."""
    normals = np.array([a.normal_b for a in v.power.arrays])
    power: NDArray[np.float64] = np.maximum(sun_b @ normals.T, 0.0) @ np.array([a.power_w for a in v.power.arrays])
    return power


def gauges(v: Vehicle) -> Iterator[Defect]:
    """Powers, voltage and currents fit the packet of the EPS board; an error about the sum names the largest load."""
    p = v.power
    directions = np.array([a.normal_b for a in p.arrays] + [v.pointing.sun_axis_b])
    sums = directions[:, None, :] + directions[None, :, :]
    length = np.linalg.norm(sums, axis=2, keepdims=True)
    between = (sums / np.maximum(length, 1e-9)).reshape(-1, 3)
    arrays_w = PERIHELION * float(array_power_w(v, between).max())
    loads = {
        "power.base_load_w": p.base_load_w, "power.radio_load_w": p.radio_load_w,
        "power.payload_load_w": p.payload_load_w, "power.wheel_load_w": len(v.wheels) * p.wheel_load_w,
        "torquers.units": sum(t.power_w for t in v.torquers.units),
    }  # fmt: skip
    loads_w, largest = sum(loads.values()), max(loads, key=lambda name: loads[name])
    full_v = p.voltage_full_v + p.internal_resistance_ohm * arrays_w / p.voltage_full_v
    drain = largest if loads_w > arrays_w else "power.arrays"
    if p.voltage_empty_v < USUAL_EMPTY_V:
        drain = "power.voltage_empty_v"
    for where, found, limit, unit in (
        ("power.arrays", arrays_w, POWER_W, "W at most"),
        (largest, loads_w, POWER_W, "W of all loads"),
        ("power.voltage_full_v", full_v, VOLTAGE_V, "V while charging"),
        (drain, max(arrays_w, loads_w) / p.voltage_empty_v, CURRENT_A, "A of battery current"),
    ):
        if not found <= limit:
            yield Defect(where, f"found {found:.4g} {unit}", f"<= {limit:g}, which the EPS board's packet can hold")


def sun_axis(v: Vehicle) -> Iterator[Defect]:
    """With its Sun axis at the Sun, the satellite sees the Sun and gets power from it."""
    axis = np.array(v.pointing.sun_axis_b)
    if not any(float(np.dot(axis, c.normal_b)) > math.cos(c.half_angle_rad) for c in v.sun_sensors):
        yield Defect("pointing.sun_axis_b", "found an axis that no Sun sensor sees", "one in the view of a Sun sensor")
    if not float(array_power_w(v, axis[None, :])[0]) > 0.0:
        yield Defect(
            "pointing.sun_axis_b", "found an axis along which no array gives power", "one in front of an array"
        )


PHYSICAL_RULES = (inertia, density, faces, orbit, wheels, rotors, gauges, sun_axis)
