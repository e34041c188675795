"""Planning: events against an independent SGP4 propagation, the target against geometry, dispersions."""

import dataclasses
import math

import erfa
import numpy as np
import pytest
from sgp4.api import Satrec

from hal import tle
from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from sim.scenario.planning import disperse, mission_warnings, plan, turn_node
from sim.scenario.scenario import SCENARIOS, Fault, Outage, Target, Telecommand, load_scenario
from sim.scenario.track import start_physics

VEHICLE = load_vehicle()
SCENARIO = load_scenario()
EARTH_M, SUN_M = 6378137.0, 6.957e8


@pytest.fixture(scope="module")
def flight():
    return plan(VEHICLE, SCENARIO)


def sgp4_sky(seconds):
    """Independent: SGP4 position (TEME) and ERFA's Sun, both as vectors to compare with each other."""
    satellite = Satrec.twoline2rv(*VEHICLE.orbit.tle)
    day = 2458805.5 + 14 / 24
    _, pos_km, _ = satellite.sgp4(day, seconds / 86400.0)
    earth, _ = erfa.epv00(2400000.5, day - 2400000.5 + seconds / 86400.0 + 69.184 / 86400.0)
    sun = -np.array(earth["p"]) * erfa.DAU
    return np.array(pos_km) * 1e3, erfa.c2t06a(2400000.5, day - 2400000.5, 2400000.5, day - 2400000.5, 0, 0), sun


def in_umbra(pos_teme_m, sun_gcrf_m):
    """TEME and GCRF differ by 0.3 deg of precession here: turned by ERFA's matrix."""
    c = erfa.pnm06a(2458805.5, 0.58)
    equinox = erfa.ee06a(2458805.5, 0.58)
    r3 = np.array([[math.cos(equinox), -math.sin(equinox), 0], [math.sin(equinox), math.cos(equinox), 0], [0, 0, 1]])
    pos = c.T @ (r3.T @ pos_teme_m)
    to_sun = sun_gcrf_m - pos
    d, r = np.linalg.norm(to_sun), np.linalg.norm(pos)
    sun_half, earth_half = math.asin(SUN_M / d), math.asin(EARTH_M / r)
    apart = math.acos(-np.dot(pos, to_sun) / (r * d))
    return apart <= earth_half - sun_half


def test_eclipses_agree_with_sgp4_and_erfa(flight):
    """Each entry and exit within 5 s of where SGP4's orbit meets a conical shadow."""
    assert len(flight.events["eclipse_entry"]) == len(flight.events["eclipse_exit"]) == 3
    for kind, inside_after in (("eclipse_entry", True), ("eclipse_exit", False)):
        for time_s in flight.events[kind]:
            for offset, expected in ((-5.0, not inside_after), (5.0, inside_after)):
                pos, _, sun = sgp4_sky(time_s + offset)
                assert in_umbra(pos, sun) is expected, (kind, time_s, offset)


def test_ascending_nodes_are_an_orbit_apart(flight):
    nodes = flight.events["ascending_node"]
    assert flight.orbit_s == pytest.approx(5680.7, abs=0.1)
    np.testing.assert_allclose(np.diff(nodes), flight.orbit_s, atol=10.0)  # nodal, not anomalistic, and whole seconds


def great_circle_km(a, b):
    return 6371.0 * math.acos(
        math.sin(a[0]) * math.sin(b[0]) + math.cos(a[0]) * math.cos(b[0]) * math.cos(a[1] - b[1]))  # fmt: skip


def subsatellite(time_s):
    physics = start_physics(VEHICLE, SCENARIO)
    truth = physics.coast(time_s)
    return float(truth["latitude_rad"]), float(truth["longitude_rad"])


def test_target_is_abeam_of_the_satellite(flight):
    """150 km to the left of a track that heads south-west: east of it."""
    (at_s,) = flight.events["target"]
    assert at_s == flight.events["eclipse_entry"][1] - 50.0
    foot = subsatellite(at_s)
    target = flight.target[:2]
    assert great_circle_km(foot, target) == pytest.approx(150.0, abs=1.0)
    for other in (at_s - 30.0, at_s + 30.0):
        assert great_circle_km(subsatellite(other), target) > 240.0
    assert flight.target.height_m == 200.0


def test_sides_of_the_track():
    """A positive distance is to the right of the ground track, a negative one to the left."""

    def target(cross_km):
        scenario = dataclasses.replace(SCENARIO, target=Target(at_event="ascending_node:1", cross_track_km=cross_km))
        return plan(VEHICLE, scenario).target

    # At the ascending node of a retrograde orbit the ground track heads north-north-west: right is east.
    assert target(300.0).longitude_rad > target(0.0).longitude_rad > target(-300.0).longitude_rad


def test_telecommands_are_timed_and_in_order(flight):
    (target_s,) = flight.events["target"]
    assert [(t.function, t.time_s) for t in flight.telecommands] == [
        ("nadir", 3000.0), ("track_target", target_s - 480.0), ("nadir", target_s + 420.0)]  # fmt: skip
    assert flight.telecommands[1].arguments == tuple(flight.target)
    late = Telecommand(function="idle", at="eclipse_exit:1", offset_s=-10.0, arguments=())
    turned = plan(VEHICLE, dataclasses.replace(SCENARIO, telecommand=(*SCENARIO.telecommand, late)))
    assert turned.telecommands[0].time_s == flight.events["eclipse_exit"][0] - 10.0


def test_outages_are_timed(flight):
    (outage,) = flight.outages
    start = flight.events["eclipse_exit"][2] + 300.0
    assert (outage.device, outage.start_s, outage.end_s) == ("star_tracker", start, start + 600.0)


def test_an_event_that_does_not_happen_is_refused():
    outage = Outage(device="gnss", at="eclipse_entry:4", start_s=0.0, duration_s=1.0)
    with pytest.raises(
        SchemaError, match=r"^reference\.toml: outage\[0\].at: found 'eclipse_entry:4', expected at most "
    ):
        plan(VEHICLE, dataclasses.replace(SCENARIO, outage=(outage,)))


def test_an_event_of_which_there_is_none_is_refused():
    late = Outage(device="gnss", at="eclipse_entry:1", start_s=0.0, duration_s=1.0)
    short = dataclasses.replace(SCENARIO, outage=(late,), telecommand=(), target=None, fault=(), duration_s=30.0)
    with pytest.raises(
        SchemaError, match=r"found 'eclipse_entry:1', expected another event: there is no eclipse_entry in"
    ):
        plan(VEHICLE, short)


@pytest.mark.parametrize("name", ["outage", "fault"])
def test_what_lasts_less_than_a_tick_is_refused(name):
    """It would begin and end between two of them."""
    entry = {
        "outage": Outage(device="gnss", start_s=5.01, duration_s=0.05),
        "fault": Fault(target="gnss", fault="dead", start_s=5.01, duration_s=0.05),
    }[name]
    with pytest.raises(SchemaError, match=rf"{name}\[0\].duration_s: found 0.05 s, expected at least a tick, 0.1 s"):
        plan(VEHICLE, dataclasses.replace(SCENARIO, **{name: (entry,)}))


def test_wheel_speeds_must_fit_the_vehicle():
    initial = dataclasses.replace(SCENARIO.initial, wheel_speed_radps=(1.0, 2.0))
    with pytest.raises(SchemaError, match=r"initial\.wheel_speed_radps: found 2 speeds, expected 4"):
        start_physics(VEHICLE, dataclasses.replace(SCENARIO, initial=initial))


def test_an_epoch_at_which_the_orbit_has_decayed_is_refused():
    with pytest.raises(
        SchemaError,
        match=r"^\S+\.toml: epoch_utc: with 2099-01-01T00:00:00, 28\d+ days from the element",
    ):
        start_physics(VEHICLE, dataclasses.replace(SCENARIO, epoch_utc="2099-01-01T00:00:00"))


@pytest.mark.parametrize(("change", "says"), [
    ({"telecommand": (Telecommand(function="idle", at="eclipse_entry:1", offset_s=-9000.0),)},
     r"telecommand\[0\]\.offset_s: found a time of -\d+ s, before separation, expected 0 to less than duration_s"),
    ({"outage": (Outage(device="gnss", at="eclipse_entry:3", start_s=9000.0, duration_s=1.0),)},
     r"outage\[0\]\.start_s: found a time of \d+ s, when the mission is over"),
    ({"fault": (Fault(target="gnss", fault="dead", at="ascending_node:1", start_s=1e5),)},
     r"fault\[0\]\.start_s: found a time of \d+ s, when the mission is over"),
    ({"target": Target(at_event="separation", along_track_s=-1.0)},
     r"target\.along_track_s: found a time of -1 s, before separation"),
    ({"fault": (Fault(target="gyro", fault="dead", at="target"),)},
     r"fault\[0\]\.at: found 'target', expected a \[target\] table, or another event"),
    ({"fault": (Fault(target="torquers", fault="dead", with_={"unit": 2.0}),)}, ""),
    ({"fault": (Fault(target="power", fault="array_loss", with_={"unit": 4.0}),)},
     r"fault\[0\]: power array_loss: parameter 'unit': found 4, the vehicle has units 0 to 3"),
])  # fmt: skip
def test_what_events_put_outside_the_mission_is_refused(change, says):
    scenario = dataclasses.replace(SCENARIO, **{"target": None, "telecommand": (), **change})
    if not says:
        assert plan(VEHICLE, scenario)
        return
    with pytest.raises(SchemaError, match=rf"^reference\.toml: {says}"):
        plan(VEHICLE, scenario)


def test_without_dispersions_the_file_says_how_a_flight_begins():
    """Attitude, rate and wheel speeds of the file are those of the flight, whatever the seed."""
    scenario = load_scenario("modes")
    for seed in (1, 2):
        _, flown = disperse(VEHICLE, scenario, seed)
        assert flown.initial == scenario.initial
        truth = start_physics(VEHICLE, flown).truth
        np.testing.assert_allclose(truth["q_bi"], scenario.initial.q_bi, rtol=1e-12)
        np.testing.assert_array_equal(truth["rate_bi_b_radps"], scenario.initial.rate_bi_b_radps)
        np.testing.assert_array_equal(truth["wheel_speed_radps"][:4], scenario.initial.wheel_speed_radps)


def test_wheel_speeds_are_drawn_about_those_of_the_file():
    scenario = load_scenario("faults")
    speeds = np.array([disperse(VEHICLE, scenario, seed)[1].initial.wheel_speed_radps for seed in range(200)])
    np.testing.assert_allclose(speeds.mean(axis=0), scenario.initial.wheel_speed_radps, atol=4 * 20.0 / math.sqrt(200))
    fast = dataclasses.replace(
        scenario, initial=dataclasses.replace(scenario.initial, wheel_speed_radps=(1e4, 0, 0, 0))
    )
    with pytest.raises(SchemaError, match=r"initial\.wheel_speed_radps\[0\]: found 1e\+04, expected at most 625 rad/s"):
        disperse(VEHICLE, fast, 1)


def test_an_old_element_set_is_warned_of():
    late = dataclasses.replace(SCENARIO, epoch_utc="2020-03-01T00:00:00")
    (line,) = mission_warnings(VEHICLE, late)
    assert line.startswith(
        "reference.toml: epoch_utc: found 2020-03-01T00:00:00, 103 days from the epoch of the element set"
    )
    assert mission_warnings(VEHICLE, SCENARIO) == ()


@pytest.mark.parametrize(
    ("table", "keys", "says"),
    [
        ("physics", {"step_s": 5.0}, "physics.step_s: found 5, expected at most 0.1, a cycle of the ADCS board"),
        ("dispersions", {"rate_high_radps": 6.0}, "dispersions.rate_high_radps: found 6 rad/s, expected at most 5.2"),
        ("dispersions", {"rate_low_radps": 5.5, "rate_high_radps": 6.0}, "dispersions.rate_low_radps: found 5.5 rad/s"),
        ("initial", {"rate_bi_b_radps": (0.0, -5.3, 0.0)}, "initial.rate_bi_b_radps: found 5.3 rad/s, expected at mos"),
    ],
)
def test_what_the_devices_of_the_vehicle_cannot_follow_is_warned_of(table, keys, says):
    scenario = load_scenario("modes" if table == "initial" else "reference")
    changed = dataclasses.replace(scenario, **{table: dataclasses.replace(getattr(scenario, table), **keys)})
    lines = mission_warnings(VEHICLE, changed)
    assert any(line.startswith(f"{scenario.name}.toml: {says}") for line in lines), lines


def with_drag(text):
    """The reference vehicle with another drag term, as from a file."""
    first = f"{VEHICLE.orbit.tle[0][:53]}{text}{VEHICLE.orbit.tle[0][61:68]}"
    lines = (f"{first}{tle.checksum(first)}", VEHICLE.orbit.tle[1])
    return dataclasses.replace(VEHICLE, orbit=dataclasses.replace(VEHICLE.orbit, tle=lines), origin="mine.toml")


def test_an_orbit_that_sgp4_loses_is_told_of_its_drag_term():
    """At separation, three days after its epoch, it is refused, the epoch not blamed; later in the flight warned of."""
    with pytest.raises(SchemaError, match=r"^mine\.toml: orbit\.tle\[0\]: SGP4 found .* with 1 in columns 54 to 61"):
        plan(with_drag(" 10000+1"), dataclasses.replace(load_scenario("modes"), epoch_utc="2019-11-21T13:13:19"))
    (line,) = mission_warnings(with_drag(" 10000+1"), dataclasses.replace(SCENARIO, duration_s=10 * 86400.0))
    assert line.startswith("mine.toml: orbit.tle[0]: SGP4 found ") and "days of mission time with 1 in" in line


def test_planning_names_the_file_and_not_the_name(tmp_path):
    path = tmp_path / "other.toml"
    path.write_text(
        (SCENARIOS / "modes.toml").read_text() + '\n[[outage]]\ndevice = "gnss"\nat = "eclipse_exit:9"\n'
        "start_s = 0.0\nduration_s = 9.0\n"
    )
    with pytest.raises(SchemaError, match=r"^other\.toml: outage\[1\]\.at: found 'eclipse_exit:9'"):
        plan(VEHICLE, load_scenario(path))


def test_only_as_much_is_propagated_as_the_plan_needs():
    """A mission of three years is planned in no time, and its plan is that of a short one."""
    short, long = (dataclasses.replace(load_scenario("modes"), duration_s=t) for t in (600.0, 1e8))
    assert plan(VEHICLE, long) == plan(VEHICLE, short)


def test_turning_the_node_moves_right_ascension_alone():
    lines = turn_node(VEHICLE.orbit.tle, math.radians(10.0))
    assert tle.normal(lines) == lines
    before, after = (Satrec.twoline2rv(*x) for x in (VEHICLE.orbit.tle, lines))
    assert math.degrees(after.nodeo - before.nodeo) == pytest.approx(10.0, abs=1e-4)
    for name in ("inclo", "ecco", "argpo", "mo", "no_kozai", "bstar", "jdsatepoch"):
        assert getattr(before, name) == getattr(after, name)
    full = turn_node(VEHICLE.orbit.tle, math.radians(360.0 - 85.6925))
    assert tle.normal(full) == full


def test_dispersions_stay_in_range_and_follow_the_seed():
    d = SCENARIO.dispersions
    drawn = [disperse(VEHICLE, SCENARIO, seed) for seed in range(200)]
    assert disperse(VEHICLE, SCENARIO, 7) == drawn[7]
    rates = np.array([s.initial.rate_bi_b_radps for _, s in drawn])
    magnitude = np.linalg.norm(rates, axis=1)
    margin = 0.05 * (d.rate_high_radps - d.rate_low_radps)
    assert d.rate_low_radps <= magnitude.min() < d.rate_low_radps + margin
    assert d.rate_high_radps - margin < magnitude.max() <= d.rate_high_radps
    quaternions = np.array([s.initial.q_bi for _, s in drawn])
    np.testing.assert_allclose(np.linalg.norm(quaternions, axis=1), 1.0)
    np.testing.assert_allclose(quaternions.mean(axis=0), 0.0, atol=4 * 0.5 / math.sqrt(200))
    nodes = np.array([float(v.orbit.tle[1][17:25]) for v, _ in drawn]) - 85.6925
    assert 8.0 < np.abs(nodes).max() <= math.degrees(d.node_range_rad) + 1e-4
    epochs = np.array([s.epoch_tai_ns - SCENARIO.epoch_tai_ns for _, s in drawn]) / 1e9
    assert 0.9 * d.epoch_range_s < np.abs(epochs).max() <= d.epoch_range_s + 1.0
    speeds = np.array([s.initial.wheel_speed_radps for _, s in drawn])
    assert np.std(speeds) == pytest.approx(d.wheel_speed_sigma_radps, rel=0.15)


def test_dispersed_missions_can_be_planned():
    """The events that the reference mission refers to happen for other nodes and epochs as well."""
    for seed in range(4):
        vehicle, scenario = disperse(VEHICLE, SCENARIO, seed)
        assert len(plan(vehicle, scenario).telecommands) == 3


def test_what_dispersions_move_past_the_end_is_planned_and_does_not_happen():
    """A seed whose third eclipse ends as the mission does: the file is right, and this flight has no outage."""
    plans = [plan(*disperse(VEHICLE, SCENARIO, seed)) for seed in (3, 4)]
    starts = [p.outages[0].start_s for p in plans]
    assert starts[0] < SCENARIO.duration_s < starts[1]
