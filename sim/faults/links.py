"""Faults of links: octets lost, doubled, changed, delayed or cut off, every one of them counted.

`FaultLink` stands between flight and a link. It is put there when the first fault of a link is injected; a flight
without one has nothing there. All draws come from the fault's own stream, a fixed number of them an octet, so what
happens does not depend on how octets come in pieces.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from hal.links.link import ByteLink
from sim.faults.injection import Injection

if TYPE_CHECKING:
    from numpy.random import Generator

NS = 1_000_000_000
Octets = NDArray[np.uint8]


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
    """What one fault does to the octets of one direction."""

    def __call__(self, octets: Octets, counts: Counts) -> Octets:
        """Return what is left of `octets`, and count what was done to them."""


def make_effect(injection: Injection, generator: Generator) -> Effect:
    """Return the effect of a fault of a link; a delay has none, `Line` does it."""
    kinds: dict[str, Callable[[Injection, Generator], Effect]] = {
        "loss": Loss, "duplication": Duplication, "corruption": Corruption, "bursts": Bursts, "disconnect": Disconnect,
    }  # fmt: skip
    return kinds[injection.fault](injection, generator)


class Loss:
    """Each octet is lost with a probability; one draw an octet."""

    def __init__(self, injection: Injection, generator: Generator) -> None:
        self._share, self._draw = injection.number("share"), generator.random

    def __call__(self, octets: Octets, counts: Counts) -> Octets:
        """Return the octets that are left."""
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
        self._left = 0  # octets that the burst under way still takes

    def __call__(self, octets: Octets, counts: Counts) -> Octets:
        """Return the octets, some of them replaced."""
        draws = self._draw((len(octets), 2))
        hit = np.zeros(len(octets), bool)
        hit[: self._left] = True
        end = self._left
        for start in np.flatnonzero(draws[:, 0] < self._share):
            if start >= end:
                end = int(start) + self._length
                hit[start:end] = True
        self._left = max(0, end - len(octets))
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

    def __init__(self) -> None:
        self.counts = Counts()
        self.effects: dict[Injection, Effect] = {}
        self.delays_ns: dict[Injection, int] = {}
        self._waiting: deque[tuple[int, bytes]] = deque()  # time of arrival, octets

    def start(self, injection: Injection, seed: int, direction: str) -> None:
        """Put one more fault in force."""
        if injection.fault == "delay":
            self.delays_ns[injection] = round(injection.number("delay_s") * NS)
        else:
            bits = injection.bits(seed, direction)
            self.effects[injection] = make_effect(injection, np.random.Generator(bits))

    def stop(self, injection: Injection) -> None:
        """Take one fault away; what a delay holds comes when it is next looked for."""
        self.effects.pop(injection, None)
        if self.delays_ns.pop(injection, None) is not None and not self.delays_ns:
            self._waiting = deque((0, octets) for _, octets in self._waiting)

    @property
    def idle(self) -> bool:
        """Whether octets pass untouched."""
        return not (self.effects or self.delays_ns or self._waiting)

    def carry(self, octets: bytes, t_ns: int) -> bytes:
        """Take what is put in at mission time `t_ns`; return what comes out then."""
        self.counts.given += len(octets)
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
            octets = self.release(t_ns)
        self.counts.delivered += len(octets)
        return octets

    def release(self, t_ns: int) -> bytes:
        """Return what has waited until `t_ns`; octets keep their order. The caller counts them as delivered."""
        out = b""
        while self._waiting and self._waiting[0][0] <= t_ns:
            out += self._waiting.popleft()[1]
        self.counts.waiting -= len(out)
        return out


class FaultLink:
    """Flight's end of a link (`ByteLink`) that suffers faults.

    `outward`: what flight sends, `inward`: what it receives.
    """

    def __init__(self, link: ByteLink, now_ns: Callable[[], int]) -> None:
        self._link, self._now_ns = link, now_ns
        self.outward, self.inward = Line(), Line()

    def write(self, octets: bytes) -> None:
        """Send `octets`; raise `LinkError` as the link does."""
        if not self.outward.idle:
            octets = self.outward.carry(octets, self._now_ns())
            if not octets:
                return
        else:
            self.outward.counts.given += len(octets)
            self.outward.counts.delivered += len(octets)
        self._link.write(octets)

    def read(self) -> bytes:
        """Return everything that has come since the last call; raise `LinkError` as the link does."""
        octets = self._link.read()
        if not self.inward.idle:
            return self.inward.carry(octets, self._now_ns())
        self.inward.counts.given += len(octets)
        self.inward.counts.delivered += len(octets)
        return octets

    def close(self) -> None:
        """Close the link."""
        self._link.close()

    def step(self) -> None:
        """Send what has waited for long enough."""
        octets = self.outward.release(self._now_ns())
        if octets:
            self.outward.counts.delivered += len(octets)
            self._link.write(octets)


class LinkFaults:
    """Puts faults of level "link" in force.

    `links` are flight's ends by name; `relink(name, link)` gives flight another one.
    """

    def __init__(
        self, seed: int, links: dict[str, ByteLink], relink: Callable[[str, ByteLink], None], now_ns: Callable[[], int]
    ) -> None:
        self._seed, self._ends, self._relink, self._now_ns = seed, links, relink, now_ns
        self.links: dict[str, FaultLink] = {}

    def check(self, injection: Injection) -> None:
        """Stand between flight and the link from now on."""
        name = injection.target.removesuffix(".link")
        if name not in self.links:
            self.links[name] = FaultLink(self._ends[name], self._now_ns)
            self._relink(name, self.links[name])

    def start(self, injection: Injection) -> None:
        """Put one more fault in force, in the directions that it names."""
        for direction, line in self._lines(injection):
            line.start(injection, self._seed, direction)

    def stop(self, injection: Injection) -> None:
        """Take one fault away."""
        for _, line in self._lines(injection):
            line.stop(injection)

    def step(self) -> bool:
        """Send what has waited; return whether something still waits."""
        for link in self.links.values():
            link.step()
        return any(link.outward.counts.waiting for link in self.links.values())

    @property
    def delaying(self) -> bool:
        """Whether octets that flight sends may wait."""
        return any(link.outward.delays_ns or link.outward.counts.waiting for link in self.links.values())

    def _lines(self, injection: Injection) -> list[tuple[str, Line]]:
        link = self.links[injection.target.removesuffix(".link")]
        lines = {"inward": link.inward, "outward": link.outward}
        return [(name, line) for name, line in lines.items() if injection.values[name]]
