"""The composition root of the flight software: all wiring, from top to bottom.

One tick reads as the list of applications does: exchange, sense, navigate, estimate, guide, control, actuate, monitor
(fdir and the mode manager), requests, telemeter. Extension applications run before monitoring, in the order of the
vehicle file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from fsw.autonomy.board_watch import BoardWatch
from fsw.autonomy.exclusions import Exclusions
from fsw.autonomy.isolation import Isolation
from fsw.autonomy.mode_manager import ModeManager
from fsw.comms.downlink import Downlink
from fsw.comms.telemeter import Telemeter
from fsw.comms.uplink import Uplink
from fsw.control.actuate import Actuate
from fsw.control.controller import Controller
from fsw.core.events import EventQueue
from fsw.core.executive import Executive, Steps
from fsw.core.parameters import ParameterStore
from fsw.core.persistence import SnapshotStore, Storage
from fsw.core.pool import Pool
from fsw.core.requests import RequestQueue
from fsw.core.sections import TimeSection
from fsw.dictionary.describe import describe, fill
from fsw.estimation.estimator import Estimator
from fsw.estimation.sense import Sense
from fsw.extensions import Extensions
from fsw.guidance.guide import Guide
from fsw.health.devices import fitted
from fsw.navigation.navigation import Navigation
from fsw.navigation.time_keeper import TimeKeeper
from fsw.pus.outbox import Outbox
from fsw.pus.requests import Requests
from fsw.pus.st01_verification import Acceptance, Verification
from fsw.pus.st03_housekeeping import Housekeeping
from fsw.pus.st05_events import EventReporting
from fsw.pus.st08_functions import FunctionManagement
from fsw.pus.st17_test import ConnectionTest
from fsw.pus.st20_parameters import ParameterManagement
from fsw.recorder.radio import NotedRadio
from fsw.restart.checkpoint import Checkpoint
from fsw.restart.restart import Restart
from fsw.restart.retained import RetainedMemory
from fsw.restart.start import Start
from hal.clock import Clock, MissionClock
from hal.drivers.unit import UnitDriver
from hal.exchange.exchange import Exchange
from hal.extension_loading import RAISED
from hal.links.link import ByteLink
from hal.saved import Saved, SavedError, State
from hal.vehicle.vehicle import Vehicle

FIRST = Start()


class FlightSoftware:
    """The flight software of one satellite.

    `links` maps adcs, eps, star_tracker, gnss, radio and any units to open links; `tai_offset_ns` is TAI since
    2000-01-01T12:00:00 TAI at mission time 0, as set before launch; `cost_clock` gives host nanoseconds for execution
    times, or None. `tick()` runs one tick; `exchange.octets` holds all octets that entered and left in it, with those
    of the radio as `fsw.recorder.radio` notes them. These octets and the arguments determine every bit of flight.

    Who moves time, as a simulator does, calls `send(t_ns)` with the time of the next tick, moves time there, and then
    calls `tick()`. On a clock that runs `tick()` alone does everything.

    With a `storage` flight saves checkpoints and continues from the last one (`fsw.restart`); the storage is then an
    input as well. `start`: what the supervisor knows about this start; `retained`: the memory that it keeps for flight;
    `background`: write checkpoints in a thread. The constructor then takes as long as the recovery of mission time.
    Without a storage the application `checkpoint` does nothing.
    """

    def __init__(
        self,
        vehicle: Vehicle,
        links: Mapping[str, ByteLink],
        clock: Clock,
        *,
        tai_offset_ns: int,
        cost_clock: Callable[[], int] | None = None,
        storage: Storage | None = None,
        start: Start = FIRST,
        retained: RetainedMemory | None = None,
        background: bool = False,
    ) -> None:
        extensions = Extensions(vehicle)
        place = None if retained is None else retained.place
        pool = self.pool = Pool(extensions.sections, extensions.registry, place, fitted(vehicle))
        if storage is not None:
            clock = mission_clock = MissionClock(clock)
        events = self.events = EventQueue(pool)
        self.parameters = ParameterStore(pool, vehicle, events, storage)
        dictionary = self.dictionary = describe(pool, vehicle, extensions.structures, extensions.event_names)
        fill(pool, dictionary)
        self.exchange = Exchange(vehicle, links, clock, pool)
        units = self.units = {n: d for n, d in self.exchange.drivers.items() if isinstance(d, UnitDriver)}
        self.exclusions = Exclusions(pool, vehicle, events)
        queue = RequestQueue()
        self.modes = ModeManager(pool, vehicle, events, self.exclusions, queue)
        self.extensions = extensions.make_applications(pool, events)

        radio = NotedRadio(links["radio"], self.exchange)
        outbox, apid = Outbox(), vehicle.radio.apid
        self.housekeeping = Housekeeping(pool, outbox, extensions.structures)
        reporting = EventReporting(pool, events, outbox)
        functions = FunctionManagement(self.exclusions.devices, (self.modes, self.exclusions))
        parameters = ParameterManagement(pool, self.parameters, outbox)
        services = {s.service: s for s in (
            self.housekeeping, reporting, functions, ConnectionTest(outbox, apid), parameters
        )}  # fmt: skip
        verification = Verification(outbox)
        acceptance = Acceptance(pool, apid, services, queue, verification=verification, events=events)
        uplink = Uplink(pool, vehicle.radio, radio, acceptance)
        telemeter = Telemeter(pool, vehicle.radio, vehicle.rates.base_hz, outbox, uplink.clcw)

        exchange = ExchangeStep(pool, self.exchange)
        self.send = exchange.send
        slow = vehicle.rates.base_hz // vehicle.rates.slow_hz
        self.checkpoint: Checkpoint | None = None
        checkpoint: tuple[str, Steps, int] = ("checkpoint", NoCheckpoint(), slow)  # applications keep their numbers
        if storage is not None:
            store = SnapshotStore(storage, events)
            if retained is not None:
                retained.attach(pool)
            self.checkpoint = Checkpoint(
                pool, store, period_ticks=round(vehicle.restart.checkpoint_period_s * vehicle.rates.base_hz),
                retry_ticks=slow, retained=retained, cost_clock=cost_clock, background=background,
            )  # fmt: skip
            checkpoint = ("checkpoint", self.checkpoint, 1)
        self.executive = Executive(
            pool,
            (
                ("exchange", exchange, 1),
                ("sense", Sense(pool, vehicle), 1),
                ("navigation", Navigation(pool, vehicle), 1),
                ("estimate", Estimator(pool, vehicle), 1),
                ("guide", Guide(pool, vehicle), 1),
                ("control", Controller(pool, vehicle), 1),
                ("actuate", Actuate(pool, vehicle), 1),
                ("boards", BoardWatch(pool, events), slow),
                ("time", TimeKeeper(pool, vehicle, events), slow),
                *self.extensions,
                ("fdir", Isolation(pool, vehicle, self.exclusions, events), 1),
                ("mode_manager", self.modes, 1),
                ("uplink", uplink, 1),
                ("requests", Requests(pool, queue, services, verification), 1),
                ("events", reporting, slow),
                ("housekeeping", self.housekeeping, slow),
                ("telemeter", telemeter, 1),
                checkpoint,
                ("downlink", Downlink(pool, radio, telemeter.cadus), 1),
            ),
            clock,
            events,
            base_hz=vehicle.rates.base_hz,
            tai_offset_ns=tai_offset_ns,
            cost_clock=cost_clock,
        )
        extensions.settle(self.executive, events, units)
        self.stores: dict[str, Saved] = {}  # what is remembered beside the pool, by name
        self.tick = self.executive.tick
        if self.checkpoint is not None:
            restart = Restart(pool, vehicle, events, store, retained, caught=self.executive.caught)
            restart.begin(start, mission_clock, links)
            self.parameters.load()
            fill(pool, dictionary)  # of this code, whatever wrote the snapshot
            events.collect()
            self.checkpoint.start()
            self.resume()

    def save(self) -> State:
        """Return all that flight remembers at the end of a tick, as plain data (`hal.saved`): pool and stores."""
        stores = {name: store.save() for name, store in self.stores.items()}
        return {"pool": self.pool.snapshot(), "stores": stores, "tracebacks": dict(self.executive.tracebacks)}

    def restore(self, state: State) -> None:
        """Continue from what flight of the same vehicle saved; raise `SnapshotError` or `SavedError` for another's."""
        self.pool.restore(state["pool"])
        if set(state["stores"]) != set(self.stores):
            raise SavedError(f"stores: found {sorted(state['stores'])}, expected {sorted(self.stores)}")
        for name, store in self.stores.items():
            store.restore(state["stores"][name])
        self.executive.tracebacks.update(state["tracebacks"])
        self.resume()

    def resume(self) -> None:
        """Continue from a restored pool: compute anew what applications keep outside of it.

        An extension that raises is told to ground; the others continue.
        """
        self.housekeeping.reload()
        for name, extension, _ in self.extensions:
            try:
                extension.resume()
            except RAISED as error:
                self.executive.caught(name, error)
        self.events.collect()


class NoCheckpoint:
    """Takes the place of the application `checkpoint` when there is no storage."""

    def step(self) -> None:
        """Do nothing."""


class ExchangeStep:
    """The exchange as the first application of the tick."""

    def __init__(self, pool: Pool, exchange: Exchange) -> None:
        self._t_ns = pool.array(TimeSection)["t_ns"].reshape(1).data
        self._send, self._exchange = exchange.send, exchange.exchange
        self._error: BaseException | None = None  # of `send`, for the executive

    def send(self, t_ns: int) -> None:
        """Send the commands that are due in the tick of mission time `t_ns` [ns], which has not begun."""
        try:
            self._send(t_ns)
        except RAISED as error:
            self._error = error

    def step(self) -> None:
        """Send commands unless that was done, wait for this tick's time, collect samples."""
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        self._exchange(self._t_ns[0])
