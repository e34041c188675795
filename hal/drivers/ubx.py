"""UBX framing: finds NAV-PVT messages in a stream of octets.

Source: u-blox, *u-blox M10/F9 Interface Description*, "UBX frame structure" and "UBX checksum": B5 62, class, id,
length (2, little-endian), payload, and the 8-bit Fletcher sum (RFC 1145) over class to payload. Only NAV-PVT is looked
for, by its whole fixed head, so that a false head in garbage holds the stream up for at most one message. What is
between is told from damage by `hal.drivers.other_messages`.
"""

from __future__ import annotations

from hal.drivers.other_messages import FIELDS, OtherMessages
from hal.saved import State, attributes, set_attributes

HEAD = bytes.fromhex("b562 01 07 5c00")  # sync, NAV, PVT, 92 octets of payload
MESSAGE_SIZE = len(HEAD) + 92 + 2


def fletcher8(octets: bytes) -> bytes:
    """Return the two checksum octets CK_A, CK_B over `octets`."""
    a = b = 0
    for octet in octets:
        a = (a + octet) & 0xFF
        b = (b + a) & 0xFF
    return bytes((a, b))


class UbxStream:
    """Receiving end of a receiver's octets; keeps less than one message between calls, in `pending`."""

    def __init__(self) -> None:
        self.pending = b""
        self.other = OtherMessages()

    def save(self) -> State:
        """Return what waits, and the state of other messages (`hal.saved`)."""
        return self.pending, attributes(self.other, ("runs", *FIELDS))

    def restore(self, state: State) -> None:
        """Take over what was saved."""
        self.pending, other = state
        set_attributes(self.other, ("runs", *FIELDS), other)

    @property
    def dropped(self) -> int:
        """Runs of octets that belong to no lawful message."""
        return self.other.runs

    def feed(self, octets: bytes) -> list[bytes]:
        """Take octets as they come; return the whole NAV-PVT messages, checksum good, that they complete."""
        data = self.pending + octets
        messages: list[bytes] = []
        start = at = 0  # octets from `start` to `at` belong to no message
        while True:
            at = data.find(HEAD, at)
            if at < 0:
                at = len(data) - _partial_head(data)
                break
            if len(data) - at < MESSAGE_SIZE:
                break
            message = data[at : at + MESSAGE_SIZE]
            if fletcher8(message[2:-2]) != message[-2:]:
                at += 1
                continue
            messages.append(message)
            self.other.take(data[start:at])
            self.other.end()
            start = at = at + MESSAGE_SIZE
        self.other.take(data[start:at])
        self.pending = data[at:]
        return messages


def _partial_head(data: bytes) -> int:
    """Return how many octets at the end of `data` may begin a head."""
    return next((n for n in range(min(len(HEAD) - 1, len(data)), 0, -1) if data.endswith(HEAD[:n])), 0)
