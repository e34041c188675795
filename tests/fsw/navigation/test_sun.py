"""The Sun and the Earth's shadow against pyerfa and geometry."""

import math

import erfa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.navigation.sun import sun_position_i_m, sunlit_fraction
from fsw.navigation.time_scales import SECOND_NS, julian_date_tt

AU_M = 149597870700.0
EARTH_M = 6378137.0
SUN_M = 6.957e8


def apparent_sun(t):
    """Direction and distance of the Sun with annual aberration, GCRS, from erfa's Earth ephemeris."""
    heliocentric, barycentric = erfa.epv00(*julian_date_tt(t))
    sun = -heliocentric["p"]
    distance = np.linalg.norm(sun)
    velocity = barycentric["v"] * AU_M / 86400.0 / 299792458.0
    return erfa.ab(sun / distance, velocity, distance, math.sqrt(1 - velocity @ velocity)), distance * AU_M


@settings(max_examples=100, deadline=None)
@given(st.integers(-10 * 366 * 86400, 40 * 366 * 86400))
def test_direction_and_distance_agree_with_erfa(seconds):
    t = seconds * SECOND_NS
    direction, distance = apparent_sun(t)
    own = sun_position_i_m(t)
    error = np.linalg.norm(np.cross(own, direction)) / np.linalg.norm(own)
    assert math.degrees(error) < 0.005
    assert own @ direction > 0
    assert np.linalg.norm(own) == pytest.approx(distance, rel=2e-4)


def lit(behind_m, aside_m):
    """Sunlit share `behind_m` behind the Earth's centre and `aside_m` off the axis, Sun on +x at 1 au."""
    return sunlit_fraction([-behind_m, aside_m, 0.0], [AU_M, 0.0, 0.0])


def test_umbra_and_penumbra_are_where_the_tangent_lines_put_them():
    behind = 6.9e6
    umbra = (EARTH_M - behind * (SUN_M - EARTH_M) / AU_M) / math.cos(math.asin((SUN_M - EARTH_M) / AU_M))
    penumbra = (EARTH_M + behind * (SUN_M + EARTH_M) / AU_M) / math.cos(math.asin((SUN_M + EARTH_M) / AU_M))
    assert lit(behind, umbra - 200.0) == 0.0
    assert 0.0 < lit(behind, umbra + 200.0) < 0.01
    assert 0.99 < lit(behind, penumbra - 200.0) < 1.0
    assert lit(behind, penumbra + 200.0) == 1.0
    assert lit(behind, (umbra + penumbra) / 2) == pytest.approx(0.5, abs=0.02)


def test_the_day_side_is_sunlit():
    assert lit(-6.9e6, 0.0) == 1.0
    assert lit(0.0, 6.9e6) == 1.0
    assert lit(6.9e6, 0.0) == 0.0


@settings(max_examples=60, deadline=None)
@given(st.floats(6.5e6, 4.2e7), st.floats(0.0, 1.0), st.floats(1e3, 1e5))
def test_more_distance_from_the_axis_never_means_less_light(behind, part, more):
    aside = part * 1.02 * EARTH_M
    assert 0.0 <= lit(behind, aside) <= lit(behind, aside + more) <= 1.0
