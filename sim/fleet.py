"""Several satellites in one universe: their missions fly together, tick by tick."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence

from sim.mission import Mission
from sim.results.result import Result

NS = 1_000_000_000
Progress = Callable[[Mission], None]


class Fleet:
    """Missions of one universe. What one does is what it does alone, bit for bit.

    A satellite whose truth leaves the domain of its models ends; the others fly on.
    """

    def __init__(self, missions: Sequence[Mission]) -> None:
        """Raise `ValueError` for missions of different universes."""
        self.missions = tuple(missions)
        self.universe = self.missions[0].universe
        if any(mission.universe is not self.universe for mission in self.missions):
            raise ValueError("missions of several universes: expected one that they share")

    def advance(self, seconds: float) -> None:
        """Fly all on for that much mission time, except those that are over."""
        flying = [mission for mission in self.missions if not mission.is_over]
        if not flying:
            return
        end_ns = min(mission.next_ns for mission in flying) + max(1, round(seconds * NS))
        while flying and (t_ns := min(mission.next_ns for mission in flying)) < end_ns:
            due = [mission for mission in flying if mission.next_ns == t_ns]
            for mission in due:
                mission.begin(t_ns)
            self.universe.step(t_ns)
            for mission in due:
                if not mission.finish(t_ns):
                    flying.remove(mission)
                    self.universe.remove(mission.name)

    def fly(
        self, progress: Progress | None = None, save: Progress | None = None, period_s: float = math.inf
    ) -> list[Result]:
        """Fly all to their ends, or until `stop`; `progress` gets each mission now and then.

        `save` gets each mission at every multiple of `period_s` [s] of mission time.
        """
        start_ns = time.perf_counter_ns()
        next_s = period_s * (1.0 + max(mission.flown_s for mission in self.missions) // period_s)
        while flying := [mission for mission in self.missions if not mission.is_over]:
            flown_s = min(mission.flown_s for mission in flying)
            left_s = min(mission.duration_s - mission.flown_s for mission in flying)
            self.advance(min(left_s, flying[0].progress_s, next_s - flown_s))
            for mission in flying:
                mission.flush()
                if save is not None and mission.left is None and mission.flown_s + 1e-6 >= next_s:
                    save(mission)
                if progress is not None:
                    progress(mission)
            if flying[0].flown_s + 1e-6 >= next_s:
                next_s += period_s
        wall_s = (time.perf_counter_ns() - start_ns) * 1e-9
        return [mission.end(wall_s) for mission in self.missions]

    def stop(self) -> None:
        """End all flights at the next progress; what was flown is judged and kept."""
        for mission in self.missions:
            mission.stop()
