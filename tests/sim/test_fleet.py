"""Several satellites in one process: each does what it does alone, bit for bit."""

import dataclasses
import hashlib
import resource
from pathlib import Path

import pytest

from ground.link.segment import GroundSegment
from hal.schema import SchemaError
from hal.vehicle.load import load_vehicle
from sim.fleet import Fleet
from sim.mission import Mission
from sim.requirements.domain import DomainError
from sim.scenario.planning import turn_node
from sim.scenario.satellites import satellites
from sim.scenario.scenario import Fault, Satellite, load_scenario
from sim.universe import Universe
from tests.sim.requirements.test_domain import falling_orbit

VEHICLE, MODES = load_vehicle(), load_scenario("modes")
FAULTY = dataclasses.replace(
    MODES,
    fault=(
        Fault(target="gyro", fault="noisy", start_s=3.0, duration_s=10.0, with_={"noise_radps": 1e-3}),
        Fault(target="adcs.link", fault="corruption", start_s=5.0, duration_s=10.0, with_={"share": 0.001}),
    ),
)
DURATION_S = 40.0


def mission(scenario, seed, out, **kwargs):
    out.mkdir(parents=True)

    def ground(radio, link, plan):
        return GroundSegment(radio, link, plan, out)

    return Mission(VEHICLE, scenario, ground, seed=seed, out=out, record="full", duration_s=DURATION_S, **kwargs)


def digests(out):
    """Hashes of what a flight leaves; host times and the header's names apart."""
    names = ("recording.ssr", "downlink.cadu", "events.jsonl")
    return {name: hashlib.sha256((out / name).read_bytes()).hexdigest() for name in names}


def test_two_satellites_in_one_process_give_exactly_the_bytes_of_each_alone(tmp_path):
    """UNI-020: recording (inputs, state, truth), downlink and events."""
    pairs = ((MODES, 1, "a"), (FAULTY, 2, "b"))
    alone = [mission(s, seed, tmp_path / "alone" / name) for s, seed, name in pairs]
    results = [each.fly() for each in alone]
    universe = Universe(MODES.physics, MODES.epoch_tai_ns)
    fleet = Fleet([mission(s, seed, tmp_path / name, name=name, universe=universe) for s, seed, name in pairs])
    for mine, other in zip(fleet.fly(), results, strict=True):
        assert (mine.recording_sha256, mine.cadu_sha256) == (other.recording_sha256, other.cadu_sha256)
        assert mine.ledger == other.ledger
    for _, _, name in pairs:
        assert digests(tmp_path / name) == digests(tmp_path / "alone" / name)
    assert digests(tmp_path / "a")["recording.ssr"] != digests(tmp_path / "b")["recording.ssr"]


@pytest.mark.proof
def test_ten_satellites_fly_one_orbit_in_one_process(capsys):
    """UNI-040: what a further satellite costs is printed; the first and the last do what they do alone."""
    orbit_s, seeds = 5680.0, range(1, 11)
    scenario = load_scenario("nadir")
    universe = Universe(scenario.physics, scenario.epoch_tai_ns)
    missions, marks = [], []
    for seed in seeds:
        options = {"seed": seed, "duration_s": orbit_s, "name": f"s{seed}", "universe": universe}
        missions.append(Mission(VEHICLE, scenario, GroundSegment, **options))
        marks.append(resident_mb())
    results = Fleet(missions).fly()
    each_mb = (marks[-1] - marks[0]) / (len(marks) - 1)
    with capsys.disabled():
        print(f"\n{each_mb:.2f} MB a satellite beyond the first, {resident_mb():.0f} MB for ten after an orbit")
    assert each_mb < 10.0
    assert all(result.ledger.unaccounted == 0 and not result.raised for result in results)
    for k in (0, 9):
        alone = Mission(VEHICLE, scenario, GroundSegment, seed=seeds[k], duration_s=orbit_s).fly()
        assert alone.cadu_sha256 == results[k].cadu_sha256


def resident_mb():
    """Memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def test_satellites_of_other_rates_share_time(tmp_path):
    """One ticks at 10 Hz, the other at 20 Hz: the same bytes as alone."""
    quick = dataclasses.replace(VEHICLE, rates=dataclasses.replace(VEHICLE.rates, base_hz=20))

    def flown(vehicle, universe=None):
        name = f"at {vehicle.rates.base_hz} Hz"
        return Mission(vehicle, MODES, GroundSegment, duration_s=20.0, name=name, universe=universe)

    results = [flown(vehicle).fly() for vehicle in (VEHICLE, quick)]
    universe = Universe(MODES.physics, MODES.epoch_tai_ns)
    together = Fleet([flown(vehicle, universe) for vehicle in (VEHICLE, quick)]).fly()
    assert [r.cadu_sha256 for r in together] == [r.cadu_sha256 for r in results]


def test_a_satellite_that_falls_ends_alone():
    universe = Universe(MODES.physics, MODES.epoch_tai_ns)
    low = dataclasses.replace(VEHICLE, orbit=falling_orbit())
    vehicles = {"falls": low, "flies": VEHICLE}
    fleet = Fleet([
        Mission(v, MODES, GroundSegment, duration_s=300.0, name=n, universe=universe) for n, v in vehicles.items()
    ])  # fmt: skip
    falls, flies = fleet.fly()
    assert falls.left is not None and falls.duration_s < 300.0
    assert flies.left is None and flies.duration_s == 300.0
    assert list(universe.spacecraft) == ["flies"]
    assert fleet.missions[0].world.t_ns < 300_000_000_000 <= universe.t_ns + 100_000_000
    with pytest.raises(DomainError):
        fleet.missions[0].advance(1.0)


def test_missions_of_two_universes_are_no_fleet():
    with pytest.raises(ValueError, match="several universes"):
        Fleet([Mission(VEHICLE, MODES, GroundSegment) for _ in range(2)])


def test_another_environment_is_refused():
    universe = Universe(MODES.physics, MODES.epoch_tai_ns + 1)
    with pytest.raises(ValueError, match="expected the physics and the epoch of this universe"):
        Mission(VEHICLE, MODES, GroundSegment, universe=universe)


# ---------------------------------------------------------------- the scenario's satellites


def test_without_tables_there_is_one():
    (one,) = satellites(VEHICLE, MODES, 7)
    assert (one.name, one.vehicle, one.scenario, one.seed) == ("", VEHICLE, MODES, 7)


def test_each_has_its_vehicle_orbit_state_seed_and_links():
    initial = dataclasses.replace(MODES.initial, q_bi=(0.0, 0.0, 0.0, 1.0))
    links = {
        "gnss": "tcp://127.0.0.1:5000",
        "adcs": "qemu://adcs?of=b",
        "adcs.stimulus": "qemu://adcs?port=stimulus&of=b",
    }
    tle = turn_node(VEHICLE.orbit.tle, 0.5)
    special = Satellite(name="b", seed=99, tle=tle, initial=initial, links=links)
    tables = (Satellite(name="a"), special, Satellite(name="c"))
    first, second, third = satellites(VEHICLE, dataclasses.replace(MODES, satellite=tables), 5)
    assert (first.name, first.vehicle, first.scenario, first.seed) == ("a", VEHICLE, MODES, 5)
    assert (second.seed, second.vehicle.orbit.tle, second.scenario.initial) == (99, tle, initial)
    assert second.vehicle.device("gnss").link == links["gnss"]
    assert second.vehicle.boards.adcs.link == links["adcs"]
    assert second.vehicle.boards.adcs.stimulus == links["adcs.stimulus"]
    assert third.seed == 7


@pytest.mark.parametrize(
    ("table", "says"),
    [
        ({"vehicle": "submarine"}, "satellite[0].vehicle: submarine: no such vehicle"),
        ({"links": {"camera": "loop://x"}}, "satellite[0].links.camera: found, expected one of: adcs, adcs.stimulus"),
        ({"tle": ("a", "b")}, "satellite[0].tle[0]: "),
        ({"links": {"gnss": "pigeon://x"}}, "satellite[0].links.gnss: pigeon://x: unknown link scheme"),
    ],
)
def test_what_does_not_fit_is_one_line(table, says):
    scenario = dataclasses.replace(MODES, satellite=(Satellite(name="a", **table),))
    with pytest.raises(SchemaError) as error:
        satellites(VEHICLE, scenario, 1)
    assert says in str(error.value)
    assert len(str(error.value).splitlines()) == 1


def written(folder, text):
    """The scenario "modes" with more at its end."""
    path = folder / "several.toml"
    path.write_text((load_scenario.__globals__["SCENARIOS"] / "modes.toml").read_text() + text)
    return path


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[[satellite]]\nname = "a"\n[[satellite]]\nname = "a"\n', "satellite[1].name: found 'a', expected a name of"),
        ('[[satellite]]\nname = "../a"\n', "satellite[0].name: found '../a'"),
        ('[[satellite]]\nname = "a"\nseed = -1\n', "satellite[0].seed: found -1"),
        ('[[satellite]]\nname = "a"\ntle = ["x"]\n', "satellite[0].tle: found"),
        ('[[satellite]]\nseed = 1\n', "satellite[0].name: missing"),
    ],
)  # fmt: skip
def test_a_wrong_table_is_one_line(tmp_path, text, says):
    with pytest.raises(SchemaError) as error:
        load_scenario(written(tmp_path, text))
    assert says in str(error.value)


def test_satellites_share_one_epoch(tmp_path):
    with pytest.raises(SchemaError, match="satellites share one epoch"):
        load_scenario(written(tmp_path, '[dispersions]\nepoch_range_s = 5.0\n[[satellite]]\nname = "a"\n'))


def test_what_flies_one_satellite_says_so(tmp_path):
    scenario = load_scenario(written(tmp_path, '[[satellite]]\nname = "a"\n'))
    with pytest.raises(SchemaError, match="satellite: found 1 tables, expected none here: only smartsat fly flies"):
        Mission(VEHICLE, scenario, GroundSegment)
