"""The application: it reads sections of the pool and writes its own; nothing else is remembered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from fsw.core.application import ExtensionApplication, ExtensionEvents
from fsw.core.events import Severity
from fsw.core.pool import Pool
from fsw.guidance.modes import AdcsMode
from hal.schema import key
from hal.vehicle.vehicle import Vehicle
from my_app.sections import MyAppSection

EVENT_OVER_LIMIT = 1


@dataclass(frozen=True)
class Settings:
    """`with` of the vehicle file."""

    window_s: float = key(above=0, high=86400.0)
    limit_rad: float = key(above=0, doc="largest error of a window above which ground is told")


class MyApp(ExtensionApplication):
    """Pointing error of each window in which flight points, and an event for a window with one over the limit."""

    sections = (MyAppSection,)
    Settings = Settings
    event_names: ClassVar = {EVENT_OVER_LIMIT: "largest error of a window over its limit [rad]"}
    housekeeping = ((60, ("my_app.mean_rad", "my_app.max_rad", "my_app.windows", "my_app.over_limit")),)

    def __init__(self, pool: Pool, vehicle: Vehicle, events: ExtensionEvents, settings: Settings) -> None:
        super().__init__(pool, vehicle, events, settings)
        self._own = pool.array(MyAppSection)
        self._t_ns, self._mode = pool.view("time.t_ns"), pool.view("mode.adcs")
        self._error_rad = pool.view("control.error_rad")
        self._window_ns = round(settings.window_s * 1e9)

    def step(self) -> None:
        """Take this tick's error; close the window when its time is up."""
        own = self._own
        if self._mode > AdcsMode.DETUMBLE:
            own["sum_rad"] += self._error_rad
            own["most_rad"] = max(own["most_rad"], self._error_rad)
            own["count"] += 1
        if self._t_ns - own["end_ns"] >= self._window_ns:
            self._close()

    def _close(self) -> None:
        own = self._own
        own["end_ns"] = self._t_ns
        own["valid"] = own["count"] > 0
        if own["count"]:
            own["mean_rad"], own["max_rad"] = own["sum_rad"] / own["count"], own["most_rad"]
            own["windows"] += 1
            if own["max_rad"] > self.settings.limit_rad:
                own["over_limit"] += 1
                self.events.raise_event(Severity.LOW, EVENT_OVER_LIMIT, own["max_rad"], self.settings.limit_rad)
        own["sum_rad"] = own["most_rad"] = own["count"] = 0
