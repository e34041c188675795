"""A flight: flight software in a simulated world, with the ground at the other end of the radio link.

This is the one module of `sim` that composes `fsw`. The ground is given from outside.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any, cast

from ccsds.tm_frames import TmReceiver
from fsw.guidance.modes import AdcsMode
from fsw.main import FlightSoftware
from fsw.recorder.recorder import Mode, Recorder, RecordingSummary, flight_meta
from hal.handle import Handle, Handles, Owners
from hal.links.link import ByteLink
from hal.saved import SavedError, State, copied
from hal.vehicle.vehicle import Radio, Vehicle
from sim.faults.faults import Faults
from sim.faults.injection import Injection
from sim.ground import GroundFactory
from sim.physics.records import TruthRecord
from sim.requirements._measures import Measures
from sim.requirements.compiled import Entry
from sim.requirements.domain import DomainError, DomainWatch, Left
from sim.requirements.judge import Judge, entries
from sim.requirements.verdict import conduct
from sim.results.execution import Execution, Span, execution
from sim.results.ledger import Ledger, LinkLosses, Values, close_ledger
from sim.results.result import Raised, Result
from sim.scenario.planning import Plan, disperse, plan
from sim.scenario.satellites import require_one
from sim.scenario.scenario import Scenario
from sim.spacecraft.lockstep import BoardEnds
from sim.spacecraft.timing import BOARDS, TickTimes, Timing
from sim.universe import Universe

Progress = Callable[[float, str, float], None]
NS = 1_000_000_000
FLIGHT = {  # flight's values that the measures on truth need
    "q_est": "attitude.q_bi", "attitude_valid": "attitude.valid", "adcs_mode": "mode.adcs",
    "q_inertial": "mode.q_bi_inertial", "target_lat": "mode.target_lat_rad", "target_lon": "mode.target_lon_rad",
    "target_alt": "mode.target_alt_m",
}  # fmt: skip
MODES = {
    "sun": AdcsMode.SUN_POINTING, "inertial": AdcsMode.INERTIAL, "nadir": AdcsMode.NADIR, "target": AdcsMode.TARGET,
}  # fmt: skip
COUNTED = {"safe entries": "mode.system == SAFE"}  # how often this becomes true
VECTORS = {  # whose measurements are accepted or not: how flight's counters begin, and the kind of device
    "star_tracker": ("str", "star_tracker"), "magnetometer": ("mag", "magnetometer"),
    "sun_sensors": ("sun", "coarse_sun_sensors"),
}  # fmt: skip
PROGRESS_S = 60.0  # mission time between two calls of the progress, at full speed


class Mission:
    """One flight of `scenario`, dispersed by `seed`.

    `flight_vehicle` is flight's own copy of the vehicle file, the truth's when None. `boards`: both ports of boards
    that run elsewhere, the boards of the world when None. `out` is the run folder, needed unless `record` is "none".
    `ground` makes the ground end. `tap(name, link)` returns what flight gets for its end of that link. `meta` goes into
    the header of the recording besides what replay needs. `name` is that of the spacecraft in `universe`, which is one
    of its own if None; missions that share one fly together (`sim.fleet`).
    """

    def __init__(
        self,
        vehicle: Vehicle,
        scenario: Scenario,
        ground: GroundFactory,
        *,
        seed: int = 1,
        out: Path | None = None,
        duration_s: float | None = None,
        speed: float = 0.0,
        record: Mode = "none",
        flight_vehicle: Callable[[Vehicle], Vehicle] = lambda v: v,
        boards: Mapping[str, BoardEnds] | None = None,
        tap: Callable[[str, ByteLink], ByteLink] = lambda _name, link: link,
        meta: Mapping[str, Any] | None = None,
        name: str = "",
        universe: Universe | None = None,
    ) -> None:
        require_one(scenario)
        self.name, self.seed = name or vehicle.name, seed
        self._flown = self._began = 0  # ticks: in all, and those of a flight that this one goes on from
        self._stopped = False
        self._base_hz = vehicle.rates.base_hz
        self.progress_s = PROGRESS_S * min(speed, 60.0) / 60.0 if speed > 0 else PROGRESS_S
        self.duration_s = scenario.duration_s if duration_s is None else duration_s
        vehicle, scenario = disperse(vehicle, scenario, seed)
        self._scenario = scenario
        required = entries(vehicle, scenario)
        self.plan = plan(vehicle, scenario)
        self.universe = universe or Universe(
            scenario.physics, scenario.epoch_tai_ns, speed=speed, running=bool(boards)
        )  # fmt: skip
        self.world = self.universe.add(self.name, vehicle, scenario, seed, boards, flight_plan=self.plan)
        flown, tai_offset_ns = flight_vehicle(vehicle), scenario.epoch_tai_ns
        links = {name: tap(name, link) for name, link in self.world.links.items()}
        radio = links["radio"] = Tap(links["radio"])
        self.flight = FlightSoftware(
            flown, links, self.universe.clock, tai_offset_ns=tai_offset_ns, cost_clock=time.perf_counter_ns
        )
        exchange = self.flight.exchange

        def relink(name: str, link: ByteLink) -> None:
            radio.lead_to(link) if name == "radio" else exchange.relink(exchange.names.index(name), link)

        ends = links | {"radio": radio.link}
        self.faults = Faults(self.world, ends, relink, self._base_hz, partial(Downlink, vehicle.radio))
        for f in self.plan.faults:
            self.faults.inject(0, (f.target, f.fault), f.start_s, f.duration_s, f.parameters)
        self._times = TickTimes(self.flight.exchange, vehicle, speed) if self.world.real_time else None
        self.ground = ground(vehicle.radio, self.world.radio_ground, self.plan)
        self.ground.read_by(self.flight.dictionary)
        seen = Owners(self.flight.pool, truth=self.world, device_truth=self.world)
        self.judge = make_judge(required, vehicle, self.plan, seen)
        self._watch = DomainWatch(self.world)
        self.left: Left | None = None  # how the truth left the domain of its models
        self.recording = out / "recording.ssr" if out is not None and record != "none" else None
        truth = (Handle(TruthRecord, "truth", self.world.truth), 1)
        self.recorder = Recorder(
            self.recording or Path("unused"), self.flight.pool, (truth,), record if self.recording else "none",
            base_hz=vehicle.rates.base_hz,
            meta=dict(meta or {}) | flight_meta(flown, tai_offset_ns) | {"scenario": scenario.name, "seed": seed},
        )  # fmt: skip

    def fly(self, progress: Progress | None = None) -> Result:
        """Fly to the end, or until `stop`; `progress` is called after every `PROGRESS_S` of mission time."""
        start_ns = time.perf_counter_ns()
        with suppress(DomainError):
            while not self.is_over:
                self.advance(min(self.progress_s, self.duration_s - self.flown_s))
                self.flush()
                if progress is not None:
                    progress(*self.progress())
        return self.end((time.perf_counter_ns() - start_ns) * 1e-9)

    @property
    def is_over(self) -> bool:
        """Whether all has been flown, or the flight was stopped or has left the domain of its models."""
        return self._flown > self._began and (self._stopped or self.left is not None or self.flown_s >= self.duration_s)

    def progress(self) -> tuple[float, str, float]:
        """Return mission time [s], the mode, and the pointing error [deg]."""
        mode = self.flight.pool["mode.adcs"]
        return self.flown_s, getattr(mode, "name", str(mode)), self.judge.pointing_deg

    def flush(self) -> None:
        """Put what was flown so far into the files: what is killed leaves it."""
        self.recorder.flush()
        self.ground.flush()

    def stop(self) -> None:
        """End the flight at the next progress; what was flown is judged and kept."""
        self._stopped = True

    def advance(self, seconds: float) -> None:
        """Fly on for that much mission time; this loop is what `tick_us_mean` times.

        Raises `DomainError` after the tick in which the truth left the domain of its models, and ever after: what was
        flown before is judged and kept.
        """
        if self.left is not None:
            raise DomainError(self.left)
        begin, step, finish = self.begin, self.universe.step, self.finish
        for _ in range(max(1, round(seconds * self._base_hz))):
            t_ns = self._flown * NS // self._base_hz
            begin(t_ns)
            step(t_ns)
            if not finish(t_ns):
                raise DomainError(cast("Left", self.left))

    @property
    def next_ns(self) -> int:
        """Mission time of the next tick [ns]."""
        return self._flown * NS // self._base_hz

    def begin(self, t_ns: int) -> None:
        """Begin the tick of mission time `t_ns`, before the universe is there: faults, and flight's commands."""
        if self._flown >= self.faults.due:
            self.faults.step(self._flown)
        self.flight.send(t_ns)

    def finish(self, t_ns: int) -> bool:
        """Finish it when the universe is at `t_ns`; False when the truth has left the domain of its models."""
        flight = self.flight
        flight.tick()
        found = self._watch.step()
        if not found:
            self.judge.step()
        self.ground.step(t_ns)
        self.recorder.tick(flight.exchange.octets)
        if self._times is not None:
            self._times.step()
        self._flown += 1
        if found:
            self.left = self._watch.left(found)
        return not found

    def inject(
        self, target: str, fault: str, *, start_s: float | None = None, duration_s: float | None = None,
        **parameters: float,
    ) -> Injection:  # fmt: skip
        """Inject a fault of `sim.faults.catalogue` at mission time `start_s` [s], or now when it is None.

        It ends after `duration_s` [s], or with `clear`, or with the flight. `parameters` are numbers, by the names of
        the catalogue. Raises `sim.faults.catalogue.FaultError`, a `ValueError` of one line, for what is not in it.
        """
        return self.faults.inject(self._flown, (target, fault), start_s, duration_s, parameters)

    def clear(self, injection: Injection) -> None:
        """End an injected fault now, or cancel one that has not begun; no effect when it is over."""
        self.faults.clear(injection)

    @property
    def flown_s(self) -> float:
        """Mission time flown [s]."""
        return self._flown / self._base_hz

    def save(self) -> State:
        """Return everything at the end of a tick, as plain data (`hal.saved`): spacecraft, faults, flight, ground.

        Raises `SavedError` for what cannot be saved: boards elsewhere, clients of the space link, real time.
        """
        if self.universe.running:
            raise SavedError("a flight in real time cannot be saved")
        return copied({
            "flown": self._flown, "t_ns": self.universe.t_ns, "world": self.world.save(), "faults": self.faults.save(),
            "flight": self.flight.save(), "ground": self.ground.save(), "judge": self.judge.save(),
            "watch": self._watch.save(),
        })  # fmt: skip

    def restore(self, state: State) -> None:
        """Continue from what a mission of the same vehicle, scenario and seed saved, as if it had never stopped.

        Faults that are injected from here on make it another flight that shares all that was before. The recording
        begins with the next tick. Raises `SavedError`, `SnapshotError` or `PhysicsError` for what does not fit.
        """
        if self._flown:
            raise SavedError(f"restore: found a mission that has flown {self.flown_s:g} s, expected a new one")
        state = copied(state)
        self.faults.restore(state["faults"])
        self.world.restore(state["world"])
        self.flight.restore(state["flight"])
        self.ground.restore(state["ground"])
        self.judge.restore(state["judge"])
        self._watch.restore(state["watch"])
        self.universe.resume(state["t_ns"])
        self._flown = self._began = state["flown"]

    def ledger(self) -> Ledger:
        """Return the packet ledger as it is now; packets on their way count as unaccounted until they arrive."""
        links = self.faults.links
        return close_ledger(self.flight.pool, self.ground, LinkLosses(links.links, self.world.unit_links, links.late))

    def close(self) -> RecordingSummary:
        """End the flight: receive what is still on the radio link, and close the files."""
        self.ground.close()
        return self.recorder.close()

    def end(self, wall_s: float) -> Result:
        """Close the files and return the result; `wall_s` is how long the flight took."""
        wall_s = max(wall_s, 1e-9)
        summary = self.close()
        ledger, plan_execution, raised = self.ledger(), self.execution(), self.raised()
        return Result(
            seed=self.seed,
            duration_s=self.flown_s,
            realtime_factor=(self._flown - self._began) / self._base_hz / wall_s,
            tick_us_mean=wall_s / max(self._flown - self._began, 1) * 1e6,
            peak_rss_mb=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
            requirements=[
                *self.judge.judgements(
                    self._at_end(summary.octets),
                    self._scenario.is_to_show,
                    whole=self.flown_s >= self._scenario.duration_s,
                ),
                *conduct(
                    self.left,
                    len(plan_execution.missed),
                    sum(r.count for r in raised),
                    ledger.unaccounted if any(hop.generated for hop in ledger.hops) else None,
                    allows_exceptions=self._scenario.allows_exceptions,
                ),
            ],
            recording=self.recording,
            recording_sha256=summary.sha256,
            cadu_sha256=self.ground.cadu_sha256,
            ledger=ledger,
            interrupted=self._stopped,
            line_octets_a_tick=self.world.line_octets / max(self._flown - self._began, 1),
            real_time=self.real_time(),
            left=self.left,
            execution=plan_execution,
            raised=raised,
            safe_entries=self.judge.count("safe entries"),
        )

    def execution(self) -> Execution:
        """Return how much of the plan has been carried out so far."""
        fates, plan = self.ground.fates, self.plan
        asked = len(fates) == len(plan.telecommands)
        alone = asked and self.ground.commands == sum(fate is not None for fate in fates)
        return execution(
            Span(self.flown_s, self._scenario.duration_s), plan.telecommands, fates if asked else None, plan.faults,
            self.faults.injections[: len(plan.faults)],
            completed_on_board=int(self.flight.pool["requests.tc_completed"]) if alone else None,
        )  # fmt: skip

    def raised(self) -> tuple[Raised, ...]:
        """Return the exceptions of applications and drivers so far."""
        flight = self.flight
        counts = dict(zip(flight.executive.names, flight.pool["executive.exceptions"].tolist(), strict=False))
        counts |= {f"driver of {name}": int(d.counters["driver_errors"]) for name, d in flight.units.items()}
        known = flight.executive.tracebacks
        return tuple(Raised(name, count, known.get(name, "")) for name, count in counts.items() if count)

    def real_time(self) -> Timing | None:
        """Timing of the flight so far; None unless it is in real time."""
        if self._times is None:
            return None
        return self._times.result({name: getattr(self.world, name).missed for name in BOARDS})

    def _at_end(self, recorded_octets: int) -> dict[str, float | None]:
        """Return the measures that are known at the end (`sim.requirements.measures.END`)."""
        return accepted_shares(self.flight.pool, self.world.vehicle) | (
            {"recording_mb": recorded_octets / 1e6} if self.recording else {}
        )


def accepted_shares(pool: Values, vehicle: Vehicle) -> dict[str, float | None]:
    """Return the share of measurements that the estimator accepted, by kind on board; None where it has met none."""
    out: dict[str, float | None] = {}
    for name, (key, kind) in VECTORS.items():
        if not vehicle.of_kind(kind):
            continue
        accepted, rejected = int(pool[f"attitude.{key}_accepted"]), int(pool[f"attitude.{key}_rejected"])
        out[f"accepted_share.{name}"] = accepted / (accepted + rejected) if accepted + rejected else None
    return out


class Downlink:
    """Decodes what the satellite sends to ground, for the ledger of a link with faults."""

    def __init__(self, radio: Radio) -> None:
        self._receiver = TmReceiver(radio.rs_interleave, radio.scid)
        self.save, self.restore = self._receiver.save, self._receiver.restore

    def feed(self, octets: bytes) -> Iterable[object]:
        """Take octets in pieces of any size; return the packets that they complete."""
        return self._receiver.feed(octets).packets


class Tap:
    """Flight's end of the radio link, which can be led to another link during the flight."""

    def __init__(self, link: ByteLink) -> None:
        self.link = link
        self.lead_to(link)

    def lead_to(self, link: ByteLink) -> None:
        """Lead to `link` from now on."""
        self.write, self.read, self.close = link.write, link.read, link.close


def make_judge(required: Sequence[Entry], vehicle: Vehicle, plan: Plan, flight: Handles) -> Judge:
    """Make the judge of requirements, which reads the truth and flight's own state from `flight`."""
    tick_s = 1.0 / vehicle.rates.base_hz
    measures = Measures(
        FLIGHT, tick_s=tick_s, orbit_s=plan.orbit_s, payload_b=vehicle.pointing.payload_axis_b,
        sun_axis_b=vehicle.pointing.sun_axis_b, target=plan.target,
        wheel_limits=[w.momentum_max_nms / w.inertia_kgm2 for w in vehicle.units("reaction_wheels")], modes=MODES,
    )  # fmt: skip
    return Judge(required, measures, flight, tick_s=tick_s, orbit_s=plan.orbit_s, counted=COUNTED)
