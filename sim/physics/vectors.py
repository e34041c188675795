"""Vector algebra of starts and plans that is the same, to the last bit, on every processor."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


def norm(values: ArrayLike) -> float:
    """Return the Euclidean norm, its squares summed from the first to the last.

    `numpy.linalg.norm` sums as the BLAS kernel of the processor does, so its last bit differs between processors.
    """
    return math.sqrt(sum(x * x for x in np.asarray(values, dtype=np.float64).ravel().tolist()))
