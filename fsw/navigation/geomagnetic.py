"""The geomagnetic field of flight: IGRF-14 to degree 13, in Cartesian form (Cunningham's V and W recursion).

Coefficients come from `hal/reference/igrf14.shc` (IAGA Working Group V-MOD, doi:10.5281/zenodo.14012302). Between
epochs they are linear in time; after the last definitive one the table carries the published secular variation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from fsw.navigation import _geomagnetic
from fsw.navigation._geomagnetic import COEFFICIENTS, MAX_DEGREE
from fsw.navigation.frames import _vector
from fsw.navigation.time_scales import SECOND_NS, _utc_seconds
from hal import record

IGRF14 = Path(record.__file__).parent / "reference" / "igrf14.shc"


class FieldModelError(ValueError):
    """A coefficient file is not usable; the message is one line."""


@dataclass(frozen=True)
class GaussCoefficients:
    """Tables at epochs: g and h [T] (epochs, COEFFICIENTS), index n (n + 1) / 2 + m, for unnormalised Legendre."""

    epoch_tai_ns: NDArray[np.int64]
    g: NDArray[np.float64]
    h: NDArray[np.float64]

    def field_e_tesla(self, t_tai_ns: int, pos_e_m: ArrayLike, degree: int = MAX_DEGREE) -> NDArray[np.float64]:
        """Flux density (3,) [T] in ITRF axes at the ITRF position `pos_e_m` (3,) [m], harmonics up to `degree`."""
        if not 1 <= degree <= MAX_DEGREE:
            raise ValueError(f"degree: found {degree}, expected 1 to {MAX_DEGREE}")
        position, out = _vector(pos_e_m, "pos_e_m"), np.empty(3)
        _geomagnetic.field(self.epoch_tai_ns, self.g, self.h, t_tai_ns, position, out, degree)
        return out


def load_igrf(path: Path = IGRF14) -> GaussCoefficients:
    """Read a spherical-harmonic coefficient file; raise `FieldModelError` when it is not one."""
    try:
        text = path.read_text(encoding="utf-8")
        lines = [line.split() for line in text.splitlines() if line.strip() and not line.startswith("#")]
        degree = int(lines[0][1])
        years = [float(year) for year in lines[1]]
        rows = [(int(n), int(m), [float(v) for v in values]) for n, m, *values in lines[2:]]
    except (OSError, ValueError, IndexError) as error:
        raise FieldModelError(f"{path.name}: not a coefficient file: {error}") from None
    if degree != MAX_DEGREE or len(rows) != degree * (degree + 2) or any(len(v) != len(years) for _, _, v in rows):
        raise FieldModelError(
            f"{path.name}: found degree {degree} with {len(rows)} rows, expected degree {MAX_DEGREE} with "
            f"{MAX_DEGREE * (MAX_DEGREE + 2)} rows of {len(years)} values"
        )
    g, h = np.zeros((len(years), COEFFICIENTS)), np.zeros((len(years), COEFFICIENTS))
    for n, m, values in rows:
        table = g if m >= 0 else h
        table[:, n * (n + 1) // 2 + abs(m)] = np.array(values) * 1e-9 * _schmidt(n, abs(m))
    epochs = [(_utc_seconds(int(year), 1, 1) + 32) * SECOND_NS for year in years]
    return GaussCoefficients(np.array(epochs, np.int64), g, h)


@cache
def shipped_igrf() -> GaussCoefficients:
    """Return the shipped model, read once: nobody writes to it."""
    return load_igrf()


def _schmidt(n: int, m: int) -> float:
    """Factor of Schmidt's quasi-normalisation (Langel 1987, eq. 30)."""
    if m == 0:
        return 1.0
    return math.sqrt(2.0 * math.factorial(n - m) / math.factorial(n + m))
