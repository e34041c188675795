"""The mode manager: decides the modes of the satellite and its ADCS.

The tables are in `transitions.py`; this walks them. Every change of mode is an event.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from fsw.autonomy.actions import Actions
from fsw.autonomy.exclusions import Exclusions
from fsw.autonomy.monitors import Monitors
from fsw.autonomy.requests import NEEDED, OF_MODES, REQUESTED_MODE, Refusal, RequestResult
from fsw.autonomy.sections import AutonomySection
from fsw.autonomy.transitions import TRANSITIONS, monitors, possible_modes
from fsw.autonomy.vehicle_monitors import vehicle_monitors
from fsw.core.events import EventId, EventQueue
from fsw.core.pool import Pool
from fsw.core.requests import RequestQueue
from fsw.core.sections import ExecutiveSection, TimeSection
from fsw.guidance.modes import AdcsMode, SafeReason, SystemMode
from fsw.guidance.sections import ModeSection
from hal.vehicle.functions import BY_NUMBER, Function, arguments_fit
from hal.vehicle.vehicle import Vehicle


class ModeManager:
    """Writes `ModeSection`; runs as the application "mode_manager", after control and before telemetry.

    Raises `SchemaError` when a monitor of the vehicle file names what is not there.
    """

    name = "mode_manager"  # of the application
    functions = OF_MODES  # that it carries out

    def __init__(
        self, pool: Pool, vehicle: Vehicle, events: EventQueue, exclusions: Exclusions, requests: RequestQueue
    ) -> None:
        self._events = events
        self._t_ns = pool.array(TimeSection)["t_ns"]
        self._mode = pool.array(ModeSection)
        self._memory = pool.array(AutonomySection)
        self._executive = pool.array(ExecutiveSection)
        self.monitors = Monitors(pool, monitors(vehicle, vehicle_monitors(pool, vehicle)))
        self._actions = Actions(self.monitors, exclusions, requests, events, self.request)
        bits = self.monitors.bits
        self._check = self.monitors.step
        self._ready = bits(*(f"{board}_ready" for board in vehicle.boards_in_use))
        self._possible = possible_modes(vehicle)
        self._memory["modes_possible"] = sum(1 << mode for mode in self._possible)
        self._target_up = bits("target_up")
        self._rate_low = bits("rate_low")
        self._transitions = [(t, bits(*t.guard)) for t in TRANSITIONS if t.target in self._allowed()]
        self._undecided = self._memory["undecided"].reshape(1).data
        self._undecided[0] = 1

    def step(self) -> None:
        """Check the monitors; change modes when a monitor or the last change requires it."""
        changed = self._check()
        if changed or self._undecided[0]:
            self._decide(changed)

    def _allowed(self) -> frozenset[AdcsMode]:
        """Return the modes that transitions may lead to: DETUMBLE always, where the satellite does what it can."""
        return self._possible | {AdcsMode.DETUMBLE}

    def invalidate(self) -> None:
        """Called when `step` raised an exception: the third in a row leads to SAFE without a decision."""
        self._undecided[0] = 1
        if self._executive["failed"] and self._mode["system"] != SystemMode.SAFE:
            self._enter_safe(SafeReason.APPLICATION_FAILED)

    def request(self, request: int, arguments: Sequence[float] = ()) -> RequestResult:
        """Execute a mode request of ground (a `Function` of modes), or refuse it and change only counters."""
        result = self.judge(request, arguments)
        if result.accepted:
            self.perform(BY_NUMBER[request], arguments)
        return result

    def judge(self, request: int, arguments: Sequence[float] = ()) -> RequestResult:
        """Judge whether a mode request is possible now; a refusal is counted and raises an event."""
        reason = self._refusal(request, arguments)
        if reason is not Refusal.NONE:
            self._memory["requests_refused"] += 1
            self._events.raise_event(EventId.REQUEST_REFUSED, request, reason)
        return RequestResult(reason is Refusal.NONE, reason)

    def perform(self, request: Function, arguments: Sequence[float] = ()) -> None:
        """Execute a mode request that `judge` has accepted."""
        self._memory["requests_accepted"] += 1
        self._carry_out(request, arguments)

    # -------------------------------------------------------------- decisions

    def _decide(self, changed: int) -> None:
        """Compare the confirmed monitors with the tables."""
        self._undecided[0] = 0
        confirmed = self.monitors.confirmed
        if changed & self._actions.reported:
            self._actions.follow(changed, confirmed)
        system = int(self._mode["system"])
        unsafe = self._actions.unsafe(confirmed)
        if unsafe and system != SystemMode.SAFE:
            self._enter_safe(unsafe)
        elif system == SystemMode.BOOT and confirmed & self._ready == self._ready:
            self._set_system(SystemMode.NOMINAL)
            self._acquire()
        else:
            if confirmed & self._target_up:
                self._see_target()
            self._follow(confirmed, system)

    def _see_target(self) -> None:
        """Note that the target is above the horizon, unless guidance does not yet know the target."""
        if self._t_ns > self._mode["adcs_since_ns"]:
            self._memory["target_seen"] = 1
        else:
            self._undecided[0] = 1

    def _follow(self, confirmed: int, system: int) -> None:
        """Make the first ADCS transition whose guard holds."""
        adcs = int(self._mode["adcs"])
        for transition, guard in self._transitions:
            if adcs == transition.source and confirmed & guard == guard and system in transition.system:
                if transition.source is AdcsMode.TARGET and transition.target is AdcsMode.NADIR:
                    self._events.raise_event(EventId.TARGET_SET, float(self._elevation_mask()))
                self._set_adcs(transition.target)
                if transition.acquire:
                    self._memory["acquiring"] = 1
                return

    def _elevation_mask(self) -> float:
        return self.monitors.limit(self._target_up.bit_length() - 1)

    # -------------------------------------------------------------- requests

    def _refusal(self, request: int, arguments: Sequence[float]) -> Refusal:
        """Return the reason why a request is refused."""
        if request not in OF_MODES:
            return Refusal.UNKNOWN_REQUEST
        if not arguments_fit(BY_NUMBER[request], arguments):
            return Refusal.BAD_ARGUMENT
        if request == Function.ENTER_SAFE:
            return Refusal.NONE
        if (self._mode["system"] == SystemMode.SAFE) != (request == Function.LEAVE_SAFE) or (
            self._mode["system"] == SystemMode.BOOT
        ):
            return Refusal.WRONG_SYSTEM_MODE
        return self._not_now(BY_NUMBER[request])

    def _not_now(self, what: Function) -> Refusal:
        """Return the condition that forbids a request which the system mode allows."""
        confirmed = self.monitors.confirmed
        if what in REQUESTED_MODE and REQUESTED_MODE[what] not in self._possible:
            return Refusal.NOT_POSSIBLE
        if what is Function.LEAVE_SAFE:
            return Refusal.STILL_UNSAFE if self._actions.unsafe(confirmed) else Refusal.NONE
        tumbling = self._mode["adcs"] in (AdcsMode.DETUMBLE, AdcsMode.IDLE) and not confirmed & self._rate_low
        if tumbling and what not in (Function.DETUMBLE, Function.IDLE):
            return Refusal.RATE_TOO_HIGH
        missing = (reason for name, reason in NEEDED.get(what, ()) if not confirmed & self.monitors.bits(name))
        return next(missing, Refusal.NONE)

    def _carry_out(self, what: Function, arguments: Sequence[float]) -> None:
        """Execute an accepted request."""
        if what is Function.ENTER_SAFE:
            if self._mode["system"] != SystemMode.SAFE:
                self._enter_safe(SafeReason.GROUND_REQUEST)
            return
        if what is Function.LEAVE_SAFE:
            self._set_system(SystemMode.NOMINAL)
        if what in (Function.LEAVE_SAFE, Function.DETUMBLE):
            self._acquire()
            return
        if what is Function.TRACK_TARGET:
            for name, value in zip(("target_lat_rad", "target_lon_rad", "target_alt_m"), arguments, strict=True):
                self._mode[name] = value
        elif what is Function.HOLD_INERTIAL:
            norm = math.hypot(*arguments)
            self._mode["q_bi_inertial"] = [value / norm for value in arguments]
        self._memory["acquiring"] = 0  # ground's choice is held
        self._set_adcs(REQUESTED_MODE[what])

    # -------------------------------------------------------------- changes

    def _acquire(self) -> None:
        """Start the acquisition: DETUMBLE, then whatever the conditions allow."""
        self._memory["acquiring"] = 1
        self._set_adcs(AdcsMode.DETUMBLE)

    def _enter_safe(self, reason: SafeReason) -> None:
        """Enter SAFE: the ADCS detumbles, then points the arrays at the Sun."""
        self._mode["safe_reason"] = reason
        self._events.raise_event(EventId.SAFE_ENTERED, int(self._mode["system"]), int(self._mode["adcs"]), reason)
        self._set_system(SystemMode.SAFE)
        self._memory["acquiring"] = 0
        self._set_adcs(AdcsMode.DETUMBLE)

    def _set_system(self, mode: SystemMode) -> None:
        self._events.raise_event(EventId.SYSTEM_MODE_CHANGED, int(self._mode["system"]), mode)
        self._mode["system"] = mode
        self._mode["system_since_ns"] = self._t_ns
        self._memory["transitions"] += 1
        self._undecided[0] = 1

    def _set_adcs(self, mode: AdcsMode) -> None:
        self._memory["target_seen"] = 0
        self._undecided[0] = 1
        if mode == self._mode["adcs"] and mode is not AdcsMode.TARGET:  # another target is another start
            return
        self._events.raise_event(EventId.ADCS_MODE_CHANGED, int(self._mode["adcs"]), mode)
        self._mode["adcs"] = mode
        self._mode["adcs_since_ns"] = self._t_ns
        self._memory["transitions"] += 1
