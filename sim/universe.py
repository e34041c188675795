"""A universe: time, the environment that all share, and the spacecraft in it.

Only `step` moves time; clocks tell it. That of a universe stands still between two steps, or runs with the time of day
where boards run elsewhere in real time.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

from hal.clock import Clock
from hal.links.link import ByteLink, LinkError, scheme_of, shown
from hal.links.open_link import register_scheme
from hal.vehicle.vehicle import Vehicle
from sim.physics.environment import Environment
from sim.physics.options import PhysicsOptions
from sim.scenario.planning import Plan
from sim.scenario.scenario import Scenario
from sim.spacecraft.lockstep import BoardEnds
from sim.spacecraft.spacecraft import Spacecraft

NS = 1_000_000_000


class Universe:
    """Time, the environment and any number of spacecraft, by name.

    `options` and `epoch_tai_ns` (TAI at mission time 0 [ns since 2000-01-01T12:00:00 TAI]) are the environment's. With
    a `speed` [mission seconds per second of the day] a step begins no earlier than its time of day. If time is
    `running` besides, boards elsewhere are not waited for (`sim.spacecraft.real_time`), and `clock` runs; else it
    stands still.
    """

    def __init__(
        self, options: PhysicsOptions, epoch_tai_ns: int, *, speed: float = 0.0, running: bool = False
    ) -> None:
        self.environment, self.epoch_tai_ns = Environment(options, epoch_tai_ns), epoch_tai_ns
        self.spacecraft: dict[str, Spacecraft] = {}
        self.running = running and speed > 0
        self._pace = Pace(speed) if speed > 0 else None
        self.clock: Clock = self._pace if self._pace is not None and self.running else StandingClock(self)
        self._steps: tuple[Callable[[int], None], ...] = ()
        self.t_ns = 0

    def add(
        self,
        name: str,
        vehicle: Vehicle,
        scenario: Scenario,
        seed: int,
        boards: Mapping[str, BoardEnds] | None = None,
        *,
        flight_plan: Plan | None = None,
    ) -> Spacecraft:
        """Put a spacecraft at its separation into the universe and return it; the arguments are those of `Spacecraft`.

        Raises `ValueError` for a name that is taken or another environment than that of the universe, and
        `SchemaError`.
        """
        if (scenario.physics, scenario.epoch_tai_ns) != (self.environment.options, self.epoch_tai_ns):
            raise ValueError(f"spacecraft {name!r}: expected the physics and the epoch of this universe")
        if name in self.spacecraft:
            raise ValueError(f"spacecraft {name!r}: there is one already, expected another name")
        craft = self.spacecraft[name] = Spacecraft(
            vehicle, scenario, seed, boards,
            flight_plan=flight_plan, environment=self.environment, running=self.running,
        )  # fmt: skip
        self._steps = tuple(each.step for each in self.spacecraft.values())
        return craft

    def remove(self, name: str) -> None:
        """Take a spacecraft out, which moves no more; raise `KeyError` when there is none."""
        del self.spacecraft[name]
        self._steps = tuple(each.step for each in self.spacecraft.values())

    def step(self, t_ns: int) -> None:
        """Advance everything to mission time `t_ns` [ns]; nothing happens when it is there already."""
        if self._pace is not None:
            self._step_in_time(self._pace, t_ns)
        for step in self._steps:
            step(t_ns)
        self.t_ns = max(t_ns, self.t_ns)

    def resume(self, t_ns: int) -> None:
        """Go on at mission time `t_ns` [ns], to which every spacecraft has been restored."""
        self.t_ns = max(t_ns, self.t_ns)

    def _step_in_time(self, pace: Pace, t_ns: int) -> None:
        """Begin each board cycle up to `t_ns` when its time of day has come."""
        while (due_ns := min((craft.due_ns for craft in self.spacecraft.values()), default=t_ns + 1)) <= t_ns:
            pace.sleep_until(due_ns)
            for step in self._steps:
                step(due_ns)
        pace.sleep_until(t_ns)

    def open(self, url: str) -> ByteLink:
        """Return flight's end of the link `sim://SPACECRAFT/LINK`; raise `LinkError` with one line."""
        name, _, link = url.removeprefix("sim://").partition("/")
        craft = self.spacecraft.get(name)
        if scheme_of(url) != "sim" or craft is None or f"sim://{link}" not in craft.urls:
            all_urls = ((name, url) for name, craft in self.spacecraft.items() for url in craft.urls)
            known = ", ".join(f"sim://{name}/{url.removeprefix('sim://')}" for name, url in all_urls)
            raise LinkError(f"{shown(url)}: not in this universe, expected one of: {known}")
        return craft.open(f"sim://{link}")


class StandingClock:
    """Mission time of a universe (`hal.clock.Clock`); it stands still between two steps, so nobody can wait on it."""

    def __init__(self, universe: Universe) -> None:
        self._universe = universe

    def now_ns(self) -> int:
        """Mission time [ns]."""
        return self._universe.t_ns

    def sleep_until(self, t_ns: int) -> None:
        """Return at once; raise `RuntimeError` when `t_ns` [ns] has not come: it never would."""
        if t_ns > self._universe.t_ns:
            raise RuntimeError(f"mission time stands at {self._universe.t_ns} ns: step the universe to {t_ns} ns first")


class Pace:
    """Mission time that runs with the time of day (`hal.clock.Clock`): `speed` mission seconds a second.

    It begins with the first sleep, whose time is then now.
    """

    def __init__(
        self,
        speed: float,
        host_ns: Callable[[], int] = time.monotonic_ns,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._speed = speed
        self._host_ns, self._sleep = host_ns, sleep
        self._start_ns: int | None = None

    def now_ns(self) -> int:
        """Mission time [ns]; 0 before the first sleep."""
        return 0 if self._start_ns is None else int((self._host_ns() - self._start_ns) * self._speed)

    def sleep_until(self, t_ns: int) -> None:
        """Return at mission time `t_ns` [ns], or at once when it is past."""
        if self._start_ns is None:
            self._start_ns = self._host_ns() - int(t_ns / self._speed)
        left_ns = t_ns - self.now_ns()
        while left_ns > 0:
            self._sleep(left_ns / self._speed / NS)
            left_ns = t_ns - self.now_ns()


def _refuse(url: str) -> ByteLink:
    """Refuse to open a `sim://` link by its URL alone: it is one of a spacecraft."""
    raise LinkError(f"{shown(url)}: in a simulator, expected to be opened on a spacecraft: sim.universe.Universe.open")


register_scheme("sim", _refuse)
