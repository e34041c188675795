"""Faults of links: octets are lost, doubled, changed, delayed or cut off, and each of them is counted.

`FaultLink` stands between flight and a link. It is put there when the first fault of a link is injected; a flight
without one has nothing there. All draws come from the fault's own stream, a fixed number of them an octet, so what
happens does not depend on how octets come in pieces.
"""

from __future__ import annotations

import dataclasses
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from hal.links.link import ByteLink
from hal.saved import State
from sim.faults.injection import Injection
from sim.faults.witness import Decoder, Witness

if TYPE_CHECKING:
    from numpy.random import Generator

NS = 1_000_000_000
Octets = NDArray[np.uint8]
Decoders = tuple[Callable[[], Decoder] | None, Callable[[], Decoder] | None]  # of what flight sends, and receives


@dataclass
class Counts:
    """Octets of one direction: given + added = delivered + lost + waiting, always."""

    given: int = 0  # put in at one end
    delivered: int = 0  # came out at the other
    lost: int = 0
    added: int = 0  # came twice
    changed: int = 0  # delivered, or waiting, with another value
    delayed: int = 0  # given while a delay was in force
    waiting: int = 0  # to come later


class Effect(Protocol):
    """The effect of one fault on the octets of one direction."""

    def __call__(self, octets: Octets, counts: Counts) -> Octets:
        """Return the octets that pass, and count what was done to them."""


def make_effect(injection: Injection, generator: Generator) -> Effect:
    """Return the effect of a fault of a link; `Line` itself does delays."""
    kinds: dict[str, Callable[[Injection, Generator], Effect]] = {
        "loss": Loss, "duplication": Duplication, "corruption": Corruption, "bursts": Bursts, "disconnect": Disconnect,
    }  # fmt: skip
    return kinds[injection.fault](injection, generator)


class Loss:
    """Each octet is lost with a probability; one draw an octet."""

    def __init__(self, injection: Injection, generator: Generator) -> None:
        self._share, self._draw = injection.number("share"), generator.random

    def __call__(self, octets: Octets, counts: Counts) -> Octets:
        """Return the octets that pass."""
        left = octets[self._draw(len(octets)) >= self._share]
        counts.lost += len(octets) - len(left)
        return left


class Duplication:
    """Each octet comes twice with a probability; one draw an octet."""

    def __init__(self, injection: Injection, generator: Generator) -> None:
        self._share, self._draw = injection.number("share"), generator.random

    def __call__(self, octets: Octets, counts: Counts) -> Octets:
        """Return the octets, some of them twice."""
        times = 1 + (self._draw(len(octets)) < self._share)
        out = np.repeat(octets, times)
        counts.added += len(out) - len(octets)
        return out


class Corruption:
    """One bit of each octet is turned over with a probability; two draws an octet."""

    def __init__(self, injection: Injection, generator: Generator) -> None:
        self._share, self._draw = injection.number("share"), generator.random

    def __call__(self, octets: Octets, counts: Counts) -> Octets:
        """Return the octets, some of them changed."""
        draws = self._draw((len(octets), 2))
        hit = draws[:, 0] < self._share
        bits = np.left_shift(1, (8 * draws[:, 1]).astype(np.uint8)).astype(np.uint8)
        counts.changed += int(hit.sum())
        return np.where(hit, octets ^ bits, octets)


class Bursts:
    """Runs of octets are replaced by others; two draws an octet."""

    def __init__(self, injection: Injection, generator: Generator) -> None:
        self._share, self._draw = injection.number("share"), generator.random
        self._length = int(injection.number("length"))
        self.left = 0  # octets that the burst under way still takes

    def __call__(self, octets: Octets, counts: Counts) -> Octets:
        """Return the octets, some of them replaced."""
        draws = self._draw((len(octets), 2))
        hit = np.zeros(len(octets), bool)
        hit[: self.left] = True
        end = self.left
        for start in np.flatnonzero(draws[:, 0] < self._share):
            if start >= end:
                end = int(start) + self._length
                hit[start:end] = True
        self.left = max(0, end - len(octets))
        other = 1 + (255 * draws[:, 1]).astype(np.uint8)  # never 0: an octet of a burst is another one
        counts.changed += int(hit.sum())
        return np.where(hit, octets ^ other, octets)


class Disconnect:
    """Nothing passes."""

    def __init__(self, _injection: Injection, _generator: Generator) -> None:
        pass

    def __call__(self, octets: Octets, counts: Counts) -> Octets:
        """Return nothing."""
        counts.lost += len(octets)
        return octets[:0]


class Line:
    """One direction of a link: effects in the order of their injection, then delays."""

    def __init__(self, decoder: Callable[[], Decoder] | None = None) -> None:
        self.counts = Counts()
        self.witness = None if decoder is None else Witness(decoder)
        self.effects: dict[Injection, Effect] = {}
        self.delays_ns: dict[Injection, int] = {}
        self._waiting: deque[tuple[int, bytes]] = deque()  # time of arrival, octets

    def start(self, injection: Injection, seed: int, direction: str) -> None:
        """Add one fault."""
        if injection.fault == "delay":
            self.delays_ns[injection] = round(injection.number("delay_s") * NS)
        else:
            bits = injection.bits(seed, direction)
            self.effects[injection] = make_effect(injection, np.random.Generator(bits))

    def stop(self, injection: Injection) -> None:
        """Remove one fault; octets that a delay holds come with the next read."""
        self.effects.pop(injection, None)
        if self.delays_ns.pop(injection, None) is not None and not self.delays_ns:
            self._waiting = deque((0, octets) for _, octets in self._waiting)

    def save(self, number_of: Callable[[Injection], int]) -> State:
        """Return all that is remembered, as plain data (`hal.saved`); faults by their number."""
        return {
            "counts": dataclasses.astuple(self.counts), "waiting": list(self._waiting),
            "witness": None if self.witness is None else self.witness.save(),
            "effects": [(number_of(i), getattr(effect, "left", 0)) for i, effect in self.effects.items()],
            "delays_ns": [(number_of(i), delay_ns) for i, delay_ns in self.delays_ns.items()],
        }  # fmt: skip

    def restore(self, state: State, injections: Sequence[Injection], seed: int, direction: str) -> None:
        """Continue from what was saved, with the faults that are in force; their streams are restored already."""
        self.counts = Counts(*state["counts"])
        self._waiting = deque(state["waiting"])
        if self.witness is not None and state["witness"] is not None:
            self.witness.restore(state["witness"])
        self.effects.clear()
        for number, left in state["effects"]:
            self.start(injections[number], seed, direction)
            effect = self.effects[injections[number]]
            if isinstance(effect, Bursts):
                effect.left = left
        self.delays_ns = {injections[number]: delay_ns for number, delay_ns in state["delays_ns"]}

    def carry(self, octets: bytes, t_ns: int) -> bytes:
        """Take octets at mission time `t_ns`; return those that come out then."""
        self.counts.given += len(octets)
        if self.witness is not None and octets:
            self.witness.given(octets)
        if octets and self.effects:
            array: Octets = np.frombuffer(octets, np.uint8)
            for effect in self.effects.values():
                array = effect(array, self.counts)
            octets = array.tobytes()
        delay_ns = sum(self.delays_ns.values())
        if octets and (delay_ns or self._waiting):
            self.counts.delayed += len(octets) if delay_ns else 0
            self.counts.waiting += len(octets)
            self._waiting.append((t_ns + delay_ns, octets))
            octets = b""
        if self._waiting:
            octets = self._release(t_ns)
        self.counts.delivered += len(octets)
        return octets

    def _release(self, t_ns: int) -> bytes:
        """Return what has waited until `t_ns`; octets keep their order."""
        out = b""
        while self._waiting and self._waiting[0][0] <= t_ns:
            out += self._waiting.popleft()[1]
        self.counts.waiting -= len(out)
        return out


class FaultLink:
    """Flight's end of a link (`ByteLink`) that suffers faults.

    `outward`: what flight sends, `inward`: what it receives, each with its `counts` of octets and, where the packets
    are known, a `witness`. `reaches()`: whether what is sent now comes to anybody: not without contact, nor at a board
    without power.
    """

    def __init__(
        self, link: ByteLink, now_ns: Callable[[], int], reaches: Callable[[], bool], decoders: Decoders = (None, None)
    ) -> None:
        self._link, self._now_ns, self._reaches = link, now_ns, reaches
        self.outward, self.inward = Line(decoders[0]), Line(decoders[1])

    def write(self, octets: bytes) -> None:
        """Send `octets`; raise `LinkError` as the link does."""
        self._send(self.outward.carry(octets, self._now_ns()))

    def read(self) -> bytes:
        """Return everything that has come since the last call; raise `LinkError` as the link does."""
        line = self.inward
        octets = line.carry(self._link.read(), self._now_ns())
        if line.witness is not None and octets:
            line.witness.received(octets)
        return octets

    def close(self) -> None:
        """Close the link."""
        self._link.close()

    def step(self) -> None:
        """Send what has waited for long enough."""
        self._send(self.outward.carry(b"", self._now_ns()))

    def _send(self, octets: bytes) -> None:
        if not octets:
            return
        if self.outward.witness is not None and self._reaches():
            self.outward.witness.received(octets)
        self._link.write(octets)


class LinkFaults:
    """Applies faults of level "link".

    `links` are flight's ends by name; `relink(name, link)` gives flight another one; `reaches(name)` and `decoders` are
    those of `FaultLink`.
    """

    def __init__(
        self,
        seed: int,
        links: Mapping[str, ByteLink],
        relink: Callable[[str, ByteLink], None],
        *,
        now_ns: Callable[[], int],
        reaches: Callable[[str], bool],
        decoders: Mapping[str, Decoders],
    ) -> None:
        self._seed, self._ends, self._relink, self._now_ns = seed, links, relink, now_ns
        self._reaches, self._decoders = reaches, decoders
        self.links: dict[str, FaultLink] = {}
        self.late = False  # one of these came into a flight that had begun

    def stand_in(self, name: str) -> None:
        """Put a `FaultLink` between flight and a link."""
        if name not in self.links:
            self.late = self.late or self._now_ns() > 0
            reaches = partial(self._reaches, name)
            decoders = self._decoders.get(name, (None, None))
            self.links[name] = FaultLink(self._ends[name], self._now_ns, reaches, decoders)
            self._relink(name, self.links[name])

    def check(self, injection: Injection) -> None:
        """Put a `FaultLink` between flight and the link."""
        self.stand_in(injection.target.removesuffix(".link"))

    def start(self, injection: Injection) -> None:
        """Add one fault, in the directions that it names."""
        for direction, line in self._lines(injection):
            line.start(injection, self._seed, direction)

    def stop(self, injection: Injection) -> None:
        """Remove one fault."""
        for _, line in self._lines(injection):
            line.stop(injection)

    def save(self, number_of: Callable[[Injection], int]) -> State:
        """Return the state of all links that have, or had, a fault (`hal.saved`); faults by their number."""
        lines = {name: (link.inward.save(number_of), link.outward.save(number_of)) for name, link in self.links.items()}
        return {"late": self.late, "lines": lines}

    def restore(self, state: State, injections: Sequence[Injection]) -> None:
        """Continue from what was saved."""
        for name, (inward, outward) in state["lines"].items():
            self.stand_in(name)
            link = self.links[name]
            link.inward.restore(inward, injections, self._seed, "inward")
            link.outward.restore(outward, injections, self._seed, "outward")
        self.late = state["late"]

    def step(self) -> None:
        """Send what has waited for long enough."""
        for link in self.links.values():
            link.step()

    @property
    def delaying(self) -> bool:
        """Whether octets that flight sends may be delayed."""
        return any(link.outward.delays_ns or link.outward.counts.waiting for link in self.links.values())

    def _lines(self, injection: Injection) -> list[tuple[str, Line]]:
        link = self.links[injection.target.removesuffix(".link")]
        lines = {"inward": link.inward, "outward": link.outward}
        return [(name, line) for name, line in lines.items() if injection.values[name]]
