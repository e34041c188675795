"""Faults of devices, each on the truth side: what it asks for is what the device does, and no more."""

import numpy as np
import pytest

NS_TICK = 100_000_000


@pytest.fixture
def flying(new_mission):
    """A flight of five seconds and what the tests look at."""
    mission = new_mission(seed=2)
    mission.advance(5.0)
    return mission


def run(mission, read, seconds=10.0):
    """Fly on; `read()` after every tick, as an array."""
    out = []
    for _ in range(round(seconds * 10)):
        mission.advance(0.1)
        out.append(np.array(read(), dtype=float))
    return np.array(out)


def sample(mission, name):
    return lambda: mission.flight.pool[f"samples.{name}"]


SENSORS = {
    "gyro": ("gyro.dtheta_s_rad", "bias_radps", 0.01, 0.001, 1e-6),  # an increment of 0.1 s; noise of one sample
    "magnetometer": ("magnetometer.mag_s_tesla", "bias_tesla", 2e-5, 2e-5, 1e-12),
}


@pytest.mark.parametrize("target", SENSORS)
def test_a_bias_is_added_to_one_axis_and_to_no_other(new_mission, target):
    """Against the same flight without the fault, before flight has answered to it: one sample later."""
    parameter, name, bias, expected, tolerance = SENSORS[target]
    plain, faulty = new_mission(seed=2), new_mission(seed=2)
    for mission in (plain, faulty):
        mission.advance(5.0)
    faulty.inject(target, "biased", axis=1, **{name: bias})
    for mission in (plain, faulty):
        mission.advance(0.1)
    difference = sample(faulty, parameter)() - sample(plain, parameter)()
    assert difference == pytest.approx([0.0, expected, 0.0], abs=tolerance + 1e-7 * (target == "gyro") + 5e-9)


@pytest.mark.parametrize(
    ("target", "parameter", "noise", "unit"),
    [
        ("gyro", "gyro.dtheta_s_rad", {"noise_radps": 0.02}, 0.1),
        ("magnetometer", "magnetometer.mag_s_tesla", {"noise_tesla": 1e-6}, 1.0),
    ],
)
def test_noise_has_its_standard_deviation_and_is_white(flying, target, parameter, noise, unit):
    """Differences of samples: the slow truth drops out; chi-square within five standard deviations."""
    flying.inject(target, "noisy", **noise)
    values = run(flying, sample(flying, parameter), 60.0) / unit
    (sigma,) = noise.values()
    second = np.diff(values, 2, axis=0)  # of white noise: variance 6
    n = second.size
    assert (second**2).sum() / (6 * sigma**2) / n == pytest.approx(1.0, abs=5 * (2 * 1.95 / n) ** 0.5 + 0.05)


@pytest.mark.parametrize(
    ("target", "parameter"),
    [
        ("gyro", "gyro.dtheta_s_rad"),
        ("magnetometer", "magnetometer.mag_s_tesla"),
        ("sun_sensors", "sun_sensors.ratio"),
        ("wheels", "wheels.speed_radps"),
    ],
)
def test_what_is_stuck_never_changes_and_goes_on_afterwards(flying, target, parameter):
    wheels = target == "wheels"
    values = sample(flying, parameter)
    which = 2 if wheels else slice(None)
    fault = flying.inject(target, "tachometer_stuck", unit=2) if wheels else flying.inject(target, "stuck")
    stuck = run(flying, lambda: values()[which])
    assert (stuck == stuck[0]).all()
    flying.clear(fault)
    free = run(flying, lambda: values()[which])
    assert not (free == stuck[0]).all()


def test_one_axis_can_be_stuck_alone(flying):
    flying.inject("magnetometer", "stuck", axis=0)
    field = run(flying, sample(flying, "magnetometer.mag_s_tesla"))
    assert len(set(field[:, 0])) == 1
    assert len(set(field[:, 1])) > 50


@pytest.mark.parametrize(
    ("target", "head"), [("gyro", "gyro"), ("magnetometer", "magnetometer"), ("sun_sensors", "sun_sensors")]
)
def test_a_dead_sensor_is_not_valid(flying, target, head):
    fault = flying.inject(target, "dead")
    assert not run(flying, sample(flying, f"{head}.valid"), 1.0).any()
    flying.clear(fault)
    assert run(flying, sample(flying, f"{head}.valid"), 1.0).all()


def test_sensors_that_give_zero_are_valid(flying):
    flying.inject("gyro", "zero", axis=2)
    flying.inject("sun_sensors", "zero", unit=2)
    flying.advance(0.2)
    pool = flying.flight.pool
    assert (pool["samples.gyro.dtheta_s_rad"][2], pool["samples.sun_sensors.ratio"][2]) == (0.0, 0.0)
    assert (pool["samples.gyro.valid"], pool["samples.sun_sensors.valid"]) == (1, 1)
    assert pool["samples.gyro.dtheta_s_rad"][:2].all()


def test_a_cell_is_biased_alone(new_mission):
    plain, faulty = new_mission(), new_mission()
    for mission in (plain, faulty):
        mission.advance(5.0)
    faulty.inject("sun_sensors", "biased", unit=3, bias_share=0.25)
    for mission in (plain, faulty):
        mission.advance(0.1)
    difference = sample(faulty, "sun_sensors.ratio")() - sample(plain, "sun_sensors.ratio")()
    assert difference == pytest.approx([0, 0, 0, 0.25, 0, 0], abs=3e-4)


def reports(mission, seconds):
    """Attitudes that the star tracker reported, and the truth at the same times."""
    measured, true = [], {}
    for _ in range(round(seconds * 10)):
        mission.advance(0.1)
        truth, pool = mission.world.truth, mission.flight.pool
        true[int(truth["t_ns"])] = truth["q_bi"].copy()
        if pool["samples.star_tracker.new"] and pool["samples.star_tracker.valid"]:
            measured.append((int(pool["samples.star_tracker.t_ns"]), pool["samples.star_tracker.q_si"].copy()))
    return [(q, true[t]) for t, q in measured if t in true]


@pytest.fixture
def star_gazing(new_mission):
    """A flight whose star tracker sees stars all the time."""
    mission = new_mission(seed=2)
    mission.world.devices["star_tracker"].switch("exclusion", False)
    mission.advance(5.0)
    return mission


def sensor_errors_rad(mission, pairs):
    """Rotation vectors of reported against true attitudes, sensor axes, by SciPy."""
    from scipy.spatial.transform import Rotation

    q_sb = Rotation.from_quat(mission.world.vehicle.device("star_tracker").q_sb)
    # Shuster's product of conventions is SciPy's in the other order.
    return np.array([(Rotation.from_quat(q_bi) * q_sb).inv() * Rotation.from_quat(q_si) for q_si, q_bi in pairs])


def rotation_vectors(errors):
    return np.array([e.as_rotvec() for e in errors])


def test_a_biased_star_tracker_is_turned_by_so_much(star_gazing):
    star_gazing.inject("star_tracker", "biased", axis=2, bias_rad=0.02)
    errors = rotation_vectors(sensor_errors_rad(star_gazing, reports(star_gazing, 10.0)[2:]))
    assert len(errors) > 40
    assert errors.mean(axis=0) == pytest.approx([0.0, 0.0, 0.02], abs=3e-4)


def test_a_noisy_star_tracker_has_that_noise(star_gazing):
    star_gazing.inject("star_tracker", "noisy", axis=0, noise_rad=0.01)
    errors = rotation_vectors(sensor_errors_rad(star_gazing, reports(star_gazing, 40.0)[2:]))
    assert errors.std(axis=0)[0] == pytest.approx(0.01, rel=0.25)
    assert errors.std(axis=0)[1:].max() < 1e-3


def test_a_stuck_star_tracker_repeats_itself_with_new_times(star_gazing):
    star_gazing.inject("star_tracker", "stuck")
    found = reports(star_gazing, 10.0)[2:]
    assert len(found) > 40
    assert len({tuple(q) for q, _ in found}) == 1
    assert len({tuple(q) for _, q in found}) > 40


def test_a_dead_star_tracker_is_silent(star_gazing):
    star_gazing.inject("star_tracker", "dead")
    star_gazing.advance(1.0)
    assert reports(star_gazing, 20.0) == []
    assert star_gazing.flight.pool["samples.star_tracker_health.silent"] == 1


def positions(mission, seconds):
    """GNSS positions as flight has them, less the truth at about that time; ITRF [m]."""
    out, true = [], {}
    for _ in range(round(seconds * 10)):
        mission.advance(0.1)
        truth, pool = mission.world.truth, mission.flight.pool
        true[int(truth["t_tai_ns"])] = truth["pos_e_m"].copy()
        if pool["samples.gnss.new"]:
            out.append((int(pool["samples.gnss.t_tai_ns"]), pool["samples.gnss.pos_e_m"].copy()))
    return np.array([pos - true[t] for t, pos in out if t in true]), [pos for _, pos in out]


def test_gnss_is_biased_stuck_or_without_a_fix(flying):
    fault = flying.inject("gnss", "biased", axis=0, bias_m=7000.0)
    errors, _ = positions(flying, 41.0)
    assert len(errors) >= 3
    assert errors.mean(axis=0) == pytest.approx([7000.0, 0.0, 0.0], abs=20.0)
    flying.clear(fault)
    fault = flying.inject("gnss", "stuck")
    _, found = positions(flying, 41.0)
    assert len(found) >= 3
    assert np.ptp(np.array(found), axis=0).max() < 0.02  # millimetres of the message's units
    flying.clear(fault)
    flying.inject("gnss", "no_fix")
    flying.advance(21.0)
    assert flying.flight.pool["samples.gnss.valid"] == 0
    assert flying.flight.pool["samples.gnss_health.silent"] == 0


def test_a_dead_wheel_coasts_and_its_tachometer_reads_on(flying):
    flying.inject("wheels", "dead", unit=1)
    flying.advance(0.1)
    torque = run(flying, lambda: flying.world.truth["wheel_torque_nm"], 20.0)
    assert not torque[:, 1].any()
    assert torque[:, 0].any()
    read, true = flying.flight.pool["samples.wheels.speed_radps"][1], flying.world.truth["wheel_speed_radps"][1]
    assert read == pytest.approx(true, abs=0.05)


def test_a_seized_wheel_stops_and_the_body_takes_its_momentum(flying):
    def momentum():
        truth = flying.world.truth
        return truth["momentum_b_nms"].copy()

    flying.advance(55.0)  # the wheels turn the body to the Sun
    before, speed = momentum(), float(flying.world.truth["wheel_speed_radps"][0])
    assert abs(speed) * flying.world.vehicle.units("reaction_wheels")[0].inertia_kgm2 > 1e-4
    flying.inject("wheels", "stuck", unit=0)
    flying.advance(1.0)
    assert np.linalg.norm(momentum()) == pytest.approx(np.linalg.norm(before), abs=2.5e-5)  # torquers: 0.4 A m^2, 60 uT
    speeds = run(flying, lambda: flying.world.truth["wheel_speed_radps"][0], 30.0)
    assert np.abs(speeds).max() < 0.01  # whatever its motor is asked for


def test_friction_is_so_many_times_the_wheels_own(flying):
    wheel = flying.world.vehicle.units("reaction_wheels")[3]
    flying.inject("wheels", "friction", unit=3, factor=10)
    flying.advance(0.2)
    truth = flying.world.truth
    speed = float(truth["wheel_speed_radps"][3])
    own = wheel.friction_coulomb_nm + wheel.friction_viscous_nms * abs(speed)
    width = 2 * 0.1 * 10 * wheel.friction_coulomb_nm / wheel.inertia_kgm2
    share = min(1.0, abs(speed) / width)
    expected = 10 * (own - wheel.friction_coulomb_nm * (1 - share))
    assert abs(truth["wheel_friction_nm"][3]) == pytest.approx(expected, rel=1e-6)


def test_a_wheel_is_biased_and_noisy(flying):
    bias = flying.inject("wheels", "biased", unit=2, bias_nm=3e-4)
    flying.advance(0.2)
    asked = flying.flight.pool["command.actuators.wheel_torque_nm"]
    before = np.array(asked, copy=True)
    flying.advance(0.1)
    assert flying.world.devices["wheels"].torques([0, 0, 0, 0]) == pytest.approx([0.0, 0.0, 3e-4, 0.0])
    assert before.shape == (4,)
    flying.clear(bias)
    flying.inject("wheels", "noisy", unit=2, noise_nm=2e-4)
    drawn = np.array([flying.world.devices["wheels"].torques([0, 0, 0, 0]) for _ in range(400)])
    assert drawn.std(axis=0) == pytest.approx([0.0, 0.0, 2e-4, 0.0], rel=0.2)


def test_torquers_are_dead_stuck_or_biased(flying):
    torquers = flying.world.devices["torquers"]
    count = flying.world.vehicle.device("torquers").units[0].dipole_count_am2
    command = [round(0.2 / count)] * 3
    torquers.switch("residual", False)
    for fault, first in (("dead", 0.0), ("biased", 0.3), ("stuck", 0.2)):
        torquers.command(command)
        injected = flying.inject("torquers", fault, unit=0, **({"bias_am2": 0.1} if fault == "biased" else {}))
        torquers.command([-c for c in command] if fault == "stuck" else command)
        sign = -1.0 if fault == "stuck" else 1.0
        assert torquers.dipole_driven_b_am2 == pytest.approx((first, sign * 0.2, sign * 0.2))
        off = (0.2, 0.0, 0.0) if fault == "stuck" else (0.0, 0.0, 0.0)
        assert torquers.dipole_residual_b_am2 == pytest.approx(off)
        flying.clear(injected)


def test_the_magnetometer_sees_a_stuck_torquer(new_mission):
    """5 uT/(A m^2) along its dipole, while the others are off for the sample."""
    plain, faulty = new_mission(), new_mission()
    for mission in (plain, faulty):
        mission.advance(5.0)
    vehicle = faulty.world.vehicle
    dipole = 0.3
    faulty.world.devices["torquers"].command(
        [round(dipole / vehicle.device("torquers").units[0].dipole_count_am2), 0, 0]
    )
    faulty.inject("torquers", "stuck", unit=0)
    for mission in (plain, faulty):
        mission.advance(0.1)
    difference = np.linalg.norm(
        sample(faulty, "magnetometer.mag_s_tesla")() - sample(plain, "magnetometer.mag_s_tesla")()
    )
    assert difference == pytest.approx(dipole * vehicle.device("magnetometer").torquer_coupling_tesla_per_am2, rel=0.05)


def test_arrays_and_cells_are_lost(flying):
    power = flying.world.devices["power"]
    full, capacity = power.array_power_w, power.capacity_as
    assert full > 5.0
    half = flying.inject("power", "array_loss", share=0.5)
    flying.advance(0.1)
    assert power.array_power_w == pytest.approx(0.5 * full, rel=0.02)
    flying.inject("power", "array_loss")
    flying.inject("power", "battery_loss", share=0.25)
    soc = power.state_of_charge
    flying.advance(0.1)
    assert power.array_power_w == 0.0
    assert power.capacity_as == pytest.approx(0.75 * capacity)
    assert power.state_of_charge == pytest.approx(soc, abs=1e-4)
    flying.clear(half)


def test_the_gauge_reads_wrong_and_the_battery_does_not_mind(flying):
    soc = flying.world.devices["power"].state_of_charge
    before = flying.world.devices["power"].read()["soc_counts"]
    flying.inject("power", "gauge_biased", bias_share=-0.3)
    assert flying.world.devices["power"].read()["soc_counts"] == pytest.approx(before - 3000, abs=1)
    assert flying.world.devices["power"].state_of_charge == soc
