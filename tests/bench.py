"""Speed and memory, printed: `make bench`. Nothing here is asserted; ratios in one run are what counts."""

from __future__ import annotations

import resource
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np

from fsw.core.sections import CostSection
from ground.link.segment import GroundSegment
from ground.recordings.replay import Replay
from hal.collector import collector_paused
from hal.vehicle.load import load_vehicle
from sim.fleet import Fleet
from sim.mission import Mission
from sim.scenario.scenario import load_scenario
from sim.universe import Universe

BUDGET_US = 30.0
FLIGHT_S = 3000.0
RUNS = 5  # the median is printed
DAY_S = 86400.0
ORBIT_S = 5680.0


def mission(out: Path | None, record: str, duration_s: float) -> Mission:
    """One flight of the reference scenario."""
    return Mission(
        load_vehicle(), load_scenario(), lambda radio, link, plan: GroundSegment(radio, link, plan, out),
        seed=1, out=out, duration_s=duration_s, record=record,
    )  # fmt: skip


def per_call_us(call: Callable[[], object], count: int = 20000) -> float:
    """Best of five means."""
    best = float("inf")
    for _ in range(5):
        start = time.perf_counter()
        for _ in range(count):
            call()
        best = min(best, (time.perf_counter() - start) / count)
    return best * 1e6


def flights(folder: Path) -> None:
    """Whole ticks with and without recording, and the cost of each application."""
    pairs = []
    for _ in range(RUNS):
        plain_us = mission(None, "none", FLIGHT_S).fly().tick_us_mean
        recorded = mission(folder, "full", FLIGHT_S)
        pairs.append((recorded.fly(), recorded, plain_us))
    result, recorded, plain_us = sorted(pairs, key=lambda pair: pair[0].tick_us_mean)[RUNS // 2]
    share = result.tick_us_mean / BUDGET_US
    print(f"whole tick, recorded   {result.tick_us_mean:7.2f} us   {share:5.2f} of the budget of {BUDGET_US:.0f} us")
    print(f"  that is              {result.realtime_factor:7.0f} x real time")
    print(f"  recording            {result.tick_us_mean - plain_us:7.2f} us   difference to a flight without")
    cost = recorded.flight.pool.array(CostSection)
    ticks = round(FLIGHT_S * 10)
    total = 0.0
    for name, mean_s, runs in zip(recorded.flight.executive.names, cost["mean_s"], cost["runs"], strict=False):
        share_us = mean_s * 1e6 * runs / ticks
        total += share_us
        print(f"  {name:<20} {share_us:7.2f} us   {share_us / result.tick_us_mean:5.1%}")
    rest = plain_us - total
    print(f"  {'world, judge, ground':<20} {rest:7.2f} us   {rest / result.tick_us_mean:5.1%}")


def replay(folder: Path) -> None:
    """A replay beside the flight that it repeats, in turn."""
    ratios = []
    for _ in range(RUNS):
        flown_us = mission(folder, "full", FLIGHT_S).fly().tick_us_mean
        again = Replay(folder / "recording.ssr")
        start = time.perf_counter()
        ticks = again.run().ticks
        ratios.append((flown_us / ((time.perf_counter() - start) / ticks * 1e6), flown_us))
    ratio, flown_us = sorted(ratios)[RUNS // 2]
    print(f"replay, whole tick     {flown_us / ratio:7.2f} us   {ratio:5.2f} x as fast as the flight")


def world() -> None:
    """The world alone: truth, devices, stimulus, board C."""
    flight = mission(None, "none", 10.0)
    now = [0]

    def step() -> None:
        now[0] += 100_000_000
        flight.world.step(now[0])

    print(f"world's step alone     {per_call_us(step, 5000):7.2f} us   truth, devices, stimulus and board C")


def several(count: int = 10) -> None:
    """What another satellite in the same process costs: memory, and time a tick; one orbit is flown."""
    vehicle, scenario = load_vehicle(), load_scenario()
    scenario = replace(scenario, dispersions=replace(scenario.dispersions, epoch_range_s=0.0))
    universe = Universe(scenario.physics, scenario.epoch_tai_ns)
    missions, marks = [], []
    for seed in range(1, count + 1):
        missions.append(Mission(vehicle, scenario, GroundSegment, seed=seed, name=f"s{seed}", universe=universe))
        missions[-1].begin(0)
        marks.append(_resident_mb())
    fleet = Fleet(missions)
    start = time.perf_counter()
    fleet.advance(ORBIT_S)
    cost_us = (time.perf_counter() - start) / (10 * ORBIT_S * count) * 1e6
    print(f"{count} satellites          {(marks[-1] - marks[0]) / (count - 1):7.2f} MB a satellite beyond the first; "
          f"{cost_us:.2f} us a tick and satellite; {_resident_mb():.1f} MB after an orbit")  # fmt: skip


def memory() -> None:
    """Resident memory after an hour and after a simulated day: it must not grow."""
    flight = mission(None, "none", DAY_S)
    marks = []
    while flight.flown_s < DAY_S:
        flight.advance(3600.0)
        marks.append(_resident_mb())
    print(f"memory over a day      {marks[0]:7.1f} MB after an hour, {marks[-1]:.1f} MB after a day; ratio "
          f"{marks[-1] / marks[0]:.3f}; highest {np.max(marks):.1f} MB")  # fmt: skip


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    """Print everything."""
    with tempfile.TemporaryDirectory() as folder, collector_paused():
        flights(Path(folder))
        replay(Path(folder))
        world()
        several()
        memory()


if __name__ == "__main__":
    main()
