"""A mission is saved at any tick and goes on identically; forks share all that was before."""

import dataclasses
import importlib
import re
import types
from pathlib import Path

import numpy as np
import pytest

from ground.link.segment import GroundSegment
from hal.saved import SavedError, pack, unpack
from hal.vehicle.load import load_vehicle
from sim.faults.catalogue import Catalogue
from sim.mission import Mission
from sim.requirements.domain import DomainError
from sim.scenario.scenario import Fault, Ground, Outage, Pass, load_scenario
from tests.sim.devices.test_thruster import FILE as JETS

VEHICLE, MODES = load_vehicle(), load_scenario("modes")
CATALOGUE = Catalogue(VEHICLE)
HZ = VEHICLE.rates.base_hz


def fault(target, name, start_s, duration_s=None, **parameters):
    return Fault(target=target, fault=name, start_s=start_s, duration_s=duration_s, with_=parameters)


EVERYTHING = dataclasses.replace(
    MODES,
    ground=Ground(visibility="passes", contacts=tuple(Pass(start_s=s, duration_s=30.0) for s in (2.0, 40.0))),
    outage=(Outage(device="gnss", start_s=10.0, duration_s=12.0),),
    fault=(
        fault("gyro", "noisy", 3.0, 30.0, noise_radps=1e-3),
        fault("gyro", "stuck", 20.0, 10.0, axis=1),
        fault("magnetometer", "biased", 4.0, 20.0, bias_tesla=1e-6),
        fault("star_tracker", "noisy", 1.0, 50.0, noise_rad=1e-3),
        fault("wheels", "friction", 5.0, 30.0, unit=1, factor=3.0),
        fault("adcs.link", "corruption", 6.0, 30.0, share=1e-3),
        fault("eps.link", "delay", 7.0, 25.0, delay_s=0.7),
        fault("radio.link", "bursts", 8.0, 30.0, share=1e-4, length=40),
        fault("radio.link", "loss", 9.0, 40.0, share=1e-4),
        fault("adcs", "hang", 33.0),
        fault("eps", "brown_out", 26.0, 6.0),
    ),
)  # fmt: skip


def mission(scenario=EVERYTHING, seed=1, **kwargs):
    return Mission(VEHICLE, scenario, GroundSegment, seed=seed, duration_s=1e4, **kwargs)


def fork(state, scenario=EVERYTHING, **kwargs):
    """Another mission that goes on from a state, by way of its octets."""
    other = mission(scenario, **kwargs)
    other.restore(unpack(pack(state)))
    return other


def image(flown):
    """Everything of one tick that is compared tick by tick."""
    pool = flown.flight.pool
    truth = [flown.world.truth.tobytes(), *(t.tobytes() for t in flown.world.device_truth.values())]
    return pool.memory[: pool.image_size].tobytes(), truth, flown.flight.exchange.octets


def check_same(one, other, ticks):
    """Both fly on identically: tick by tick, and in all that they remember in the end."""
    for _ in range(ticks):
        one.advance(1.0 / HZ)
        other.advance(1.0 / HZ)
        assert image(one) == image(other), one.flown_s
    first, second = one.save(), other.save()
    assert different(first, second) == ""
    assert pack(first) == pack(second)
    assert one.ledger() == other.ledger()


def different(a, b, where=""):
    """The place of the first difference of two states."""
    if type(a) is not type(b):
        return f"{where}: {type(a).__name__}, {type(b).__name__}"
    if isinstance(a, dict):
        if a.keys() != b.keys():
            return f"{where}: {a.keys() ^ b.keys()}"
        return next(filter(None, (different(a[k], b[k], f"{where}.{k}") for k in a)), "")
    if isinstance(a, list | tuple):
        if len(a) != len(b):
            return f"{where}: {len(a)}, {len(b)} items"
        return next(
            filter(None, (different(x, y, f"{where}[{k}]") for k, (x, y) in enumerate(zip(a, b, strict=True)))), ""
        )
    if isinstance(a, bytes) and a != b:
        at = next((k for k, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
        return f"{where}: octet {at} of {len(a)}, {len(b)}"
    return "" if a == b or a != a else f"{where}: {a!r}, {b!r}"


def test_a_fork_at_ten_random_ticks_continues_identically():
    """UNI-030: with faults of every level waiting, in force and over, outages, and passes of the ground station."""
    moments = sorted(np.random.default_rng(11).choice(np.arange(1, 500), 10, replace=False).tolist())
    flown, forks = mission(), []
    for tick in range(500):
        if tick in moments:
            forks.append(fork(flown.save()))
        flown.advance(1.0 / HZ)
    states = [each.save() for each in forks]
    assert [state["flown"] for state in states] == moments
    whole = image(flown)
    for each in forks:
        while each.flown_s < flown.flown_s:
            each.advance(1.0 / HZ)
        assert image(each) == whole
        assert different(each.save(), flown.save()) == ""


@pytest.mark.parametrize("tick", [1, 9, 10, 37, 150, 264, 290, 335])
def test_every_tick_after_a_fork_is_the_same(tick):
    one = mission()
    for _ in range(tick):
        one.advance(1.0 / HZ)
    check_same(one, fork(one.save()), 60)


def test_what_is_saved_is_restored_whole_and_saving_changes_nothing():
    one, other = mission(), mission()
    for _ in range(120):
        one.advance(1.0 / HZ)
        other.advance(1.0 / HZ)
        other.save()
    assert different(one.save(), other.save()) == ""
    again = fork(one.save())
    assert different(again.save(), one.save()) == ""


@pytest.mark.parametrize(("target", "name"), [(t, kind.name) for kind in CATALOGUE.kinds for t in kind.targets])
def test_a_fork_in_the_middle_of_any_fault_is_the_same(target, name):
    """With its defaults; its end is after the fork."""
    one = mission(MODES)
    one.advance(12.0)
    one.inject(target, name, duration_s=None if CATALOGUE.find(target, name).momentary else 3.0)
    one.advance(0.9)
    check_same(one, fork(one.save(), MODES), 45)


def test_a_satellite_with_thrusters_goes_on_with_its_mass(tmp_path):
    """Devices that only other vehicles have: the tank, its pressure and the satellite's mass."""
    (tmp_path / "jets.toml").write_text(JETS)
    vehicle = load_vehicle(tmp_path / "jets.toml")

    def made():
        return Mission(vehicle, MODES, GroundSegment, duration_s=1e4)

    one, other = made(), made()
    one.inject("jets", "stuck_open", start_s=1.0, unit=0)
    one.advance(5.0)
    assert one.world.truth["mass_kg"] < made().world.truth["mass_kg"]
    other.restore(unpack(pack(one.save())))
    check_same(one, other, 40)


def test_a_state_stays_what_it_was_whatever_becomes_of_those_who_had_it():
    one = mission()
    one.advance(27.3)
    state = one.save()
    octets = pack(state)
    first, second = mission(), mission()
    first.restore(state)
    second.restore(state)
    for each in (one, first, second):
        each.advance(10.0)
        assert pack(state) == octets
    assert different(first.save(), one.save()) == different(second.save(), one.save()) == ""


def test_two_forks_with_different_faults_share_everything_before():
    one = mission()
    one.advance(15.0)
    state = one.save()
    plain, stuck = fork(state), fork(state)
    assert image(plain)[:2] == image(stuck)[:2]
    stuck.inject("magnetometer", "dead")
    plain.advance(5.0)
    stuck.advance(5.0)
    one.advance(5.0)
    assert image(plain) == image(one)
    assert image(stuck) != image(one)


def test_a_fork_of_a_fork_with_an_injected_fault_knows_it():
    one = mission()
    one.advance(5.0)
    one.inject("star_tracker", "biased", start_s=7.0, duration_s=6.0, bias_rad=0.01, axis=0)
    one.advance(5.0)
    again = fork(one.save())
    assert [str(i) for i in again.faults.injections] == [str(i) for i in one.faults.injections]
    check_same(one, again, 50)


def test_a_fork_at_the_end_of_a_flight_flies_a_tick():
    one = mission()
    one.advance(3.0)
    one.duration_s = 3.0
    again = mission()
    again.duration_s = 3.0
    again.restore(one.save())
    assert (one.is_over, again.is_over) == (True, False)
    assert again.fly().duration_s == pytest.approx(3.1)


def test_a_satellite_that_does_not_fit_is_one_line():
    state = mission().save()
    with pytest.raises(SavedError, match="expected a new one"):
        flown = mission()
        flown.advance(0.1)
        flown.restore(state)
    with pytest.raises(SavedError, match=r"fault 0: found gyro noisy, expected adcs hang"):
        mission(dataclasses.replace(MODES, fault=(fault("adcs", "hang", 1.0),))).restore(state)
    broken = {**state, "world": {**state["world"], "boards": {"adcs": b"x", "eps": b""}}}
    with pytest.raises(SavedError, match=r"board ADCS: found 1 octets, expected \d+"):
        mission().restore(broken)


PARTS = (
    "sim.requirements.judge.Judge", "ground.link.station.GroundStation", "sim.faults.witness.Witness",
    "sim.faults.links.Line", "sim.faults.links.LinkFaults", "sim.faults.devices.DeviceFaults",
    "sim.faults.injection.Injection", "sim.spacecraft.spacecraft.RadioEnd", "sim.spacecraft.spacecraft.Spacecraft",
    "fsw.main.FlightSoftware",
)  # fmt: skip


@pytest.mark.parametrize("part", PARTS)
def test_a_part_that_is_not_restored_is_seen(part, monkeypatch):
    """Of the tests above: they do not pass when one part forgets its state."""
    module, _, name = part.rpartition(".")
    one = mission()
    one.advance(25.0)
    whole = getattr(importlib.import_module(module), name)
    with pytest.raises((AssertionError, DomainError, SavedError)):
        if isinstance(vars(whole).get("restore"), types.FunctionType):
            with monkeypatch.context() as patch:
                patch.setattr(whole, "restore", lambda *_: None)
                other = fork(one.save())
        else:  # compiled
            other = fork(one.save() | {"judge": mission().save()["judge"]})
        check_same(one, other, 30)


def test_fields_of_compiled_devices_are_plain_numbers():
    """They are saved as one block: two devices made alike are the same octets, so no pointer is in it."""
    first, second = mission().save(), mission().save()
    assert different(first["world"]["devices"], second["world"]["devices"]) == ""
    sources = sorted((Path(__file__).parents[2] / "sim/devices").glob("*/*.pxd"))
    objects = re.compile(
        r"^    cdef (?:readonly |public )?(object|list|dict|tuple|str|bytes|set|[\w.]*\*) ?\*?(?!out\b)\w+"
    )
    found = [f"{s.name}: {line}" for s in sources for line in s.read_text().splitlines() if objects.match(line)]
    assert [line for line in found if not line.endswith("* out")] == []
