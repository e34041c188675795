"""A universe: time moves only by its steps, and holds to the time of day where it is asked to."""

import pytest

from fsw.main import ExchangeStep
from ground.link.segment import GroundSegment
from hal.links.link import LinkError
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.planning import Plan
from sim.scenario.scenario import load_scenario
from sim.universe import Pace, Universe

MS = 1_000_000
TICK_NS = 100 * MS
VEHICLE, SCENARIO = load_vehicle(), load_scenario()


class Host:
    """The host's time, which passes while somebody sleeps."""

    def __init__(self):
        self.t_ns, self.slept = 10**15, []

    def now_ns(self):
        return self.t_ns

    def sleep(self, seconds):
        self.slept.append(seconds)
        self.t_ns += round(seconds * 1e9)


def new_universe(names=("a",), **kwargs):
    universe = Universe(SCENARIO.physics, SCENARIO.epoch_tai_ns, **kwargs)
    for seed, name in enumerate(names, 1):
        universe.add(name, VEHICLE, SCENARIO, seed, flight_plan=Plan((), (), None, {}, 5681.0, tick_s=0.1))
    return universe


def paced(host, speed, names=("a",), **kwargs):
    universe = new_universe(names, speed=speed, **kwargs)
    universe._pace.__init__(speed, host.now_ns, host.sleep)
    return universe


def test_the_clock_stands_still_between_steps():
    universe = new_universe()
    assert universe.clock.now_ns() == 0
    universe.clock.sleep_until(0)
    universe.step(3 * TICK_NS)
    universe.clock.sleep_until(3 * TICK_NS)
    assert (universe.clock.now_ns(), universe.spacecraft["a"].t_ns) == (3 * TICK_NS, 3 * TICK_NS)
    universe.step(2 * TICK_NS)
    assert universe.clock.now_ns() == universe.t_ns == 3 * TICK_NS


def test_a_sleep_past_the_time_of_a_clock_that_stands_still_is_an_error_at_once():
    universe = new_universe()
    universe.step(TICK_NS)
    with pytest.raises(RuntimeError, match="mission time stands at 100000000 ns: step the universe to 100000001 ns"):
        universe.clock.sleep_until(TICK_NS + 1)
    assert universe.t_ns == TICK_NS


def test_a_step_moves_every_spacecraft_and_the_environment_is_one():
    universe = new_universe(("a", "b", "c"))
    universe.step(5 * TICK_NS)
    crafts = universe.spacecraft.values()
    assert [craft.t_ns for craft in crafts] == [5 * TICK_NS] * 3
    assert len({id(craft.physics.environment) for craft in crafts}) == 1


def test_links_are_those_of_a_named_spacecraft():
    universe = new_universe(("a", "b"))
    assert universe.open("sim://b/adcs") is universe.spacecraft["b"].links["adcs"]
    assert universe.open("sim://a/str") is universe.spacecraft["a"].open("sim://str")
    for url in ("sim://adcs", "sim://c/adcs", "loop://a/adcs", "sim://", "sim://a/", "sim://a/camera"):
        with pytest.raises(LinkError, match=f"{url}: not in this universe, expected one of: sim://a/adcs, sim://a/eps"):
            universe.open(url)


def test_a_name_is_given_once():
    universe = new_universe()
    with pytest.raises(ValueError, match="spacecraft 'a': there is one already"):
        universe.add("a", VEHICLE, SCENARIO, 2)


@pytest.mark.parametrize("speed", [1.0, 10.0])
@pytest.mark.parametrize("running", [False, True])
def test_each_cycle_begins_no_earlier_than_its_time_of_day(speed, running):
    host = Host()
    universe = paced(host, speed, ("a", "b"), running=running)
    host.t_ns += 10**12  # nothing runs before the first step
    universe.step(0)
    assert universe.spacecraft["b"].due_ns == TICK_NS
    universe.step(TICK_NS // 2)
    universe.step(3 * TICK_NS + 7)
    assert universe.spacecraft["b"].due_ns == 4 * TICK_NS
    assert host.slept == pytest.approx([s / speed for s in (0.05, 0.05, 0.1, 0.1, 7e-9)])
    assert universe.clock.now_ns() == pytest.approx(3 * TICK_NS + 7, abs=speed)


def test_what_is_late_catches_up_without_sleeping():
    host = Host()
    universe = paced(host, 1.0, running=True)
    universe.step(0)
    host.t_ns += 250 * MS
    universe.step(TICK_NS)
    universe.step(2 * TICK_NS)
    assert host.slept == []
    assert (universe.clock.now_ns(), universe.t_ns) == (250 * MS, 2 * TICK_NS)
    universe.step(3 * TICK_NS)
    assert host.slept == pytest.approx([0.05])


def test_time_of_day_begins_with_the_first_sleep_wherever_mission_time_is():
    host = Host()
    pace = Pace(2.0, host.now_ns, host.sleep)
    pace.sleep_until(50 * TICK_NS)
    assert (host.slept, pace.now_ns()) == ([], 50 * TICK_NS)
    pace.sleep_until(51 * TICK_NS)
    assert host.slept == pytest.approx([0.05])


def test_a_tick_before_its_step_is_an_exception_of_the_exchange_and_hangs_nothing():
    mission = Mission(VEHICLE, SCENARIO, GroundSegment)
    mission.advance(1.0)
    mission.flight.tick()
    (raised,) = mission.raised()
    assert (raised.name, raised.count) == ("exchange", 1)
    assert "step the universe to 1000000000 ns first" in raised.traceback


def test_what_a_send_raises_is_the_exchanges_exception_in_that_tick():
    class Broken:
        """An exchange whose drivers are wrong."""

        def send(self, t_ns):
            raise ZeroDivisionError(t_ns)

        def exchange(self, t_ns):
            raise AssertionError

    step = ExchangeStep(Mission(VEHICLE, SCENARIO, GroundSegment).flight.pool, Broken())
    step.send(7)
    with pytest.raises(ZeroDivisionError):
        step.step()
