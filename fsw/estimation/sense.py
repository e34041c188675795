"""`Sense`: the samples of a tick, mounted and calibrated into body axes.

Reads `SamplesSection`, `MagCalibrationSection` and `FdirSection`, writes `BodySection`. A measurement is valid only in
the tick in which its sample is new, valid and finite and its device not excluded (`*_heard` says that it came); the
last values stay readable.
"""

from __future__ import annotations

import itertools
import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from fsw.core.samples import MAX_STAR_TRACKERS
from fsw.estimation._sense import SenseKernel
from hal.handle import Handles
from hal.vehicle.vehicle import Vehicle

Array = NDArray[np.float64]

LIT_RATIO = 0.1  # a cell below it counts as dark: the Earth alone often gives as much
STRENGTH_LOW = 0.5  # below it no full Sun: eclipse, penumbra or Earth light alone
STRENGTH_HIGH = 1.5  # above it more than Sun and Earth can give together
DARK_FIELD = 0.5  # cosine within which a dark cell denies the Sun (well inside its half angle)


class Sense(SenseKernel):
    """The `sense` application: `step()` once a tick, before navigation and estimation."""

    def __init__(self, pool: Handles, vehicle: Vehicle) -> None:
        self.bind(pool)
        cells = vehicle.units("coarse_sun_sensors")
        normals = np.array([cell.normal_b for cell in cells]).reshape(-1, 3)
        noise = np.array([cell.noise for cell in cells])
        edge = max((math.cos(cell.half_angle_rad) for cell in cells), default=0.0)
        self._cells = normals, noise
        inverse, usable = _with_all_cells(tuple(cell.normal_b for cell in cells), tuple(cell.noise for cell in cells))
        wheels = [np.array(wheel.axis_b) * wheel.inertia_kgm2 for wheel in vehicle.units("reaction_wheels")]
        self.mount(
            np.array(
                [
                    *_mountings(vehicle, "gyro", 1),
                    *_mountings(vehicle, "magnetometer", 1),
                    *_mountings(vehicle, "star_tracker", MAX_STAR_TRACKERS),
                ]
            ),
            np.array(wheels).reshape(-1, 3),
            normals,
            max(LIT_RATIO, edge, 5.0 * float(noise.max(initial=0.0))),
            STRENGTH_LOW,
            STRENGTH_HIGH,
            inverse,
            usable,
        )

    def leave_out(self, cells: int) -> None:
        """Take the Sun vector from the cells not in this mask (bit k: cell k), which count as neither lit nor dark."""
        self.solve_with(*sun_solutions(*self._cells, cells), cells)


def _mountings(vehicle: Vehicle, kind: str, count: int) -> list[tuple[float, ...]]:
    """Return q_sb of the first devices of a kind; of those that are not there no sample comes."""
    found = [device.q_sb for device in vehicle.of_kind(kind)][:count]
    return found + [(0.0, 0.0, 0.0, 1.0)] * (count - len(found))


def sun_solutions(normals_b: Array, noise: Array, out: int = 0) -> tuple[Array, NDArray[np.int64]]:
    """Return for each set of lit cells (bit k: cell k) the least-squares inverse and whether it may be used.

    `normals_b` (n, 3), `noise` (n,) 1 sigma. The inverse (2**n, 3, n) gives the Sun vector from the ratios, weighted
    by 1/noise, of least norm where the lit cells leave a direction open. Such a set is usable when dark cells deny
    the Sun on both sides of every open direction, so that the component along it must be about zero. Cells in the mask
    `out` are not used.
    """
    n = len(normals_b)
    inverse, usable = np.zeros((2**n, 3, n)), np.zeros(2**n, dtype=np.int64)
    weight = 1.0 / np.maximum(noise, 1e-6)
    used = [k for k in range(n) if not out >> k & 1]
    for lit in itertools.chain.from_iterable(itertools.combinations(used, m) for m in range(1, len(used) + 1)):
        cells = list(lit)
        mask = sum(1 << k for k in cells)
        rows = normals_b[cells] * weight[cells, None]
        inverse[mask][:, cells] = np.linalg.pinv(rows, rcond=1e-6) * weight[cells]
        usable[mask] = _covered(rows, normals_b[[k for k in used if k not in lit]])
    return inverse, usable


@lru_cache(maxsize=4)
def _with_all_cells(
    normals_b: tuple[tuple[float, ...], ...], noise: tuple[float, ...]
) -> tuple[Array, NDArray[np.int64]]:
    """Return `sun_solutions` of all cells, which flights of the same vehicle share, to be read only."""
    inverse, usable = sun_solutions(np.array(normals_b).reshape(-1, 3), np.array(noise))
    inverse.flags.writeable = usable.flags.writeable = False
    return inverse, usable


def _covered(lit: Array, dark: Array) -> bool:
    """Whether every direction that the lit rows leave open is watched from both sides by dark cells."""
    _, values, basis = np.linalg.svd(lit)
    rank = int((values > 1e-6 * values[0]).sum())
    if rank == 3:
        return True
    angles = np.linspace(0.0, math.pi, 1 if rank == 2 else 16, endpoint=False)
    opened = np.outer(np.cos(angles), basis[2]) + np.outer(np.sin(angles), basis[1])
    if len(dark) == 0:
        return False
    along = opened @ dark.T
    return bool((along.max(axis=1) > DARK_FIELD).all() and (along.min(axis=1) < -DARK_FIELD).all())
