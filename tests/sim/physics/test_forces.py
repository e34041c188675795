"""Each force and torque against its own hand case; signs by what the thing physically does."""

import numpy as np
import pytest

from sim.physics.actuation import Action
from sim.physics.constants import EARTH_RATE_RADPS, GM_EARTH_M3PS2
from sim.physics.timescales import NS

PRESSURE = 1361.0 / 299792458.0
TINY_WHEELS = [{"inertia_kgm2": 1e-12}] * 3


def towards(direction, axis=(1.0, 0.0, 0.0)):
    """A q_bi (scalar last) that shows `axis` (body) the inertial `direction`: SciPy's, conjugate convention."""
    from scipy.spatial.transform import Rotation

    rotation, _ = Rotation.align_vectors([axis], [direction])
    return rotation.inv().as_quat()


# ---- drag


def relative_wind(physics):
    """Velocity of the satellite through the rotating air, GCRF."""
    truth = physics.truth
    pole = physics.environment.at(int(truth["t_tai_ns"]), truth["pos_i_m"].copy())["pole_i"]
    return truth["vel_i_mps"] - EARTH_RATE_RADPS * np.cross(pole, truth["pos_i_m"])


def test_drag_opposes_the_motion_through_the_air(one_plate, quiet, started, orbit):
    wind = relative_wind(started(one_plate([1, 0, 0]), quiet()))
    craft = one_plate([1.0, 0.0, 0.0], area_m2=2.0, drag_coefficient=2.3)
    physics = started(craft, quiet(drag=True), q_bi=towards(wind))
    expected = -0.5 * physics.truth["density_kgpm3"] * 2.3 * 2.0 * np.linalg.norm(wind) * wind
    np.testing.assert_allclose(physics.truth["force_drag_i_n"], expected, rtol=1e-9, atol=1e-18)
    assert np.linalg.norm(wind - orbit[1]) == pytest.approx(502, abs=3)  # the air turns with the Earth
    away = started(craft, quiet(drag=True), q_bi=towards(-wind))
    np.testing.assert_array_equal(away.truth["force_drag_i_n"], 0.0)  # a plate in the lee
    slant = started(craft, quiet(drag=True), q_bi=towards(wind, axis=(0.5, np.sqrt(0.75), 0)))
    np.testing.assert_allclose(slant.truth["force_drag_i_n"], 0.5 * expected, rtol=1e-9, atol=1e-18)


def test_drag_turns_the_nose_away_from_a_plate_off_to_the_side(one_plate, quiet, started):
    """A plate at +y, facing the motion along +x, is held back: the body yaws about +z, like an oar in water."""
    wind = relative_wind(started(one_plate([1, 0, 0]), quiet()))
    craft = one_plate([1.0, 0.0, 0.0], center_b_m=(0.0, 0.4, 0.0))
    physics = started(craft, quiet(drag=True), q_bi=towards(wind))
    size = np.linalg.norm(physics.truth["force_drag_i_n"])
    np.testing.assert_allclose(physics.truth["torque_drag_b_nm"], [0, 0, 0.4 * size], atol=1e-9 * size)
    rate = physics.coast(1.0)["rate_bi_b_radps"]
    assert rate[2] == pytest.approx(0.4 * size / 0.06, rel=1e-3)


def test_drag_takes_the_energy_it_works_off(one_plate, quiet, started, orbit):
    craft = one_plate([1.0, 0.0, 0.0], mass_kg=2.0)
    physics = started(
        craft,
        quiet(
            drag=True,
        ),
        q_bi=towards(orbit[1]),
    )

    def energy():
        pos, vel = physics.truth["pos_i_m"], physics.truth["vel_i_mps"]
        return 0.5 * vel @ vel - GM_EARTH_M3PS2 / np.linalg.norm(pos)

    start, work = energy(), 0.0
    for _ in range(50):
        physics.coast(1.0)
        work += physics.truth["force_drag_i_n"] @ physics.truth["vel_i_mps"] / 2.0
    assert energy() - start == pytest.approx(work, rel=5e-3)
    assert work < 0


def test_density_scales_the_drag(one_plate, quiet, started, orbit):
    forces = [
        started(one_plate([1, 0, 0]), quiet(drag=True, density_scale=k), q_bi=towards(orbit[1])).truth["force_drag_i_n"]
        for k in (1.0, 3.0)
    ]
    np.testing.assert_allclose(forces[1], 3 * forces[0], atol=1e-18)


# ---- solar pressure


@pytest.mark.parametrize(
    ("specular", "diffuse", "factor"), [(0, 0, 1.0), (1, 0, 2.0), (0, 1, 1 + 2 / 3), (0.3, 0.2, 1.3 + 0.4 / 3)]
)
def test_light_pushes_a_plate_away_from_the_sun(one_plate, quiet, started, specular, diffuse, factor):
    sun = started(one_plate([1, 0, 0]), quiet()).truth["sun_i"].copy()
    craft = one_plate([1.0, 0, 0], area_m2=0.5, specular=specular, diffuse=diffuse)
    physics = started(craft, quiet(solar_pressure=True), q_bi=towards(sun))
    au = 149597870700.0 / physics.truth["sun_distance_m"]
    np.testing.assert_allclose(physics.truth["force_solar_i_n"], -factor * PRESSURE * au**2 * 0.5 * sun, rtol=1e-9)
    dark = started(craft, quiet(solar_pressure=True), q_bi=towards(-sun))
    np.testing.assert_array_equal(dark.truth["force_solar_i_n"], 0.0)


def test_a_slanted_mirror_is_pushed_along_its_normal(one_plate, quiet, started, dcm):
    sun = started(one_plate([1, 0, 0]), quiet()).truth["sun_i"].copy()
    q = towards(sun, axis=(0.6, 0.8, 0.0))
    craft = one_plate([1.0, 0, 0], specular=1.0, center_b_m=(0.0, 0.0, 0.2))
    physics = started(craft, quiet(solar_pressure=True), q_bi=q)
    force_b = dcm(q) @ physics.truth["force_solar_i_n"]
    au = 149597870700.0 / physics.truth["sun_distance_m"]
    expected = np.array([-2 * PRESSURE * au**2 * 0.36, 0, 0])
    np.testing.assert_allclose(force_b, expected, atol=1e-14)
    np.testing.assert_allclose(physics.truth["torque_solar_b_nm"], [0, 0.2 * expected[0], 0], atol=1e-14)


def test_an_absorber_is_pushed_by_the_photons_momentum(one_plate, quiet, started, dcm):
    """All momentum along the beam, also at a slant; nothing in umbra, unless eclipses are off."""
    sun = started(one_plate([1, 0, 0]), quiet()).truth["sun_i"].copy()
    physics = started(one_plate([1.0, 0, 0]), quiet(solar_pressure=True), q_bi=towards(sun, axis=(0.6, 0.8, 0.0)))
    au = 149597870700.0 / physics.truth["sun_distance_m"]
    np.testing.assert_allclose(physics.truth["force_solar_i_n"], -PRESSURE * au**2 * 0.6 * sun, rtol=1e-9)
    shadow = (-7e6 * sun, np.cross(sun, [0, 0, 7.5e3]))
    for eclipse, lit in ((True, 0.0), (False, 1.0)):
        night = started(one_plate([1, 0, 0]), quiet(solar_pressure=True, eclipse=eclipse), towards(sun), state=shadow)
        assert night.truth["sunlit"] == lit
        assert (np.linalg.norm(night.truth["force_solar_i_n"]) > 0) == (lit > 0)


# ---- gravity gradient


def test_gravity_gradient_is_the_pull_on_the_parts(rebuilt, quiet, started, dcm, orbit):
    """Six points on the axes: torque = sum of arm x inverse-square pull."""
    arms = np.array([[1.2, 0, 0], [0, 0.7, 0], [0, 0, 0.4]])
    arms = np.vstack([arms, -arms])
    inertia = sum(a @ a * np.eye(3) - np.outer(a, a) for a in arms) * 1.5
    craft = rebuilt(wheels=TINY_WHEELS, inertia_b_kgm2=inertia.tolist())
    q = np.array([0.3, -0.2, 0.5, 0.79])
    physics = started(craft, quiet(gravity_gradient=True), q_bi=q)
    c_bi = dcm(q)
    centre = c_bi @ orbit[0]
    torque = np.zeros(3)
    for arm in arms:
        # the pull less that at the centre, expanded so that it does not cancel in double precision
        r2, e = centre @ centre, 2 * centre @ arm + arm @ arm
        factor = -GM_EARTH_M3PS2 / r2**1.5 * np.expm1(-1.5 * np.log1p(e / r2))
        torque += 1.5 * np.cross(arm, factor * centre)
    np.testing.assert_allclose(physics.truth["torque_gravity_b_nm"], torque, rtol=1e-5)


def test_gravity_gradient_swings_the_long_axis_to_the_vertical(rebuilt, quiet, started, orbit):
    """A dumbbell along z, tilted by 0.1 rad from the vertical, is pulled back."""
    craft = rebuilt(wheels=TINY_WHEELS, inertia_b_kgm2=np.diag([1.0, 1.0, 0.1]).tolist())
    up = orbit[0] / np.linalg.norm(orbit[0])
    tilt = np.array([np.sin(0.1), 0.0, np.cos(0.1)])  # the vertical leans to +x of the body
    physics = started(craft, quiet(gravity_gradient=True), q_bi=towards(up, axis=tilt))
    n2 = GM_EARTH_M3PS2 / np.linalg.norm(orbit[0]) ** 3
    torque = physics.truth["torque_gravity_b_nm"]
    # +z must turn towards +x: about +y
    np.testing.assert_allclose(torque, [0, 3 * n2 * 0.9 * np.sin(0.1) * np.cos(0.1), 0], atol=1e-12)
    assert physics.coast(5)["rate_bi_b_radps"][1] > 0


# ---- magnetic


def test_a_dipole_turns_into_the_field_like_a_compass_needle(rebuilt, quiet, started):
    craft = rebuilt(residual_dipole_b_am2=(0.0, 0.0, 0.8))
    physics = started(craft, quiet(magnetic_field=True, residual_dipole=True), q_bi=[0.2, 0.1, -0.4, 0.88])
    truth = physics.truth
    mag = truth["mag_b_tesla"].copy()
    np.testing.assert_allclose(truth["torque_residual_b_nm"], [-0.8 * mag[1], 0.8 * mag[0], 0], rtol=1e-12)
    before = mag[2] / np.linalg.norm(mag)
    physics.coast(20)
    assert truth["mag_b_tesla"][2] / np.linalg.norm(truth["mag_b_tesla"]) > before


def test_torquers_act_only_while_driven(rebuilt, quiet, started):
    """70 ms of 0.1 A m^2 change the angular momentum by 70 ms of m x B."""
    craft = rebuilt(wheels=TINY_WHEELS)
    physics = started(craft, quiet(magnetic_field=True, torquers=True), q_bi=[0.2, 0.1, -0.4, 0.88])
    mag, dipole = physics.truth["mag_b_tesla"].copy(), np.array([0.1, -0.05, 0.02])
    physics.advance(100_000_000, [Action(0, 70_000_000, dipole_b_am2=dipole)])
    expected = 0.07 * np.cross(dipole, mag)
    np.testing.assert_allclose(physics.truth["momentum_b_nms"], expected, rtol=1e-3)
    np.testing.assert_allclose(physics.truth["dipole_b_am2"], 0.7 * dipole)
    np.testing.assert_allclose(physics.truth["torque_torquer_b_nm"], expected / 0.1, rtol=1e-3)


def test_the_field_in_body_axes_is_the_field(vehicle, quiet, started, dcm, epoch):
    q = np.array([0.2, 0.1, -0.4, 0.88])
    physics = started(vehicle, quiet(magnetic_field=True), q_bi=q)
    truth = physics.truth
    field_e = physics.environment.mag_e_tesla(epoch, truth["pos_e_m"].copy())
    np.testing.assert_allclose(dcm(truth["q_ei"]) @ truth["mag_i_tesla"], field_e, rtol=1e-12)
    np.testing.assert_allclose(dcm(q) @ truth["mag_i_tesla"], truth["mag_b_tesla"], rtol=1e-12)
    np.testing.assert_allclose(dcm(q) @ truth["sun_i"], truth["sun_b"], rtol=1e-12)


# ---- switches


@pytest.mark.parametrize(("switch", "fields"), [
    ("drag", ("force_drag_i_n", "torque_drag_b_nm")),
    ("solar_pressure", ("force_solar_i_n", "torque_solar_b_nm")),
    ("gravity_gradient", ("torque_gravity_b_nm",)),
    ("residual_dipole", ("torque_residual_b_nm",)),
    ("torquers", ("torque_torquer_b_nm",)),
    ("sun_gravity", ("accel_third_body_i_mps2",)),
    ("moon_gravity", ("accel_third_body_i_mps2",)),
    ("wheel_friction", ("wheel_friction_nm",)),
])  # fmt: skip
def test_every_switch_adds_its_effect_and_nothing_else(vehicle, quiet, started, switch, fields):
    driven = [Action(0, NS // 10, dipole_b_am2=(0.1, 0.1, 0.1))]
    off, on = (
        started(vehicle, options, rate=(0.01, 0.02, 0.03), speeds=[100.0] * 4).advance(NS // 10, driven)
        for options in (quiet(magnetic_field=True), quiet(**{"magnetic_field": True, switch: True}))
    )
    for name in on.dtype.names:
        if name in fields:
            assert np.any(off[name] == 0) and np.any(on[name] != 0)
        elif name.startswith(("torque_", "force_", "accel_third")) and name != "torque_wheel_b_nm":
            np.testing.assert_array_equal(on[name], 0.0)
