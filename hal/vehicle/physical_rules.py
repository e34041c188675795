"""Rules that a vehicle file must keep: the satellite can exist, stay in orbit and do its mission.

One function a rule, as in `hal.vehicle.rules`, which judges by these too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from sgp4.api import SGP4_ERRORS, WGS72, Satrec  # type: ignore[import-untyped]

from hal import tle
from hal.bounds import is_within
from hal.schema import Defect

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

SYMMETRY_TOLERANCE = 1e-9  # of the largest element
DENSITY_KGPM3 = (1e-3, 23e3)  # of a ball of the same mass and moments: thin booms to more than osmium
USUAL_DENSITY_KGPM3 = (3.0, 8000.0)


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


PHYSICAL_RULES = (inertia, density, faces, orbit)
