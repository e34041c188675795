"""Two-axis Sun sensor: angles, field of view, eclipse, noise, misalignment and the pull of the Earth's light."""

import math

import numpy as np
import pytest

from ground.link.segment import GroundSegment
from hal.devices.digital_sun_sensor.kind import KIND
from hal.vehicle.load import load_vehicle
from sim.devices.digital_sun_sensor._digital_sun_sensor import DigitalSunSensor
from sim.mission import Mission
from sim.scenario.scenario import load_scenario

COUNT = 1e-4

NOTHING = (-(2**15), -(2**15), False)  # counts at the end of their range


def spec(**changes):
    keys = {
        "kind": "digital_sun_sensor", "name": "dss", "board": "adcs", "q_sb": (0.0, 0.0, 0.0, 1.0),
        "half_angle_rad": 1.0, "noise_rad": 0.0, "misalignment_sigma_rad": 0.0, "count_rad": COUNT,
    }  # fmt: skip
    return KIND.settings(**keys | changes)


def sun_at(helpers, alpha, beta, **values):
    """The Sun at two angles of a sensor that looks along +z of the body."""
    direction = np.array([math.tan(alpha), math.tan(beta), 1.0])
    return helpers.truth(sun_b=direction / np.linalg.norm(direction), **values)


@pytest.mark.parametrize(("alpha", "beta"), [(0.0, 0.0), (0.7, -0.3), (-0.9, 0.95), (0.99, -0.99)])
def test_it_gives_the_angles_of_the_sun(helpers, alpha, beta):
    sensor = DigitalSunSensor(spec(), 1, helpers.only(DigitalSunSensor))
    one, two, sees = sensor.read(sun_at(helpers, alpha, beta))
    assert sees
    assert (one * COUNT, two * COUNT) == pytest.approx((alpha, beta), abs=COUNT / 2)
    np.testing.assert_allclose(sensor.truth["angle_s_rad"], [alpha, beta], atol=1e-12)


def test_it_looks_where_it_is_mounted(helpers):
    """Turned by a quarter about x, its boresight is where C(q_sb) says."""
    q_sb = helpers.about([1, 0, 0], math.pi / 2)
    boresight_b = helpers.frame_rotation(q_sb).T @ [0.0, 0.0, 1.0]
    sensor = DigitalSunSensor(spec(q_sb=tuple(q_sb)), 1, helpers.only(DigitalSunSensor))
    assert sensor.read(helpers.truth(sun_b=boresight_b)) == (0, 0, True)
    assert sensor.read(helpers.truth(sun_b=-boresight_b)) == NOTHING


def test_out_of_view_and_in_eclipse_it_sees_nothing(helpers):
    sensor = DigitalSunSensor(spec(noise_rad=0.01), 1)
    for alpha, beta in ((1.01, 0.0), (0.0, -1.01)):
        assert sensor.read(sun_at(helpers, alpha, beta)) == NOTHING
        assert not sensor.truth["in_view"]
    assert sensor.read(sun_at(helpers, 0.1, 0.1, sunlit=0.0)) == NOTHING


def test_noise_and_misalignment_have_their_declared_size(helpers):
    """Noise is white; a mounting error about x moves beta, about y alpha, about z nothing on the boresight."""
    sensor = DigitalSunSensor(spec(noise_rad=0.002), 1, helpers.only(DigitalSunSensor, "noise"))
    drawn = np.array([sensor.read(sun_at(helpers, 0.2, -0.1))[:2] for _ in range(3000)]) * COUNT
    np.testing.assert_allclose(drawn.std(axis=0), 0.002, rtol=0.06)
    np.testing.assert_allclose(drawn.mean(axis=0), [0.2, -0.1], atol=2e-4)
    assert abs(np.corrcoef(drawn[:-1, 0], drawn[1:, 0])[0, 1]) < 0.06
    assert abs(np.corrcoef(drawn.T)[0, 1]) < 0.06
    mounted = []
    for seed in range(1000):
        sensor = DigitalSunSensor(
            spec(misalignment_sigma_rad=0.01), seed, helpers.only(DigitalSunSensor, "misalignment")
        )
        mounted.append(sensor.read(sun_at(helpers, 0.0, 0.0))[:2])
    np.testing.assert_allclose(np.std(np.array(mounted) * COUNT, axis=0), 0.01, rtol=0.08)


def test_the_light_of_the_earth_pulls_towards_it(helpers):
    """Sun overhead and Earth behind a sensor that sees both: by the Earth's share of all light, if it is lit."""
    down = np.array([-1.0, 0.0, 0.0])  # of `helpers.truth`: the satellite is above +x of GCRF, body axes are inertial
    boresight = np.array([0.0, 0.0, 1.0])
    q_sb = (0.0, 0.0, 0.0, 1.0)
    sun = np.array([0.4, 0.0, 1.0]) / np.hypot(0.4, 1.0)
    earth = np.array([-0.5, 0.0, 1.0])
    truth = helpers.truth(sun_b=sun, sun_i=[0.6, 0.0, 0.8])
    # turn the body so that the Earth is at earth / |earth| of body axes: about y, from down
    angle = math.atan2(earth[2], -earth[0])
    truth["q_bi"] = helpers.about([0, 1, 0], angle)
    down_b = helpers.frame_rotation(truth["q_bi"]) @ down
    if down_b[2] < 0:
        truth["q_bi"] = helpers.about([0, 1, 0], -angle)
        down_b = helpers.frame_rotation(truth["q_bi"]) @ down
    assert down_b @ boresight > 0.8
    plain, pulled = (
        DigitalSunSensor(spec(q_sb=q_sb), 1, helpers.only(DigitalSunSensor, *on)).read(truth)[0] * COUNT
        for on in ((), ("albedo",))
    )
    light = 0.3 * 0.6 * (6378137.0 / 6878137.0) ** 2
    expected = plain + light / (1 + light) * (math.atan2(down_b[0], down_b[2]) - plain)
    assert pulled == pytest.approx(expected, abs=2 * COUNT)
    assert pulled < plain - 0.05
    truth["sun_i"] = [-0.6, 0.0, 0.8]  # night below
    dark = DigitalSunSensor(spec(q_sb=q_sb), 1, helpers.only(DigitalSunSensor, "albedo")).read(truth)[0] * COUNT
    assert dark == pytest.approx(plain, abs=COUNT)


def test_a_satellite_flies_with_six_and_faults_concern_one(tmp_path):
    path = tmp_path / "six.toml"
    keys = 'kind = "digital_sun_sensor"\nboard = "adcs"\nhalf_angle_rad = 1.0\nnoise_rad = 1e-3\n'
    keys += "misalignment_sigma_rad = 1e-3\ncount_rad = 1e-4\n"
    r = math.sqrt(0.5)
    quarters = ([0, 0, 0, 1], [r, 0, 0, r], [1, 0, 0, 0], [-r, 0, 0, r], [0, r, 0, r], [0, -r, 0, r])  # a cube's sides
    devices = "".join(f'[[device]]\nname = "dss_{k}"\n{keys}q_sb = {q}\n' for k, q in enumerate(quarters))
    path.write_text('name = "six"\nbase = "reference"\n' + devices)
    mission = Mission(load_vehicle(path), load_scenario("nadir"), GroundSegment, seed=1)
    mission.advance(60.0)
    assert not mission.flight.pool["executive.exceptions"].any()
    truth = mission.world.truth
    seen = [k for k in range(6) if mission.world.device_truth[f"dss_{k}"]["in_view"]]
    assert truth["sunlit"] == 1.0 and seen
    sensor = mission.world.devices[f"dss_{seen[0]}"]
    assert sensor.read(truth)[2]
    blind = mission.inject(f"dss_{seen[0]}", "blind")
    assert sensor.read(truth) == NOTHING
    mission.clear(blind)
    assert sensor.read(truth)[2]
