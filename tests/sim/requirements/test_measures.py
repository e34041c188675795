"""The measures on truth must be right, so they are tested against SciPy and ERFA on states made by hand."""

import math

import erfa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from fsw.guidance.modes import AdcsMode
from sim.requirements._measures import bits
from sim.requirements.measures import MEASURES
from tests.sim.requirements.judge_bench import Watched, lvlh, shuster


@pytest.mark.parametrize("angle_deg", [0.001, 0.05, 3.0, 170.0])
def test_knowledge_and_nadir_errors_are_rotation_angles(angle_deg):
    """Both errors are total rotation angles: about a skew axis they come out as the angle itself."""
    axis = np.array([1.0, -2.0, 0.5]) / np.linalg.norm([1.0, -2.0, 0.5])
    q_oi = Rotation.from_matrix(lvlh().T)  # vectors' rotation whose Shuster quaternion is q_oi
    q_true = shuster(q_oi)
    off = shuster(q_oi * Rotation.from_rotvec(np.radians(angle_deg) * axis))
    judge = Watched().fly(1, **{"truth.q_bi": off, "attitude.q_bi": q_true})
    assert judge.knowledge_deg == pytest.approx(angle_deg, rel=1e-6)
    assert judge.pointing_deg == pytest.approx(angle_deg, rel=1e-6)
    assert Watched().fly(1, **{"truth.q_bi": q_true}).pointing_deg == pytest.approx(0.0, abs=1e-6)


@given(st.floats(-1.5, 1.5), st.floats(-3.1, 3.1), st.floats(-400.0, 9000.0), st.integers(0, 99))
@settings(max_examples=40)
def test_where_the_target_is_agrees_with_erfa(latitude, longitude, height_m, number):
    """Elevation above the ellipsoid's horizon and angle off the payload's axis, for any place, Earth and attitude.

    The same of the target that flight was commanded to track.
    """
    rng = np.random.default_rng(number)
    earth, attitude = Rotation.random(2, rng=rng)
    place = erfa.gd2gc(1, longitude, latitude, height_m)
    up = [np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)]
    satellite = earth.apply(place + 5e5 * (np.array(up) + rng.normal(0.0, 0.7, 3)))
    sight = earth.apply(place) - satellite
    w = Watched(target=(latitude, longitude, height_m), payload_b=(0.6, 0.0, 0.8))
    judge = w.fly(1, **{
        "truth.pos_i_m": satellite, "truth.q_ei": shuster(earth), "truth.q_bi": shuster(attitude),
        "mode.adcs": AdcsMode.TARGET, "mode.target_lat_rad": latitude, "mode.target_lon_rad": longitude,
        "mode.target_alt_m": height_m,
    })  # fmt: skip
    cosines = [np.dot(earth.apply(up), -sight), np.dot(attitude.apply([0.6, 0.0, 0.8]), sight)] / np.linalg.norm(sight)
    assert judge.measure("target_elevation_deg") == pytest.approx(90.0 - np.degrees(np.arccos(cosines[0])), abs=1e-5)
    assert judge.measure("target_error_deg") == pytest.approx(np.degrees(np.arccos(cosines[1])), abs=1e-5)
    assert judge.pointing_deg == judge.measure("tracking_error_deg") == judge.measure("target_error_deg")
    elsewhere = w.fly(1, **{"mode.target_lat_rad": -latitude - 0.1})
    assert elsewhere.measure("tracking_error_deg") != elsewhere.measure("target_error_deg")


@pytest.mark.parametrize(
    ("mode", "values", "expected"),
    [
        (AdcsMode.SUN_POINTING, {}, 0.4),
        (AdcsMode.INERTIAL, {"mode.q_bi_inertial": shuster(Rotation.from_rotvec([np.radians(1.0), 0, 0]))}, 0.6),
        (AdcsMode.DETUMBLE, {}, 180.0),
        (AdcsMode.IDLE, {}, 180.0),
    ],
)
def test_pointing_is_judged_in_each_mode_that_points(mode, values, expected):
    """The Sun axis to the Sun, the attitude to the one commanded; modes that point to nothing show 180 deg."""
    tilt = shuster(Rotation.from_rotvec([np.radians(0.4), 0, 0]))
    judge = Watched().fly(1, **({"mode.adcs": mode, "truth.q_bi": tilt} | values))
    assert judge.pointing_deg == pytest.approx(expected, rel=1e-6)


def test_angles_to_the_sun_rates_and_wheels():
    tilt = shuster(Rotation.from_rotvec([np.radians(0.4), 0, 0]))
    w = Watched()
    judge = w.fly(1, **{
        "truth.q_bi": tilt, "truth.rate_bi_b_radps": np.radians([0.3, 0.0, -0.4]),
        "truth.wheel_speed_radps": (0.0, -300.0, 200.0, 0.0),
    })  # fmt: skip
    assert judge.measure("sun_error_deg") == pytest.approx(0.4, rel=1e-6)
    assert judge.measure("payload_sun_deg") == pytest.approx(90.4, rel=1e-6)
    assert judge.measure("body_rate_degps") == pytest.approx(0.5)
    assert judge.measure("wheel_speed_share") == 0.5
    assert (judge.measure("time_s"), w.fly(5699).measure("time_orbits")) == (1.0, 1.0)


def test_what_has_no_meaning_is_not_there():
    """Without estimate, target or wheels: nan, and no bit; the place 0 N 0 E does not stand in for a target."""
    judge = Watched(target=None, wheels=0).fly(1, **{"attitude.valid": 0})
    for name in ("knowledge_error_deg", "target_error_deg", "target_elevation_deg", "wheel_speed_share"):
        assert math.isnan(judge.measure(name)), name
    assert judge.knowledge_deg == 180.0
    assert math.isnan(judge.measure("tracking_error_deg"))


def test_each_measure_has_a_bit_of_its_own():
    assert [bits(name) for name in MEASURES] == [1 << k for k in range(len(MEASURES))]
