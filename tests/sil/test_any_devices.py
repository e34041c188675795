"""Flight with whatever devices there are: it flies, and what is not there is absent, not silent (ADR 21)."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from fsw.autonomy.requests import Refusal
from fsw.autonomy.transitions import possible_modes
from fsw.guidance.modes import AdcsMode, SystemMode
from fsw.health.devices import Device, Exclusion
from ground.link.segment import GroundSegment
from hal.schema import SchemaError, to_table
from hal.vehicle.capabilities import lacking
from hal.vehicle.functions import Function
from hal.vehicle.load import load_vehicle, vehicle_from_table, vehicle_warnings
from sim.mission import Mission
from sim.scenario.scenario import load_scenario

REFERENCE = load_vehicle()
DEVICES = tuple(d.name for d in REFERENCE.devices)
MOST = {"wheels": 8, "torquers": 6, "sun_sensors": 12}  # units that a board takes
TUMBLING = (AdcsMode.DETUMBLE,)
POINTING = (AdcsMode.DETUMBLE, AdcsMode.SUN_POINTING, AdcsMode.INERTIAL, AdcsMode.NADIR, AdcsMode.TARGET)


def vehicle(tmp_path, absent=(), units=()):
    """The reference vehicle without some devices, and with so many units in some arrays."""
    text = "".join(f'[[device]]\nname = "{name}"\nremove = true\n' for name in absent)
    path = tmp_path / "some.toml"
    path.write_text(f'base = "reference"\nname = "some"\n{text}')
    found = load_vehicle(path)
    for name, count in dict(units).items():
        if name not in absent:
            found = found.changed(name, units=(2 * found.device(name).units)[:count])
    return vehicle_from_table(to_table(found), "some.toml")


def fly(vehicle, seconds, scenario="nadir"):
    """A flight of so many seconds, and the events that it raised."""
    plan = load_scenario(scenario)
    initial = dataclasses.replace(plan.initial, wheel_speed_radps=())
    mission = Mission(vehicle, dataclasses.replace(plan, initial=initial), GroundSegment, duration_s=seconds)
    mission.advance(seconds)
    return mission


CASES = {
    "no star tracker, three wheels": (("star_tracker",), {"wheels": 3}, POINTING),
    "no wheels": (("wheels",), {}, TUMBLING),
    "no gyro": (("gyro",), {}, POINTING),
    "no GNSS": (("gnss",), {}, POINTING),
    "no EPS board": (("power",), {}, POINTING),
    "one torquer": ((), {"torquers": 1}, POINTING),
    "no Sun sensors": (("sun_sensors",), {}, POINTING),
    "no magnetometer": (("magnetometer",), {}, POINTING[1:]),
    "two wheels": ((), {"wheels": 2}, TUMBLING),
    "magnetometer and torquers alone": (
        ("gyro", "sun_sensors", "wheels", "star_tracker", "gnss", "power"), {}, TUMBLING
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_a_satellite_without_a_device_flies_and_does_not_miss_it(tmp_path, case):
    absent, units, modes = CASES[case]
    some = vehicle(tmp_path, absent, units)
    assert possible_modes(some) == {AdcsMode.IDLE, *modes}
    mission = fly(some, 60.0)
    pool = mission.flight.pool
    assert mission.raised() == ()
    assert pool["mode.system"] == SystemMode.NOMINAL
    assert pool["autonomy.modes_possible"] == 1 + sum(1 << mode for mode in modes)
    assert not pool["fdir.exclusions"].any()
    assert not pool["fdir.kept"].any()
    assert not [p.name for p in pool.parameters() for name in absent if f".{name}." in p.name]


def test_what_is_not_possible_is_said_at_load_and_refused_in_flight(tmp_path):
    some = vehicle(tmp_path, ("wheels",))
    (line,) = [line for line in vehicle_warnings(some, "some.toml") if "not possible" in line]
    assert line == (
        "some.toml: device: found no three wheels whose axes span space, expected them for SUN_POINTING, INERTIAL, "
        "NADIR, TARGET: not possible without"
    )
    bare = vehicle(tmp_path, ("wheels", "star_tracker", "sun_sensors"))
    (line,) = [line for line in vehicle_warnings(bare, "some.toml") if "INERTIAL" in line]
    assert "found no three wheels whose axes span space, no star tracker or magnetometer with Sun sensors, exp" in line
    assert vehicle_warnings(REFERENCE, "reference") == ()
    flight = fly(some, 15.0).flight
    assert flight.modes.request(Function.SUN_POINTING).reason is Refusal.NOT_POSSIBLE
    assert flight.modes.request(Function.IDLE).accepted


def test_monitors_of_a_device_go_with_it(tmp_path):
    some = vehicle(tmp_path, ("star_tracker", "power"))
    looked_at = {m.parameter for m in some.monitor} | {m.when for m in some.monitor}
    assert not [p for p in looked_at if p and (".star_tracker" in p or ".power." in p)]
    kept = {m.name for m in some.monitor}
    assert {"excessive_rate", "gnss_silent", "wheel_momentum"} <= kept
    own = '[[device]]\nname = "gnss"\nremove = true\n[[monitor]]\nname = "gnss_silent"\nhold_s = 30.0\n'
    path = tmp_path / "own.toml"
    path.write_text(f'base = "reference"\nname = "own"\n{own}')
    with pytest.raises(SchemaError, match=r"monitor gnss_silent: parameter: found 'samples\.gnss_health"):
        fly(load_vehicle(path), 1.0)


SECOND = """
base = "reference"
name = "two"
[[device]]
kind = "star_tracker"
name = "second"
link = "sim://second"
q_sb = [0.7071067811865476, 0.0, 0.0, 0.7071067811865476]
rate_hz = 2
noise_cross_rad = 1.0e-4
noise_roll_rad = 6.0e-4
misalignment_sigma_rad = 2.5e-5
rate_limit_radps = 0.02618
sun_exclusion_rad = 0.6
earth_exclusion_rad = 0.3
latency_s = 0.3
"""


@pytest.fixture
def two_trackers(tmp_path):
    path = tmp_path / "two.toml"
    path.write_text(SECOND)
    return load_vehicle(path)


def flown_to_fine_knowledge(two_trackers):
    mission = fly(two_trackers, 300.0)
    pool = mission.flight.pool
    assert pool["samples.second_health.frames_ok"] > 400
    assert (pool["body.str_source"], pool["attitude.valid"]) == (0, 1)
    return mission, pool


def knowledge_rad(mission):
    """The angle between the estimate and the truth."""
    x = np.abs(np.dot(mission.flight.pool["attitude.q_bi"], mission.world.truth["q_bi"]))
    return 2.0 * float(np.arccos(min(1.0, x)))


@pytest.mark.parametrize("how", ["dead", "excluded"])
def test_the_second_star_tracker_takes_over(two_trackers, how):
    """When the first sees nothing, or is excluded; the attitude stays as fine as a star tracker makes it."""
    mission, pool = flown_to_fine_knowledge(two_trackers)
    if how == "dead":
        mission.inject("star_tracker", "dead")
    else:
        mission.flight.exclusions.exclude(Device.STAR_TRACKER, Exclusion.GROUND)
    accepted = pool["attitude.str_accepted"]
    mission.advance(300.0)
    assert pool["body.str_source"] == 1
    assert pool["attitude.str_accepted"] > accepted + 300
    assert pool["attitude.str_age_s"] < 2.0
    assert knowledge_rad(mission) < 1e-3
    assert pool["attitude.initialisations"] == 1
    assert not pool["fdir.excluded"][Device.STAR_TRACKER_1]
    assert mission.raised() == ()


def test_one_star_tracker_stands_in_for_the_other(two_trackers):
    mission, pool = flown_to_fine_knowledge(two_trackers)
    exclusions = mission.flight.exclusions
    assert {Device.STAR_TRACKER, Device.STAR_TRACKER_1} <= exclusions.devices
    for device in (Device.GYRO, Device.MAGNETOMETER):
        exclusions.exclude(device, Exclusion.GROUND)
    assert exclusions.exclude(Device.STAR_TRACKER, Exclusion.MONITOR)
    assert not exclusions.exclude(Device.STAR_TRACKER_1, Exclusion.MONITOR)  # nothing else tells the attitude
    assert pool["fdir.kept"][Device.STAR_TRACKER_1]


def second(kind, name, **changes):
    """The text of one more device like the reference vehicle's of that kind."""
    keys = {k: v for k, v in to_table(REFERENCE.device(kind)).items() if k != "name"} | changes
    return f'[[device]]\nname = "{name}"\n' + "".join(f"{k} = {v!r}\n" for k, v in keys.items())


def test_two_gyros_and_two_magnetometers_on_a_board_fly(tmp_path):
    """Each has its own stream of errors, its sample and its counts on the wire; flight uses the first of each."""
    path = tmp_path / "twice.toml"
    more = second("gyro", "gyro_2") + second("magnetometer", "magnetometer_2")
    path.write_text(f'base = "reference"\nname = "twice"\n{more}')
    pool = fly(load_vehicle(path), 60.0).flight.pool
    for name, field in (("gyro", "dtheta_s_rad"), ("magnetometer", "mag_s_tesla")):
        one, other = pool[f"samples.{name}.{field}"], pool[f"samples.{name}_2.{field}"]
        assert pool[f"samples.{name}.valid"] == pool[f"samples.{name}_2.valid"] == 1
        assert (one != other).all()
        assert np.abs(one - other).max() < 1e-2 * max(1e-2, np.abs(one).max())


def test_as_many_as_a_board_takes_fly(tmp_path):
    """Eight wheels about different axes, six torquers, twelve cells: each has its place; flight points with them."""
    table = to_table(REFERENCE)
    for name, most in MOST.items():
        device = next(d for d in table["device"] if d["name"] == name)
        device["unit"] = [dict(device["unit"][k % len(device["unit"])]) for k in range(most)]
    wheels = next(d for d in table["device"] if d["name"] == "wheels")["unit"]
    for k, wheel in enumerate(wheels):
        axis = np.array([np.cos(0.8 * k), np.sin(0.8 * k), 0.7 * (-1) ** (k // 2)])
        wheel["axis_b"] = (axis / np.linalg.norm(axis)).tolist()
    big = vehicle_from_table(table, "big.toml")
    mission = fly(big, 1500.0)
    pool = mission.flight.pool
    assert not pool["executive.exceptions"].any()
    assert not pool["fdir.excluded"].any()
    assert (pool["samples.wheels.speed_radps"].size, pool["samples.torquers.dipole_am2"].size) == (8, 6)
    assert np.count_nonzero(pool["samples.wheels.speed_radps"]) == 8
    assert pool["mode.system"] == SystemMode.NOMINAL
    assert np.linalg.norm(mission.world.truth["rate_bi_b_radps"]) < np.radians(0.5)


# Which devices are not there, how many units arrays have, and the order of the list.
LISTS = st.tuples(
    st.sets(st.sampled_from(DEVICES)),
    st.fixed_dictionaries({name: st.integers(1, most) for name, most in MOST.items()}),
    st.permutations(range(len(DEVICES))),
)


def loads_or_flies(some, seconds):
    """Load a vehicle and fly it; return whether it was refused or flew, of which all is checked here."""
    try:
        again = vehicle_from_table(to_table(some), "drawn.toml")
    except SchemaError as error:
        assert str(error).startswith("drawn.toml: ")
        assert str(error).isprintable()
        return "refused"
    mission = fly(again, seconds)
    assert mission.raised() == ()
    possible = possible_modes(again)
    assert mission.flight.pool["mode.adcs"] in possible | {AdcsMode.DETUMBLE}
    assert {AdcsMode[name] for name in lacking(again)} == set(AdcsMode) - possible
    return "flew"


def drawn(absent, units, order):
    devices = [REFERENCE.devices[k] for k in order]
    devices = [dataclasses.replace(d, units=d.units[: units[d.name]]) if d.name in units else d for d in devices]
    some = dataclasses.replace(REFERENCE, devices=tuple(d for d in devices if d.name not in absent))
    gone = {*absent, *(f"{b}_health" for b in ("adcs", "eps") if b not in some.boards_in_use)}
    left = [m for m in REFERENCE.monitor if not any(f"samples.{n}" in f"{m.parameter} {m.when}" for n in gone)]
    claims = [r for r in REFERENCE.requirement if not any(f".{n}" in f"{r.measure} {r.when}" for n in absent)]
    return dataclasses.replace(some, monitor=tuple(left), requirement=tuple(claims))


def expected(some):
    """Nothing is refused but Sun sensors of which none sees the axis that is to point to the Sun."""
    cells = some.units("coarse_sun_sensors")
    seen = [np.dot(cell.normal_b, some.pointing.sun_axis_b) > np.cos(cell.half_angle_rad) for cell in cells]
    return "refused" if cells and not any(seen) else "flew"


DRAWN = settings(deadline=None, phases=(Phase.generate,), suppress_health_check=[HealthCheck.function_scoped_fixture])


@given(LISTS)
@settings(DRAWN, max_examples=12)
def test_any_list_of_devices_is_refused_in_one_line_or_flies(choice):
    some = drawn(*choice)
    assert loads_or_flies(some, 20.0) == expected(some)


@pytest.mark.proof
@given(LISTS)
@settings(DRAWN, max_examples=2000)
def test_many_lists_of_devices_are_refused_in_one_line_or_fly(choice):
    some = drawn(*choice)
    assert loads_or_flies(some, 60.0) == expected(some)
