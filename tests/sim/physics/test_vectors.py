import math
import os
import subprocess
import sys
from fractions import Fraction

import numpy as np
import pytest

from sim.physics.vectors import norm

START = """
from hal.vehicle.load import load_vehicle
from sim.scenario.planning import disperse
from sim.scenario.scenario import load_scenario
for seed in range(1, 21):
    initial = disperse(load_vehicle(), load_scenario("faults"), seed)[1].initial
    print([x.hex() for x in (*initial.q_bi, *initial.rate_bi_b_radps)])
"""


@pytest.mark.parametrize("values", [(3.0, 4.0), (1e-3, -2e-3, 2e-3), np.array([0.1, 0.2, 0.3, 0.4]), (0.0, 0.0, 0.0)])
def test_the_norm_is_that_of_exact_arithmetic(values):
    exact = sum(Fraction(float(x)) ** 2 for x in values)
    assert norm(values) == pytest.approx(math.sqrt(exact), rel=4e-16)
    assert math.isnan(norm((1.0, math.nan)))


def test_a_drawn_start_does_not_depend_on_the_kernels_of_blas():
    """OpenBLAS picks its kernels by processor, and takes others when it is asked to."""
    starts = {
        subprocess.run(
            [sys.executable, "-c", START], env=os.environ | {"OPENBLAS_CORETYPE": kind}, capture_output=True, text=True,
            check=True,
        ).stdout
        for kind in ("Prescott", "Haswell")
    }  # fmt: skip
    assert len(starts) == 1
