"""Events and actions of monitors that are confirmed or clear again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from fsw.autonomy.exclusions import Exclusions
from fsw.autonomy.monitors import Action, Monitors
from fsw.core.events import EventId, EventQueue, Severity
from fsw.core.requests import OnBoardRequest, RequestQueue
from fsw.guidance.modes import SafeReason
from fsw.health.devices import Exclusion

CONFIRMED = {
    Severity.INFORMATIVE: EventId.MONITOR_NOTED,
    Severity.LOW: EventId.MONITOR_LOW,
    Severity.MEDIUM: EventId.MONITOR_CONFIRMED,
    Severity.HIGH: EventId.MONITOR_HIGH,
}


class Actions:
    """Takes the actions of `monitors`; SAFE is left to the mode manager.

    What concerns devices and loads is asked of `exclusions` through the `requests` of this tick; `request` asks the
    mode manager for an ADCS mode.
    """

    def __init__(
        self, monitors: Monitors, exclusions: Exclusions, requests: RequestQueue, events: EventQueue,
        request: Callable[[int], object],
    ) -> None:  # fmt: skip
        self._monitors = monitors
        self._exclusions, self._requests = exclusions, requests
        self._raise = events.raise_event
        self._request = request
        self._with = {action: self._of(action) for action in Action}
        self._loads = sum(1 << i for i, _ in self._with[Action.SWITCH_OFF])
        self._unsafe = sum(1 << i for i, _ in self._with[Action.SAFE])
        self.reported = (1 << len(monitors.monitors)) - 1 - sum(1 << i for i, _ in self._with[Action.NONE])

    def _of(self, action: Action) -> list[tuple[int, int]]:
        """(index, argument) of every monitor with this action."""
        return [(i, m.argument) for i, m in enumerate(self._monitors.monitors) if m.action is action]

    def unsafe(self, confirmed: int) -> SafeReason:
        """Return the reason for SAFE of the first confirmed monitor that demands SAFE, or NONE."""
        if not confirmed & self._unsafe:
            return SafeReason.NONE
        return next(SafeReason(reason) for i, reason in self._with[Action.SAFE] if confirmed >> i & 1)

    def follow(self, changed: int, confirmed: int) -> None:
        """Report monitors that have changed, and take the actions of those that are confirmed now."""
        self._report(changed)
        new = changed & confirmed
        for i, device in self._with[Action.EXCLUDE]:
            if new >> i & 1:
                self._ask(self._exclusions.exclude, device, Exclusion.MONITOR, self._monitors.value(i))
        for i, load in self._with[Action.POWER_CYCLE]:
            if new >> i & 1:
                self._ask(self._exclusions.cycle, load)
        if changed & self._loads:
            loads = 0
            for i, load in self._with[Action.SWITCH_OFF]:
                loads |= load if confirmed >> i & 1 else 0
            self._ask(self._exclusions.hold_off, loads)
        for i, mode in self._with[Action.REQUEST]:
            if new >> i & 1:
                self._request(mode)

    def _ask(self, action: Callable[..., object], *arguments: float) -> None:
        self._requests.put(OnBoardRequest(self._exclusions.name, partial(action, *arguments)))

    def _report(self, changed: int) -> None:
        monitors = self._monitors
        for index, monitor in enumerate(monitors.monitors):
            if changed & self.reported & 1 << index:
                now = monitors.confirmed >> index & 1
                event = CONFIRMED[monitor.severity] if now else EventId.MONITOR_CLEARED
                self._raise(event, index, monitors.value(index), monitors.limit(index))
