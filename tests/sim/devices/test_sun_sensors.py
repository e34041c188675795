"""Coarse Sun sensors: cosine law, field of view, eclipse, albedo, noise and counts."""

import math

import numpy as np
import pytest

from hal.vehicle.load import load_vehicle
from sim.devices.coarse_sun_sensors._sun_sensors import SunSensors

SPECS = load_vehicle().units("coarse_sun_sensors")
LSB = SPECS[0].count
EARTH_RADIUS_M = 6371000.0


def currents(device, truth):
    return np.array(device.read(truth)) * LSB


def facing(helpers, sun_b, **values):
    """A truth at identity attitude with the Sun along `sun_b` (so sun_i is the same)."""
    sun_b = np.asarray(sun_b, float) / np.linalg.norm(sun_b)
    return helpers.truth(sun_b=sun_b, sun_i=sun_b, **values)


def test_cosine_law_on_every_cell(helpers):
    device = SunSensors(SPECS, 1, helpers.only(SunSensors))
    rng = np.random.default_rng(1)
    for direction in rng.standard_normal((200, 3)):
        sun_b = direction / np.linalg.norm(direction)
        cosines = np.array([np.dot(s.normal_b, sun_b) for s in SPECS])
        expected = np.where(cosines > math.cos(SPECS[0].half_angle_rad), cosines, 0.0)
        np.testing.assert_allclose(currents(device, facing(helpers, sun_b)), expected, atol=0.5001 * LSB)


def test_nothing_beyond_the_half_angle(helpers):
    device = SunSensors(SPECS, 1, helpers.only(SunSensors))
    half = SPECS[0].half_angle_rad
    for angle, seen in ((half - 1e-3, True), (half + 1e-3, False)):
        reading = currents(device, facing(helpers, [math.cos(angle), math.sin(angle), 0.0]))
        assert bool(reading[0] > 0.0) is seen


def test_light_follows_eclipse_and_distance(helpers):
    device = SunSensors(SPECS, 1, helpers.only(SunSensors))
    au = 149597870700.0
    full = currents(device, facing(helpers, [1, 0, 0]))[0]
    assert full == pytest.approx(1.0, abs=LSB)
    assert currents(device, facing(helpers, [1, 0, 0], sunlit=0.25))[0] == pytest.approx(0.25, abs=LSB)
    assert currents(device, facing(helpers, [1, 0, 0], sunlit=0.0))[0] == 0.0
    perihelion = currents(device, facing(helpers, [1, 0, 0], sun_distance_m=0.9833 * au))[0]
    assert perihelion == pytest.approx(0.9833**-2, abs=LSB)


def test_noise_has_the_declared_sigma(helpers):
    """On the lit cell; a dark cell reads noise clipped at zero: half a normal distribution."""
    device = SunSensors(SPECS, 3, helpers.only(SunSensors, "noise"))
    truth = facing(helpers, [1, 0, 0])
    values = np.array([currents(device, truth) for _ in range(10000)])
    variance = SPECS[0].noise ** 2 + LSB**2 / 12
    assert np.var(values[:, 0]) / variance == pytest.approx(1.0, abs=5 * math.sqrt(2 / 10000))
    assert np.mean(values[:, 1]) == pytest.approx(SPECS[1].noise / math.sqrt(2 * math.pi), rel=0.05)


def lambert_earth(pos_i, sun_i, normal, cos_half_angle, reflectivity=0.30):
    """Independent: irradiance on a plate from a sunlit Lambert sphere, integrated over its surface."""
    r = np.linalg.norm(pos_i)
    n = 240
    colatitude = (np.arange(n) + 0.5) / n * math.acos(EARTH_RADIUS_M / r)
    azimuth = (np.arange(2 * n) + 0.5) / (2 * n) * 2 * math.pi
    c, a = np.meshgrid(colatitude, azimuth, indexing="ij")
    up = pos_i / r
    east = np.cross([0.3, 0.4, 0.86], up)
    east /= np.linalg.norm(east)
    north = np.cross(up, east)
    ground = (np.cos(c)[..., None] * up + np.sin(c)[..., None]
              * (np.cos(a)[..., None] * east + np.sin(a)[..., None] * north))  # fmt: skip
    area = EARTH_RADIUS_M**2 * np.sin(c) * colatitude[0] * 2 * (2 * math.pi / (2 * n))
    sight = pos_i - EARTH_RADIUS_M * ground
    distance = np.linalg.norm(sight, axis=-1)
    emission = np.sum(sight * ground, axis=-1) / distance
    incidence = -(sight @ normal) / distance
    incidence = np.where(incidence > cos_half_angle, incidence, 0.0)
    sunshine = np.clip(ground @ sun_i, 0.0, None)
    return float(np.sum(reflectivity / math.pi * sunshine * emission * incidence * area / distance**2))


@pytest.mark.parametrize("zenith_deg", [0.0, 40.0, 75.0, 95.0])
def test_albedo_is_a_sunlit_lambert_sphere(helpers, zenith_deg):
    zenith = math.radians(zenith_deg)
    sun_i = np.array([math.cos(zenith), 0.6 * math.sin(zenith), 0.8 * math.sin(zenith)])
    q_bi = helpers.about([0.2, -0.5, 0.7], 0.9)
    c_bi = helpers.frame_rotation(q_bi)
    pos_i = np.array([6878137.0, 0.0, 0.0])
    truth = helpers.truth(q_bi=q_bi, sun_i=sun_i, sun_b=c_bi @ sun_i, sunlit=0.0, pos_i_m=pos_i)
    with_albedo = currents(SunSensors(SPECS, 1, helpers.only(SunSensors, "albedo")), truth)
    for k, spec in enumerate(SPECS):
        expected = lambert_earth(pos_i, sun_i, c_bi.T @ np.array(spec.normal_b), math.cos(spec.half_angle_rad))
        assert with_albedo[k] == pytest.approx(expected, abs=0.006)
    assert zenith_deg > 90 or with_albedo.max() > 0.05


def test_albedo_follows_the_attitude_at_once(helpers):
    """Patches are kept for a second in inertial axes; a turn within that second moves the light to another cell."""
    device = SunSensors(SPECS, 1, helpers.only(SunSensors, "albedo"))
    before = currents(device, helpers.truth(sunlit=0.0))
    after = currents(device, helpers.truth(sunlit=0.0, t_ns=10**8, q_bi=helpers.about([0, 0, 1], math.pi)))
    assert before[1] > 0.15  # the -x cell faces the Earth
    assert after[0] == pytest.approx(before[1], abs=LSB)


def test_a_cell_never_reads_negative_or_beyond_its_counter(helpers):
    device = SunSensors(SPECS, 5)
    for k in range(500):
        counts = device.read(facing(helpers, [1, 1, 1], sun_distance_m=1e9, t_ns=k * 10**8))
        assert all(0 <= c <= 65535 for c in counts)
    assert counts[0] == 65535
