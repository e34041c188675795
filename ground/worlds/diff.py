"""`smartsat diff`: flies one scenario in two worlds at once and compares them bit for bit, tick by tick.

After every tick all bus octets and all sections of the pool, except those marked `platform`, must be the same. The
first difference is named: parameter, both values, the packet that carried it.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from rich.console import Console

from fsw.core.pool import Parameter, Pool
from ground.common.loading import load_pair
from ground.common.progress import progress
from ground.common.signals import Asked, gently
from ground.link.packets import PacketDifference, element, first_difference
from ground.link.segment import GroundSegment
from ground.recordings.events import clock
from ground.worlds.worlds import HALS, WorldError, open_boards, parse_images
from hal import json_text
from hal.collector import collector_paused
from hal.exit_codes import ExitCode
from sim.mission import Mission
from sim.requirements.domain import DomainError

PROGRESS_TICKS = 100


@dataclass(frozen=True)
class Options:
    """Options of the command line; `worlds`: two names with a comma; `images`: BOARD=PATH, for emulated worlds."""

    scenario: str
    worlds: str
    vehicle: str = "reference"
    seed: int = 1
    duration_s: float | None = None
    images: tuple[str, ...] = ()
    as_json: bool = False


@dataclass(frozen=True)
class Difference:
    """The first difference; values are of the first and the second world."""

    tick: int
    t_s: float
    parameter: str  # empty when only octets differ
    values: tuple[str, str]
    packet: PacketDifference | None  # None: no packet of this tick differs, so flight itself does


@dataclass(frozen=True)
class Outcome:
    """The result of a comparison."""

    ticks: int
    octets: int  # on the buses and unit links, in one world
    line_octets_a_tick: float  # on both ports of both boards, when a world has them elsewhere
    sha256: str  # of all octets and sections of all ticks, of the first world
    modes: tuple[str, ...]  # seen, in order of appearance
    difference: Difference | None
    interrupted: bool
    left: str = ""  # how the truth of a world left the domain of its models, which ended the flights


class PairedMissions:
    """Two missions in lock-step with each other."""

    def __init__(self, names: tuple[str, str], missions: tuple[Mission, Mission]) -> None:
        self.names, self.missions = names, missions
        self.first, self.second = (m.flight.pool for m in missions)
        self.ticks = self.octets = 0
        self.modes: dict[str, None] = {}
        self._hash = hashlib.sha256()
        self._spans = _compared(self.first)
        self._views = [[pool.memory[lo:hi] for lo, hi in self._spans] for pool in (self.first, self.second)]
        self.tick_s = 1.0 / missions[0].world.vehicle.rates.base_hz

    def tick(self) -> Difference | None:
        """Fly one tick in both worlds; return the first difference."""
        for mission in self.missions:
            mission.advance(self.tick_s)
        here, there = (m.flight.exchange.octets for m in self.missions)
        self.ticks += 1
        if here != there or any(not np.array_equal(a, b) for a, b in zip(*self._views, strict=True)):
            return self._difference(here, there)
        for _, _, octets in here:
            self._hash.update(octets)
            self.octets += len(octets)
        for view in self._views[0]:
            self._hash.update(view.data)
        self.modes.setdefault(f"{_name(self.first['mode.system'])} {_name(self.first['mode.adcs'])}")
        return None

    @property
    def sha256(self) -> str:
        """Hash of everything compared so far."""
        return self._hash.hexdigest()

    def _difference(self, here: list[Any], there: list[Any]) -> Difference:
        """Name the first parameter that differs, and the packet."""
        tick = self.ticks - 1
        links = self.missions[0].flight.exchange.names
        packet = first_difference(here, there, links, self.missions[0].world.vehicle) if here != there else None
        parameter = next((p for p in _flow(self.first) if not _same(p, self.first, self.second)), None)
        name, values = "", ("", "")
        if parameter is not None:
            a, b = self.first.view(parameter.name), self.second.view(parameter.name)
            name, left, right = element(parameter.name, a, b)
            values = (left, right)
        return Difference(tick, tick * self.tick_s, name, values, packet)


def parse_worlds(text: str) -> tuple[str, str]:
    """Return the two names of "sim,qemu"; raise `WorldError` for what is not two worlds."""
    names = tuple(name.strip() for name in text.split(","))
    if len(names) != 2 or not all(name in HALS for name in names):
        raise WorldError(f"--worlds {text!r}: expected two of {', '.join(HALS)}, as sim,qemu")
    return names[0], names[1]


def run(options: Options) -> int:
    """Fly both and report; return an `ExitCode`: `NOT_MET` when they differ or left the domain of the models.

    Raises `InputError` for what cannot be flown.
    """
    console = Console(stderr=options.as_json, highlight=False, soft_wrap=True)
    with gently() as asked:
        outcome = fly(options, console, asked)
    if options.as_json:
        print(json_text.dumps(asdict(outcome) | {"worlds": options.worlds}))
    else:
        for line in lines(options, outcome):
            console.print(line, markup=False)
    if outcome.difference is not None or outcome.left:
        return ExitCode.NOT_MET
    return asked.exit_code(ExitCode.OK)


def lines(options: Options, outcome: Outcome) -> list[str]:
    """The verdict in words."""
    first, second = parse_worlds(options.worlds)
    if outcome.line_octets_a_tick:
        per_tick = f", {outcome.line_octets_a_tick:.0f} octets a tick on the boards' ports"
    else:
        per_tick = ""
    d = outcome.difference
    if d is None:
        head = "interrupted; identical so far" if outcome.interrupted else "identical"
        head = "ended; identical so far" if outcome.left else head
        return [
            *([outcome.left] if outcome.left else []),
            f"{head}: {first} and {second}, {outcome.ticks} ticks, {outcome.octets} octets{per_tick}",
            f"modes: {', '.join(outcome.modes)}",
            f"sha256 {outcome.sha256}",
        ]
    out = [f"different at tick {d.tick}, {d.t_s:.1f} s:"]
    if d.parameter:
        out.append(f"  {d.parameter}: {d.values[0]} in {first}, {d.values[1]} in {second}")
    if d.packet is not None:
        out.append(f"  carried by {d.packet.place}: {d.packet.recorded} in {first}, {d.packet.today} in {second}")
    else:
        out.append("  no octet on a link differs: the difference arises in flight")
    return out


def fly(options: Options, console: Console, asked: Asked) -> Outcome:
    """Fly the scenario in both worlds until the end, a difference, or until it is `asked` to end."""
    names, images = parse_worlds(options.worlds), parse_images(options.images)
    vehicle, scenario = load_pair(options.vehicle, options.scenario)
    with contextlib.ExitStack() as stack:
        missions = []
        for name in names:
            boards = stack.enter_context(open_boards(name, vehicle, images))
            flight = Mission(
                vehicle, scenario, GroundSegment, seed=options.seed, duration_s=options.duration_s, boards=boards
            )
            missions.append(flight)
        pair = PairedMissions(names, (missions[0], missions[1]))
        difference, left = _advance(pair, console, asked)
    return Outcome(
        pair.ticks, pair.octets, max(m.world.line_octets for m in missions) / max(pair.ticks, 1), pair.sha256,
        tuple(pair.modes),
        difference, bool(asked.number), left,
    )  # fmt: skip


def _advance(pair: PairedMissions, console: Console, asked: Asked) -> tuple[Difference | None, str]:
    """Fly all ticks with a progress bar; return the first difference, and how the truth left its models."""
    total = round(pair.missions[0].duration_s / pair.tick_s)
    try:
        with collector_paused(), progress(console, " and ".join(pair.names), total) as show:
            while pair.ticks < total and not asked.number:
                difference = pair.tick()
                if difference is not None:
                    return difference, ""
                if pair.ticks % PROGRESS_TICKS == 0:
                    show(pair.ticks, clock(pair.ticks * pair.tick_s))
    except DomainError as error:
        return None, str(error)
    return None, ""


def _compared(pool: Pool) -> list[tuple[int, int]]:
    """Return the positions of the sections that must be equal, as octets of the pool; neighbours together."""
    spans: list[tuple[int, int]] = []
    for section in pool.sections:
        if section.platform:
            continue
        lo = pool.offset(section)
        hi = lo + section.size
        if spans and spans[-1][1] == lo:
            spans[-1] = (spans[-1][0], hi)
        else:
            spans.append((lo, hi))
    return spans


def _flow(pool: Pool) -> list[Parameter]:
    """Return the compared parameters, samples first: inputs from boards and units before flight's results."""
    compared = [p for p in pool.parameters() if not p.section.platform]
    return sorted(compared, key=lambda p: p.section.section != "samples")


def _same(p: Parameter, first: Pool, second: Pool) -> bool:
    return first.view(p.name).tobytes() == second.view(p.name).tobytes()


def _name(value: Any) -> str:  # noqa: ANN401 - an enum's member or a number
    return str(getattr(value, "name", value))
