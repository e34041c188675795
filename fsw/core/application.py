"""The base class of applications in other packages, which `[[application]]` of the vehicle file names.

`smartsat new app` makes a package with one that works. The reasons are in
`docs/adr/0010-what-other-repositories-build-on.md`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

from fsw.core.events import EventId, EventQueue, Severity
from fsw.core.pool import Pool
from fsw.core.section import Section
from hal.vehicle.vehicle import Vehicle

EVENTS = {
    Severity.INFORMATIVE: EventId.EXTENSION_INFORMATIVE,
    Severity.LOW: EventId.EXTENSION_LOW,
    Severity.MEDIUM: EventId.EXTENSION_MEDIUM,
    Severity.HIGH: EventId.EXTENSION_HIGH,
}


class ExtensionEvents:
    """Raises events in the name of the application `number`, as in `executive.exceptions`."""

    def __init__(self, events: EventQueue, number: int) -> None:
        self._events, self.number = events, number

    def raise_event(self, severity: Severity, code: int, value: float = 0.0, other: float = 0.0) -> None:
        """Queue an event: `code` is the application's own number for what happened, with up to two values."""
        self._events.raise_event(EVENTS[severity], self.number, code, value, other)


class ExtensionApplication(ABC):
    """Base class of an application in another package. Its sections hold all that it remembers.

    What it keeps elsewhere must follow from its sections. A class declares

    - `sections`: its pool sections, whose `writer` is the application's name in the vehicle file;
    - `Settings`: a dataclass of `hal.schema.key`s, what `with` of the vehicle file holds; none: nothing;
    - `housekeeping`: report structures that exist from start, as (interval [s], parameter names);
    - `event_names`: what the codes of its events mean, in a few words with the units of their values;
    - `step()`: the work of one run. It runs after the control chain and before modes and telemetry of its tick. What it
      raises is caught and counted, its `valid` flags are cleared, and three in a row lead to SAFE.

    It is made as `Class(pool, vehicle, events, settings)`: `events` is an `ExtensionEvents`, `settings` an instance of
    `Settings` or None. `resume()` is called after the pool was restored from a snapshot or a recording.
    """

    sections: ClassVar[Sequence[type[Section]]] = ()
    Settings: ClassVar[type[Any] | None] = None
    housekeeping: ClassVar[Sequence[tuple[int, Sequence[str]]]] = ()
    event_names: ClassVar[Mapping[int, str]] = {}

    def __init__(self, pool: Pool, vehicle: Vehicle, events: ExtensionEvents, settings: Any) -> None:  # noqa: ANN401
        self.pool, self.vehicle, self.events, self.settings = pool, vehicle, events, settings

    @abstractmethod
    def step(self) -> None:
        """Do the work of one run."""

    def resume(self) -> None:  # noqa: B027 - most have nothing to do
        """Compute anew what is kept outside the pool."""
