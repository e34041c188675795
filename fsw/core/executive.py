"""The executive: runs the applications in the order of the tick, each in its rate group, and catches exceptions.

Time is the tick count: t_ns = tick / base rate. Nothing here reads a host clock; the one that measures execution times
is given from outside and its figures go to a platform section.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, Protocol

from fsw.core._executive import Loop
from fsw.core.events import EventId, EventQueue
from fsw.core.exceptions import place_of, type_of
from fsw.core.pool import Pool
from fsw.core.sections import MAX_APPLICATIONS, ExecutiveSection, TaiSection
from hal.extension_loading import RAISED
from hal.schema import SchemaError

FAILURES_TO_SAFE = 3


class ExecutiveError(SchemaError):
    """Applications that cannot be scheduled, which a vehicle file may ask for; the message is one line."""


class Steps(Protocol):
    """What the executive runs. It may also have `invalidate()`, called after `step` raised."""

    def step(self) -> object:
        """Do the work of one tick."""


class Now(Protocol):
    """The part of `hal.clock.Clock` that the executive needs."""

    def now_ns(self) -> int:
        """Return mission time [ns]."""


class Application(NamedTuple):
    """One application: it runs in ticks whose number `divider` divides."""

    name: str  # also the `writer` of its sections
    application: Steps
    divider: int = 1


class Executive:
    """Runs `apps` in their order.

    `base_hz`: ticks a second; `tai_offset_ns`: TAI since 2000-01-01T12:00:00 TAI at mission time 0, with which
    `TaiSection` begins; `cost_clock`: host nanoseconds for execution times, such as `time.perf_counter_ns`. The events
    that an application raised are put into their queue when it has run.

    An exception in an application is caught, counted and raised as an event; its outputs become invalid: through its
    `invalidate()`, or else by clearing every `valid` flag of the sections it writes. Three in a row set
    `executive.failed`, on which the mode manager enters SAFE. Raises `ExecutiveError` for applications that share a
    name, are too many, or have a divider below 1.
    """

    def __init__(
        self,
        pool: Pool,
        apps: Sequence[tuple[str, Steps, int]],
        clock: Now,
        events: EventQueue,
        *,
        base_hz: int,
        tai_offset_ns: int = 0,
        cost_clock: Callable[[], int] | None = None,
    ) -> None:
        self.applications = tuple(Application(*app) for app in apps)
        _check(self.applications)
        self.names = tuple(app.name for app in self.applications)
        self.tracebacks: dict[str, str] = {}  # the last exception of each application, in words
        self._events = events
        self._state = pool.array(ExecutiveSection)
        pool.array(TaiSection)["offset_ns"] = tai_offset_ns
        self._flags = [_valid_flags(pool, name) for name in self.names]
        owners = {type(app.application).__module__.partition(".")[0] for app in self.applications}
        self.packages = frozenset({"fsw", "hal", *owners})  # whose code an exception is said to come from
        loop = Loop(
            tuple(app.application.step for app in self.applications), [app.divider for app in self.applications],
            base_hz, clock.now_ns, self._failed, self._recovered, events.inbox, events.collect, cost_clock,
        )  # fmt: skip
        loop.bind(pool)
        self.tick: Callable[[], None] = loop.tick

    def run(self, ticks: int) -> None:
        """Run `ticks` ticks."""
        for _ in range(ticks):
            self.tick()

    def caught(self, writer: str, error: BaseException) -> None:
        """Take note of an exception outside of a tick, in what application `writer` writes."""
        self._note(self.names.index(writer), 0, error)

    def _failed(self, index: int, error: BaseException) -> None:
        """Handle an exception of application `index`."""
        self._state["in_a_row"][index] += 1
        in_a_row = int(self._state["in_a_row"][index])
        self._note(index, in_a_row, error)
        if in_a_row == FAILURES_TO_SAFE:
            self._state["failed"] = 1
            self._events.raise_event(EventId.APPLICATION_FAILED, index, in_a_row)
        self._invalidate(index)

    def _note(self, index: int, in_a_row: int, error: BaseException) -> None:
        """Count an exception, keep its traceback and tell ground its type and place."""
        self.tracebacks[self.names[index]] = "".join(traceback.format_exception(error))
        self._state["exceptions"][index] += 1
        what = type_of(error), place_of(error, self.packages)
        self._events.raise_event(EventId.APPLICATION_EXCEPTION, index, in_a_row, *what)

    def _invalidate(self, index: int) -> None:
        """Make the outputs of application `index` invalid, also when its own `invalidate` fails."""
        own = getattr(self.applications[index].application, "invalidate", None)
        if own is not None:
            try:
                own()
                return
            except RAISED as error:
                self._note(index, int(self._state["in_a_row"][index]), error)
        for flag in self._flags[index]:
            flag[...] = 0

    def _recovered(self, index: int) -> None:
        """Note that application `index` runs again."""
        in_a_row = int(self._state["in_a_row"][index])
        self._state["in_a_row"][index] = 0
        self._state["failed"] = int((self._state["in_a_row"] >= FAILURES_TO_SAFE).any())
        self._events.raise_event(EventId.APPLICATION_RECOVERED, index, in_a_row)


def _valid_flags(pool: Pool, writer: str) -> list[Any]:
    """Return views of every field called `valid` or `..._valid` in the sections that `writer` writes."""
    return [
        pool.view(p.name)
        for p in pool.parameters()
        if p.section.writer == writer and (p.name.endswith((".valid", "_valid")))
    ]


def _check(applications: Sequence[Application]) -> None:
    """Raise `ExecutiveError` unless the applications can be scheduled."""
    if len(applications) > MAX_APPLICATIONS:
        raise ExecutiveError(f"{len(applications)} applications: found, expected at most {MAX_APPLICATIONS}")
    seen = set()
    for app in applications:
        if app.name in seen:
            raise ExecutiveError(f"application {app.name!r} appears twice; names must differ")
        if app.divider < 1:
            raise ExecutiveError(f"application {app.name!r}: found divider {app.divider}, expected 1 or more")
        seen.add(app.name)
