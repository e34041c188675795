"""Star tracker: noise per axis, mounting error, exclusions, rate limit, latency."""

import math

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from hal.vehicle.load import load_vehicle
from hal.wire import StarTrackerFlag
from sim.devices.star_tracker._star_tracker import StarTracker

SPEC = load_vehicle().device("star_tracker")
COUNT = 2.0**-30
PERIOD_NS = 200_000_000
BORESIGHT_B = np.array([0.0, -math.sin(math.radians(10)), -math.cos(math.radians(10))])  # the reference vehicle file


def clear_sky(helpers, **values):
    """Boresight away from the Earth (attitude identity: it points along -z) and from the Sun."""
    pos = -7e6 * np.array([0.0, 0.0, 1.0])
    sun = np.array([1.0, 0.0, 0.0])
    return helpers.truth(**{"pos_i_m": pos, "sun_i": sun, "sun_b": sun, **values})


def reports(device, truth, n, latency_ticks=0):
    out = []
    for k in range(n + latency_ticks):
        truth["t_ns"] = k * PERIOD_NS
        out += device.read(truth)
    return out[:n]


def error_vectors(found, q_true):
    """Rotation vectors a, in the sensor frame, with q_found = dq(a) q_true (SciPy composes the other way round)."""
    q = np.array([r["q_counts"] for r in found]) * COUNT
    return (Rotation.from_quat(q_true).inv() * Rotation.from_quat(q)).as_rotvec()


def test_without_errors_it_reports_mounting_times_attitude(helpers):
    device = StarTracker(SPEC, 1, helpers.only(StarTracker))
    q_bi = helpers.about([0.3, -0.2, 0.9], 0.4)
    sun = np.array([1.0, 0.0, 0.0])
    truth = clear_sky(helpers, q_bi=q_bi, sun_b=helpers.frame_rotation(q_bi) @ sun)
    (report,) = reports(device, truth, 1)
    c_si = helpers.frame_rotation(np.array(report["q_counts"]) * COUNT)
    expected = helpers.frame_rotation(SPEC.q_sb) @ helpers.frame_rotation(q_bi)
    np.testing.assert_allclose(c_si, expected, atol=4 * COUNT)
    assert report["flags"] == StarTrackerFlag.VALID
    assert report["valid_time_ns"] == 0


def test_boresight_of_the_reference_vehicle(helpers):
    np.testing.assert_allclose(helpers.frame_rotation(SPEC.q_sb)[2], BORESIGHT_B, atol=1e-7)


def test_noise_is_ten_arcsec_across_and_sixty_about_the_boresight(helpers):
    device = StarTracker(SPEC, 2, helpers.only(StarTracker, "noise"))
    found = reports(device, clear_sky(helpers), 4000)
    errors = error_vectors(found, SPEC.q_sb)
    sigma = np.array([SPEC.noise_cross_rad, SPEC.noise_cross_rad, SPEC.noise_roll_rad])
    assert np.mean(errors**2, axis=0) / sigma**2 == pytest.approx(np.ones(3), abs=5 * math.sqrt(2 / 4000))
    np.testing.assert_allclose(np.corrcoef(errors.T)[np.triu_indices(3, 1)], 0.0, atol=5 / math.sqrt(4000))
    assert [r["seq"] for r in found[:3]] == [0, 1, 2]


def test_mounting_error_is_constant_and_has_the_declared_spread(helpers):
    device = StarTracker(SPEC, 3, helpers.only(StarTracker, "misalignment"))
    found = reports(device, clear_sky(helpers), 3)
    errors = error_vectors(found, SPEC.q_sb)
    np.testing.assert_allclose(errors, [device.misalignment_s_rad] * 3, atol=4 * COUNT)
    drawn = np.array([StarTracker(SPEC, s).misalignment_s_rad for s in range(400)])
    assert np.mean(drawn**2) / SPEC.misalignment_sigma_rad**2 == pytest.approx(1.0, abs=5 * math.sqrt(2 / 1200))


def test_reports_come_at_the_declared_rate_and_after_the_latency(helpers):
    """5 Hz and 150 ms seen every 100 ms: an image of time t arrives at t + 200 ms, stamped t."""
    device = StarTracker(SPEC, 4, helpers.only(StarTracker, "latency"))
    arrivals = []
    for k in range(11):
        for report in device.read(clear_sky(helpers, t_ns=k * 10**8)):
            arrivals.append((k * 10**8, report["valid_time_ns"]))
    assert arrivals == [(t + 2 * 10**8, t) for t in range(0, 10**9, PERIOD_NS)]
    device.switch("latency", False)
    now = device.read(clear_sky(helpers, t_ns=12 * 10**8))
    assert [r["valid_time_ns"] for r in now] == [10**9, 12 * 10**8]


@pytest.mark.parametrize(("off_deg", "seen"), [(-0.1, True), (0.1, False)])
def test_sun_exclusion(helpers, off_deg, seen):
    """The star tracker gives no attitude while the Sun is within its exclusion angle."""
    device = StarTracker(SPEC, 5, helpers.only(StarTracker, "exclusion"))
    angle = SPEC.sun_exclusion_rad + math.radians(off_deg)
    side = np.cross(BORESIGHT_B, [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    sun = math.cos(angle) * BORESIGHT_B + math.sin(angle) * side
    (report,) = reports(device, clear_sky(helpers, sun_i=sun, sun_b=sun), 1)
    assert report["flags"] == (StarTrackerFlag.SUN_EXCLUSION if seen else StarTrackerFlag.VALID)
    (report,) = reports(StarTracker(SPEC, 5, helpers.only(StarTracker, "exclusion")),
                        clear_sky(helpers, sun_i=sun, sun_b=sun, sunlit=0.0), 1)  # fmt: skip
    assert report["flags"] == StarTrackerFlag.VALID  # behind the Earth the Sun does not blind


@pytest.mark.parametrize(("off_deg", "hidden"), [(-0.1, True), (0.1, False)])
def test_earth_exclusion_counts_from_the_limb(helpers, off_deg, hidden):
    device = StarTracker(SPEC, 6, helpers.only(StarTracker, "exclusion"))
    r = 6878137.0
    angle = math.asin(6378137.0 / r) + SPEC.earth_exclusion_rad + math.radians(off_deg)
    side = np.cross(BORESIGHT_B, [1.0, 0.0, 0.0])
    side /= np.linalg.norm(side)
    down = math.cos(angle) * BORESIGHT_B + math.sin(angle) * side
    (report,) = reports(device, clear_sky(helpers, pos_i_m=-r * down, sunlit=0.0), 1)
    assert report["flags"] == (StarTrackerFlag.EARTH_EXCLUSION if hidden else StarTrackerFlag.VALID)


@pytest.mark.parametrize(("share", "lost"), [(0.999, False), (1.001, True)])
def test_rate_limit(helpers, share, lost):
    """The star tracker gives no attitude above its rate limit."""
    device = StarTracker(SPEC, 7, helpers.only(StarTracker, "rate_limit"))
    rate = share * SPEC.rate_limit_radps * np.array([0.6, 0.0, 0.8])
    (report,) = reports(device, clear_sky(helpers, rate_bi_b_radps=rate), 1)
    assert report["flags"] == (StarTrackerFlag.RATE_LIMIT if lost else StarTrackerFlag.VALID)
    if lost:
        assert report["q_counts"] == [0, 0, 0, 2**30]


def test_a_silent_unit_takes_no_image_and_counts_none(helpers):
    device = StarTracker(SPEC, 8, helpers.only(StarTracker))
    assert len(device.read(clear_sky(helpers))) == 1
    device.silent = True
    assert device.read(clear_sky(helpers, t_ns=PERIOD_NS)) == []
    device.silent = False
    (report,) = device.read(clear_sky(helpers, t_ns=2 * PERIOD_NS))
    assert report["seq"] == 1
