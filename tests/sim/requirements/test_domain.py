"""DOM: a truth that has left the domain of its models is noticed in the same tick, and named."""

import dataclasses
import math

import pytest

from ground.link.segment import GroundSegment
from hal import tle
from hal.vehicle.load import load_vehicle
from hal.vehicle.vehicle import Orbit
from sim.mission import Mission
from sim.physics.actuation import Action
from sim.physics.records import TruthRecord
from sim.requirements.domain import Departure, DomainError, DomainWatch
from sim.requirements.verdict import Verdict
from sim.scenario.scenario import load_scenario
from sim.spacecraft.spacecraft import Spacecraft

TICK_NS = 100_000_000
VEHICLE, MODES = load_vehicle(), load_scenario("modes")
NUMBERS = [("truth", f.name) for f in TruthRecord.fields if f.kind == "f8"]
NUMBERS += [
    (f"device_truth.{name}", f.name)
    for name, model in Spacecraft(VEHICLE, MODES, 1).devices.items() if model.TRUTH is not None
    for f in model.TRUTH.fields if f.kind == "f8"
]  # fmt: skip


def falling_orbit():
    """The orbit of a satellite that passes below 100 km after two minutes."""
    line = "2 43194  97.4135  85.6925 0900000 127.3937 130.5000 15.20935646 9945"
    return Orbit(tle=(VEHICLE.orbit.tle[0], f"{line}{tle.checksum(line)}"))


@pytest.fixture(scope="module")
def world():
    return Spacecraft(VEHICLE, MODES, 1)


@pytest.fixture
def watch(world):
    """A watch that has seen a good tick, with the truth of the next."""
    watch = DomainWatch(world)
    for _ in range(2):
        assert watch.step() == 0
        world.step(world.t_ns + TICK_NS)
    return watch


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize(("record", "name"), NUMBERS)
def test_any_number_of_the_truth_that_is_none_is_noticed_and_named(world, watch, record, name, value):
    """DOM-010: every element of both records, the first and the last."""
    memory = world.truth if record == "truth" else world.device_truth[record.partition(".")[2]]
    for at in (0, -1):
        before = memory[name].copy()
        memory[name].reshape(-1)[at] = value
        assert watch.step() == Departure.OUT_OF_LIMITS
        assert f"{name}" in str(watch.left(Departure.OUT_OF_LIMITS))
        memory[name] = before
    assert watch.step() == 0


@pytest.mark.parametrize(
    ("name", "change", "found", "words"),
    [
        ("altitude_m", lambda _: 99.9e3, Departure.TOO_LOW, "altitude 99.9 km, below 100 km"),
        ("altitude_m", lambda _: -27e3, Departure.TOO_LOW, "altitude -27.0 km"),
        ("altitude_m", lambda _: 3.1e8, Departure.TOO_HIGH, "altitude 310000 km, above 300000 km"),
        ("rate_bi_b_radps", lambda _: (0.0, 7.1, 0.0), Departure.TOO_FAST, "body rate 7.10 rad/s, above 7.00 rad/s"),
        ("sunlit", lambda _: 1.5, Departure.OUT_OF_LIMITS, "sunlit is 1.5, expected 0 to 1"),
        ("vel_i_mps", lambda v: 1.000001 * v, Departure.ENERGY, "that no force explains"),
        ("pos_i_m", lambda r: r + 1.0, Departure.ENERGY, "the energy of the orbit changed by"),
        ("momentum_b_nms", lambda h: 1.1 * h, Departure.MOMENTUM, "that no torque explains"),
    ],
)
def test_what_no_model_explains_is_noticed_and_named(world, watch, name, change, found, words):
    """DOM-020: heights, rates, and jumps of what is conserved; the next good tick is good."""
    before = world.truth[name].copy()
    world.truth[name] = change(before)
    assert watch.step() == found
    said = str(watch.left(found))
    assert said.startswith(f"the truth left the domain of its models at {world.t_ns * 1e-9:.1f} s: ")
    assert words in said
    world.truth[name] = before


@pytest.mark.parametrize("rate_radps", [0.0, 1.0, 5.1])
def test_energy_and_momentum_are_conserved_by_the_models(rate_radps):
    """DOM-030: no false alarm, tumbling at up to 290 deg/s, through eclipse entry and with drag at a low perigee."""
    initial = dataclasses.replace(MODES.initial, rate_bi_b_radps=(rate_radps, 0.3 * rate_radps, 0.1))
    low = dataclasses.replace(VEHICLE, orbit=falling_orbit())
    for vehicle, seconds in ((VEHICLE, 400), (low, 60)):
        world = Spacecraft(vehicle, dataclasses.replace(MODES, initial=initial), 1)
        watch = DomainWatch(world)
        for _ in range(10 * seconds):
            world.step(world.t_ns + TICK_NS)
            assert watch.step() == 0, str(watch.left(watch.step()))


@pytest.mark.parametrize("cycles", [1, 7])
def test_thrust_is_no_departure_and_a_jump_beside_it_is_one(cycles):
    """DOM-030: energy and momentum that actuators put in between two checks are accounted for."""
    world = Spacecraft(VEHICLE, MODES, 1)
    watch = DomainWatch(world)
    burn = Action(13_000_000, 90_000_000, (5.0, -2.0, 8.0), (2e-3, -1e-3, 3e-3), (0.0, 0.0, 0.0), 5e-3)
    for k in range(60):
        for _ in range(cycles):
            world.physics.advance(TICK_NS, [burn])
        found = watch.step()
        assert not found, f"{k}: {watch.left(found)}"
    assert math.dist(world.truth["dvel_actuators_i_mps"], (0.0, 0.0, 0.0)) > 1.0
    world.physics.advance(TICK_NS, [burn])
    world.truth["vel_i_mps"] *= 1 + 1e-6
    assert watch.step() == Departure.ENERGY
    world.physics.advance(TICK_NS, [burn])
    watch.step()
    world.physics.advance(TICK_NS, [burn])
    world.truth["momentum_b_nms"] *= 1.1
    assert watch.step() == Departure.MOMENTUM


def test_a_satellite_that_falls_ends_its_flight():
    """DOM-040: at once, failed, with its cause; nobody flies on, and what was flown before is judged."""
    mission = Mission(dataclasses.replace(VEHICLE, orbit=falling_orbit()), MODES, GroundSegment, duration_s=600.0)
    result = mission.fly()
    assert result.left is not None
    assert 60.0 < result.left.t_s < 200.0
    assert result.left.t_s == pytest.approx(result.duration_s - 0.1)
    assert "below 100 km" in result.left.what
    assert result.as_dict()["left_domain"] == {"t_s": result.left.t_s, "what": result.left.what}
    verdicts = {r.id: r.verdict for r in result.requirements}
    assert (verdicts["RUN-010"], verdicts["EPS-010"]) == (Verdict.FAIL, Verdict.PASS)
    with pytest.raises(DomainError, match=r"^the truth left the domain .* below 100 km"):
        mission.advance(1.0)
    assert mission.flown_s == result.duration_s
