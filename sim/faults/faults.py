"""The faults of one flight, with their times.

Faults begin and end between two ticks, before the first tick at or after their time: sensors show them from that tick's
sample on, what actuators do changes with the command of that tick.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from hal.links.link import ByteLink
from hal.packet import FrameDecoder
from hal.saved import SavedError, State
from sim.devices.listed import listed_devices
from sim.faults.boards import BoardFaults
from sim.faults.catalogue import Catalogue, FaultError
from sim.faults.devices import DeviceFaults
from sim.faults.injection import Injection
from sim.faults.links import LinkFaults
from sim.faults.witness import Decoder

if TYPE_CHECKING:
    from sim.spacecraft.spacecraft import Spacecraft

NEVER = 1 << 62  # a tick that does not come


class Level(Protocol):
    """Applies the faults of one level."""

    def check(self, injection: Injection) -> None:
        """Raise `FaultError` when this fault cannot be injected here; prepare for it."""

    def start(self, injection: Injection) -> None:
        """Begin the fault."""

    def stop(self, injection: Injection) -> None:
        """End the fault."""


class Faults:
    """All faults of a flight. `due` is the tick before which `step` has work to do."""

    def __init__(
        self,
        world: Spacecraft,
        links: Mapping[str, ByteLink],
        relink: Callable[[str, ByteLink], None],
        base_hz: int,
        downlink: Callable[[], Decoder],
    ) -> None:
        """`downlink` makes a decoder of what the satellite sends to ground."""
        self._base_hz = base_hz
        self.catalogue = Catalogue(world.vehicle)
        self._world = world
        made = {d.name: d.model.decoder for d in listed_devices(world.vehicle) if d.model.decoder is not None}
        decoders = {name: (make, make) for name, make in (dict.fromkeys(world.controls, FrameDecoder) | made).items()}
        self.links = LinkFaults(
            world.seed,
            links,
            relink,
            now_ns=lambda: world.t_ns,
            reaches=self._reaches,
            decoders=decoders | {"radio": (downlink, None)},
        )
        self._boards = BoardFaults(world, world.controls, self.links)
        self._devices = DeviceFaults(world)
        self._levels: Mapping[str, Level] = {
            "physics": self._devices, "board": self._boards, "link": self.links,
        }  # fmt: skip
        if world.scenario.ground.visibility != "continuous":
            self.links.stand_in("radio")
        self.injections: list[Injection] = []
        self.due = NEVER

    def inject(
        self, tick: int, name: tuple[str, str], start_s: float | None, duration_s: float | None,
        parameters: Mapping[str, object],
    ) -> Injection:  # fmt: skip
        """Take over the fault of `name` (target, fault); begin it at once if its time has come; raise `FaultError`."""
        target, fault = name
        kind, values = self.catalogue.check(target, fault, parameters)
        now_s = tick / self._base_hz
        start_s = now_s if start_s is None else _time(f"{target} {fault}: start_s", start_s, now_s)
        if kind.momentary and duration_s is not None:
            raise FaultError(f"{target} {fault}: duration_s: found {duration_s!r}, expected none: it happens once")
        end_s = None if duration_s is None else start_s + _time(f"{target} {fault}: duration_s", duration_s, 0.0)
        count = sum(i.target == target and i.kind is kind for i in self.injections)
        injection = Injection(target, kind, values, start_s, end_s, count)
        self._levels[kind.level].check(injection)
        self.injections.append(injection)
        self.step(tick)
        return injection

    def clear(self, injection: Injection) -> None:
        """End a fault, or cancel one that has not begun; no effect when it is over."""
        if injection not in self.injections:
            raise FaultError(f"{injection}: not a fault of this flight")
        self._stop(injection)

    def step(self, tick: int) -> None:
        """Begin and end faults that are due before tick number `tick`."""
        now_s = (tick + 1e-6) / self._base_hz
        for injection in self.injections:
            if injection.state == "waiting" and injection.start_s <= now_s:
                injection.state = "active"
                self._levels[injection.kind.level].start(injection)
                if injection.kind.momentary:
                    injection.state = "over"
            if injection.state == "active" and injection.end_s is not None and injection.end_s <= now_s:
                self._stop(injection)
        self.links.step()
        self.due = tick + 1 if self.links.delaying else self._next()

    def save(self) -> State:
        """Return all faults, begun or not, and what they have done so far, as plain data (`hal.saved`)."""
        return {
            "injections": [injection.save() for injection in self.injections],
            "devices": self._devices.save(self.injections.index), "boards": dict(self._boards.dark),
            "links": self.links.save(self.injections.index), "due": self.due,
        }  # fmt: skip

    def restore(self, state: State) -> None:
        """Continue from what a flight of the same vehicle, scenario and seed saved: its faults are the faults here.

        Before the devices, which remember what faults have made of them. Raises `SavedError`, or `FaultError` for a
        fault that is not possible here.
        """
        for number, saved in enumerate(state["injections"]):
            if number == len(self.injections):
                kind, values = self.catalogue.check(saved["target"], saved["fault"], without_none(saved["values"]))
                new = Injection(saved["target"], kind, values, saved["start_s"], saved["end_s"], saved["count"])
                self._levels[kind.level].check(new)
                self.injections.append(new)
            here = self.injections[number]
            if (here.target, here.fault) != (saved["target"], saved["fault"]):
                raise SavedError(f"fault {number}: found {saved['target']} {saved['fault']}, expected {here}")
            here.restore(saved)
        self._devices.restore(state["devices"], self.injections)
        self._boards.dark.update(state["boards"])
        self.links.restore(state["links"], self.injections)
        for injection, saved in zip(self.injections, state["injections"], strict=False):
            injection.restore_streams(saved, self._world.seed)
        self.due = min(state["due"], self._next())

    def _reaches(self, name: str) -> bool:
        """Return whether octets that flight sends over a link now reach a receiver."""
        return self._world.in_contact() if name == "radio" else name not in self._boards.dark

    def _stop(self, injection: Injection) -> None:
        was, injection.state = injection.state, "over"
        if was == "active":
            self._levels[injection.kind.level].stop(injection)

    def _next(self) -> int:
        """Return the tick of the next beginning or end."""
        times = [i.start_s for i in self.injections if i.state == "waiting"]
        times += [i.end_s for i in self.injections if i.state == "active" and i.end_s is not None]
        return math.ceil(min(times) * self._base_hz - 1e-6) if times else NEVER


def without_none(values: Mapping[str, float | None]) -> dict[str, object]:
    """Return the parameters that have a value."""
    return {name: value for name, value in values.items() if value is not None}


def _time(what: str, value: object, low: float) -> float:
    """Return a time [s]; raise `FaultError` for what is none."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value < 1e9:
        raise FaultError(f"{what}: found {value!r}, expected a number of at least {low:g} [s]")
    return float(value)
