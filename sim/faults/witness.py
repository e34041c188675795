"""Witnesses of a link: which packets entered one end and which came out at the other.

A link counts octets; the packet ledger counts packets. A witness listens at both ends of one direction, decodes what it
hears there as receivers do, and compares the packets themselves: those that entered and have not come out were lost,
those that came out and had not entered were made by the link.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from typing import Protocol

from hal.saved import Saved, State, attributes, set_attributes


class Decoder(Saved, Protocol):
    """A decoder of one direction."""

    def feed(self, octets: bytes) -> Iterable[object]:
        """Take octets in pieces of any size; return the packets that they complete."""


COUNTS = ("packets_given", "packets_received", "packets_made")


class Witness:
    """Listens at both ends of one direction: `given` before `received`, of the same moment."""

    def __init__(self, make: Callable[[], Decoder]) -> None:
        """`make` makes a decoder; both ends have one of their own."""
        self._near, self._far = make(), make()
        self._under_way: Counter[object] = Counter()
        self.packets_given = 0
        self.packets_received = 0
        self.packets_made = 0  # received, and never given: by duplication, or by a corruption that no checksum found

    def given(self, octets: bytes) -> None:
        """Take octets that enter at the near end."""
        for packet in self._near.feed(octets):
            self._under_way[packet] += 1
            self.packets_given += 1

    def received(self, octets: bytes) -> None:
        """Take octets that come out at the far end."""
        for packet in self._far.feed(octets):
            if self._under_way[packet]:
                self._under_way[packet] -= 1
                self.packets_received += 1
            else:
                self.packets_made += 1

    def save(self) -> State:
        """Return all that was heard, as plain data (`hal.saved`)."""
        return {
            "near": self._near.save(), "far": self._far.save(),
            "under_way": [(packet, count) for packet, count in self._under_way.items() if count],
        } | attributes(self, COUNTS)  # fmt: skip

    def restore(self, state: State) -> None:
        """Take over what was saved."""
        self._near.restore(state["near"])
        self._far.restore(state["far"])
        self._under_way = Counter(dict(state["under_way"]))
        set_attributes(self, COUNTS, state)

    @property
    def packets_lost(self) -> int:
        """Packets given and not received; a delayed packet counts as lost until it comes."""
        return self._under_way.total()
