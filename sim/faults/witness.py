"""Witnesses of a link: which packets entered one end and which came out at the other.

A link counts octets; the packet ledger counts packets. A witness listens at both ends of one direction, decodes what it
hears there as receivers do, and compares the packets themselves: those that entered and have not come out were lost,
those that came out and had not entered were made by the link.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable

from hal.drivers.ubx import UbxStream
from hal.packet import FrameDecoder

Decode = Callable[[bytes], Iterable[object]]  # octets in pieces of any size; the packets that they complete


def frames() -> Decode:
    """Decode frames of the boards' wire protocol."""
    return FrameDecoder().feed


def ubx() -> Decode:
    """Decode a GNSS receiver's messages."""
    return UbxStream().feed


DECODERS: dict[str, Callable[[], Decode]] = {
    "adcs": frames, "eps": frames, "star_tracker": frames, "gnss": ubx,
}  # fmt: skip


class Witness:
    """Listens at both ends of one direction: `given` before `received`, of the same moment."""

    def __init__(self, make: Callable[[], Decode]) -> None:
        """`make` makes a decoder; both ends have one of their own."""
        self._near, self._far = make(), make()
        self._under_way: Counter[object] = Counter()
        self.packets_given = 0
        self.packets_received = 0
        self.packets_made = 0  # received, and never given: by duplication, or by a corruption that no checksum found

    def given(self, octets: bytes) -> None:
        """Take octets that enter at the near end."""
        for packet in self._near(octets):
            self._under_way[packet] += 1
            self.packets_given += 1

    def received(self, octets: bytes) -> None:
        """Take octets that come out at the far end."""
        for packet in self._far(octets):
            if self._under_way[packet]:
                self._under_way[packet] -= 1
                self.packets_received += 1
            else:
                self.packets_made += 1

    @property
    def packets_lost(self) -> int:
        """Packets given and not received; a delayed packet counts as lost until it comes."""
        return self._under_way.total()
