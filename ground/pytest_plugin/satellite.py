"""The fixture's satellite: time advances only when the test says so; the test sees ground's data, or the truth."""

from __future__ import annotations

import difflib
import signal
import threading
from collections.abc import Callable
from operator import methodcaller
from typing import Any, NamedTuple

from ccsds.packets import TmPacket
from fsw.guidance.modes import AdcsMode, SafeReason, SystemMode
from fsw.pus.messages import Tc
from ground.link.segment import GroundSegment
from ground.link.telecommands import SentTelecommand, TelecommandError, function_data
from ground.link.telemetry import NotReceivedError, Telemetry, TelemetryError
from ground.pytest_plugin.received import Events, ReceivedTelemetry
from sim.faults.catalogue import FaultError
from sim.faults.injection import Injection
from sim.mission import Mission
from sim.physics.records import TruthRecord
from sim.requirements.domain import DomainError
from sim.requirements.measures import MEASURES
from sim.results.ledger import Ledger

NS = 1_000_000_000
SHOWN_EVENTS = 5
JUDGED = ("knowledge_deg", "pointing_deg")
TICKS_UNASKED = 10  # flown before Ctrl-C is looked for
ARRIVAL_S = 10.0  # mission time that what is on its way gets to arrive


class NotMetError(AssertionError):
    """A condition that was not met in time."""


class TruthError(KeyError):
    """A name that the truth does not have; the message is one line."""

    def __init__(self, name: str, names: tuple[str, ...]) -> None:
        close = difflib.get_close_matches(name, names, 3, 0.4)
        super().__init__(f"{name}: not in the truth" + (f"; did you mean {' or '.join(close)}?" if close else ""))

    def __str__(self) -> str:
        return str(self.args[0])


ONE_LINE = (DomainError, NotMetError, TruthError, TelemetryError, TelecommandError, FaultError)
__tracebackhide__ = methodcaller("errisinstance", ONE_LINE)  # pytest shows the line of the test


class Mode(NamedTuple):
    """The modes according to telemetry."""

    system: SystemMode
    adcs: AdcsMode
    safe_reason: SafeReason


class Truth:
    """The simulator's own record of now, by name, in SI units: `truth["rate_bi_b_radps"]`.

    The names are those of `sim.physics.records.TruthRecord`; of what is true of the devices, as in
    `truth["power.state_of_charge"]` (`sim/devices/<kind>/records.py`); and the measures of requirements
    (`sim.requirements.records.MeasureRecord`; nan while one has no meaning). Two of them are there under short names:
    `knowledge_deg` (180 without an estimate) and `pointing_deg` (180 in modes that point to nothing).
    """

    def __init__(self, mission: Mission) -> None:
        self._judge = mission.judge
        devices = mission.world.device_truth
        self._of = {
            f"{name}.{field}": (truth, field) for name, truth in devices.items() for field in truth.dtype.names or ()
        }
        self._of |= {f.name: (mission.world.truth, f.name) for f in TruthRecord.fields}

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - as declared: a number or an array
        if name in JUDGED:
            return getattr(self._judge, name)
        if name in MEASURES:
            return self._judge.measure(name)
        if name not in self._of:
            raise TruthError(name, self.names)
        record, field = self._of[name]
        value = record[field]
        return value.copy() if value.ndim else value.item()

    @property
    def names(self) -> tuple[str, ...]:
        """All names."""
        return (*self._of, *JUDGED, *MEASURES)


class Satellite:
    """One flight, driven by a test.

    `telemetry`: the latest value of each housekeeping parameter, as decoded on ground from the downlink. `events`: as
    received on ground. `truth`: what is so. `mission`: the flight itself, for what the ground cannot reach; what is
    changed there is not in the recording, so that its replay ends with the first difference.
    """

    def __init__(self, mission: Mission, segment: GroundSegment, received: ReceivedTelemetry) -> None:
        self.mission = mission
        self.events: Events = received.events
        self.truth = Truth(mission)
        self._segment, self._received = segment, received
        pool = mission.flight.pool  # its dictionary, and the structures that it is launched with
        by_id = {p.id: p.name for p in pool.parameters()}
        lengths, ids = pool["housekeeping.length"], pool["housekeeping.parameter_ids"]
        structures = [
            (sid, int(interval_s), tuple(by_id[int(i)] for i in ids[sid][: lengths[sid]]))
            for sid, interval_s in enumerate(pool["housekeeping.interval_s"])
            if interval_s
        ]
        received.epoch_tai_ns = mission.world.scenario.epoch_tai_ns
        self.telemetry = Telemetry(pool.parameters(), structures, received.epoch_tai_ns, self._send)
        received.telemetry = self.telemetry
        received.words = segment.describe

    # -------------------------------------------------------------- time

    @property
    def t_s(self) -> float:
        """Mission time flown [s]."""
        return self.mission.flown_s

    def advance(self, seconds: float = 0.0, minutes: float = 0.0, hours: float = 0.0) -> None:
        """Fly on for that much mission time, in whole ticks; raise ValueError for less than one."""
        wanted_s = seconds + 60.0 * minutes + 3600.0 * hours
        if not self._tick_s - 1e-9 <= wanted_s < 1e9:
            raise ValueError(f"advance: found {wanted_s:g} s, expected at least one tick of {self._tick_s:g} s")
        self._fly(round(wanted_s / self._tick_s))

    def until(self, condition: Callable[[], object], timeout_s: float) -> float:
        """Fly until `condition()` holds, asked after every tick; return the mission time that took [s].

        Telemetry that has not come yet does not meet a condition. Raises `NotMetError`, which fails the test, when it
        does not hold within `timeout_s` of mission time.
        """
        start_s, tick_s = self.t_s, self._tick_s
        while not _holds(condition):
            if self.t_s - start_s > timeout_s - 0.5 * tick_s:
                raise NotMetError(f"not met within {timeout_s:g} s of mission time: {self!r}")
            self._fly(1)
        return self.t_s - start_s

    def _fly(self, ticks: int) -> None:
        """Fly so many ticks; Ctrl-C ends them between two, and never inside of one, where kernels would lose it."""
        self.telemetry.read.clear()
        pressed: list[int] = []
        here = threading.current_thread() is threading.main_thread()
        before = signal.signal(signal.SIGINT, lambda number, _frame: pressed.append(number)) if here else None
        try:
            while ticks > 0 and not pressed:
                chunk = min(ticks, TICKS_UNASKED)
                self.mission.advance(chunk * self._tick_s)
                ticks -= chunk
        finally:
            if here:
                signal.signal(signal.SIGINT, before)
        if pressed:
            raise KeyboardInterrupt

    @property
    def _tick_s(self) -> float:
        return 1.0 / self.mission.world.vehicle.rates.base_hz

    # -------------------------------------------------------------- commands

    def telecommand(self, what: str | int, *arguments: Any) -> SentTelecommand:  # noqa: ANN401 - numbers or octets
        """Send a telecommand now; flight executes it in the next ticks, and the returned object then has the result.

        `telecommand("track_target", 0.8, 0.2, 0.0)`: a function of ST[08] by name, with its arguments.
        `telecommand(17, 1)`, `telecommand(5, 6, data)`: any service and subtype, with application data in octets.
        Raises `TelecommandError` for one that cannot be written.
        """
        if isinstance(what, str):
            return self._send(*Tc.PERFORM_FUNCTION.value, function_data(what, arguments), what)
        numbers, data = (what, *arguments[:1]), arguments[1:] or (b"",)
        fits = len(numbers) == 2 and all(isinstance(n, int) and 0 <= n <= 255 for n in numbers)
        if not fits or len(data) != 1 or not isinstance(data[0], bytes):
            raise TelecommandError(f"found {(what, *arguments)!r}, expected service, subtype and octets, as 17, 1, b''")
        return self._send(numbers[0], numbers[1], data[0])

    def _send(self, service: int, subtype: int, data: bytes, name: str = "") -> SentTelecommand:
        t_ns = round(self.t_s * NS)
        request_id = self._segment.telecommand(service, subtype, data, t_ns)
        self.telemetry.sent(service, subtype, data)
        self._received.sent.append(SentTelecommand(name or f"TC[{service},{subtype}]", request_id, self.t_s))
        return self._received.sent[-1]

    # -------------------------------------------------------------- faults

    def inject(
        self, target: str, fault: str, *, start_s: float | None = None, duration_s: float | None = None,
        **parameters: float,
    ) -> Injection:  # fmt: skip
        """Inject a fault of the catalogue (`smartsat faults list`) at mission time `start_s` [s], now when it is None.

        It ends after `duration_s` [s], or with `clear`, or with the flight. Raises `sim.faults.catalogue.FaultError`,
        with one line, for what is not in the catalogue.
        """
        return self.mission.inject(target, fault, start_s=start_s, duration_s=duration_s, **parameters)

    def clear(self, injection: Injection) -> None:
        """End an injected fault now, or cancel one that has not begun; no effect when it is over."""
        self.mission.clear(injection)

    # -------------------------------------------------------------- what is seen

    @property
    def mode(self) -> Mode:
        """The modes as the last housekeeping report says: at most a second old, and as old as the downlink."""
        return Mode(*(self.telemetry[f"mode.{name}"] for name in Mode._fields))

    def reports(self, service: int, subtype: int) -> list[TmPacket]:
        """Return every TM[service,subtype] received so far; not kept of housekeeping, which is `telemetry`."""
        return [tm for tm in self._received.reports if (tm.service_type, tm.message_subtype) == (service, subtype)]

    def __repr__(self) -> str:
        known = "mode.system" in self.telemetry
        words = [str(self.telemetry.peek(f"mode.{name}").name) for name in Mode._fields[:2]] if known else []
        return f"<satellite at {' '.join([f'{self.t_s:.1f} s', *words])}>"

    def story(self) -> list[str]:
        """Return the state of the flight: time and modes, failed telecommands, the last events; a line each."""
        failed = [f"failed: {command}" for command in self._received.sent if command.failure]
        return [repr(self), *failed, *(f"event: {event}" for event in self.events[-SHOWN_EVENTS:])]

    def settled_ledger(self) -> Ledger:
        """Fly on until every packet has arrived, for at most `ARRIVAL_S`; return the packet ledger."""
        end_s = self.t_s + ARRIVAL_S
        while (ledger := self.mission.ledger()).unaccounted and self.t_s < end_s:
            self.mission.advance(self._tick_s)
        return ledger


def _holds(condition: Callable[[], object]) -> bool:
    try:
        return bool(condition())
    except NotReceivedError:
        return False
