"""Limits the uplink to the rate of the radio, for octets of ground and of its clients; sans-I/O except for the link."""

from __future__ import annotations

from collections.abc import Callable

from hal.links.link import ByteLink
from hal.saved import State, attributes, set_attributes
from hal.vehicle.vehicle import Radio

NS = 1_000_000_000
OCTET = 8 * NS  # what an octet takes of the credit, which is in bit times 1e-9: whole numbers at any rate

REMEMBERED = ("_credit", "_flies", "waiting", "_begun")


def at_once() -> bytes:
    """The default `break_in`: ground may send its own octets at once, with nothing before them."""
    return b""


class Uplink:
    """Puts octets on `link` no faster than `uplink_bps`: each takes 8 / `uplink_bps` seconds.

    Ground acts once a tick (`tick_s`), and gives the link what goes up until the next one; the part of an octet that is
    left is carried over. What falls due between two ticks is sent at the second: a link that was idle has one tick to
    its credit for that, and nothing is more than a tick late or early. `break_in` is asked before octets of ground
    itself: what has to go up first, or None while somebody else's are to end.
    """

    def __init__(
        self, link: ByteLink, radio: Radio, tick_s: float, break_in: Callable[[], bytes | None] = at_once
    ) -> None:
        self._link, self._break_in = link, break_in
        self._tick = radio.uplink_bps * round(tick_s * NS)
        self._credit = self._tick
        self._carried = max(self._tick, OCTET)  # most credit that the next tick takes over
        self._flies = False  # there was a tick
        self.waiting = b""  # octets of ground itself
        self._begun = False  # to send them

    def save(self) -> State:
        """Return all that is remembered, as plain data (`hal.saved`)."""
        return attributes(self, REMEMBERED)

    def restore(self, state: State) -> None:
        """Continue from what an uplink of the same radio saved."""
        set_attributes(self, REMEMBERED, state)

    @property
    def room(self) -> int:
        """The number of clients' octets that may go up now."""
        return 0 if self._begun else self._credit // OCTET

    def step(self) -> None:
        """Advance by one tick."""
        left = self._credit if self._flies else 0
        self._credit = self._tick + (left if left < self._carried else self._carried)
        self._flies = True
        if self.waiting:
            self._go_on()

    def send(self, octets: bytes) -> None:
        """Send octets of ground itself, as soon as it is their turn."""
        self.waiting += octets
        self._go_on()

    def pass_on(self, octets: bytes) -> None:
        """Send octets of clients, at most `room`."""
        self._credit -= OCTET * len(octets)
        self._link.write(octets)

    def _go_on(self) -> None:
        """Send waiting octets, as far as there is room."""
        if self.waiting and not self._begun:
            before = self._break_in()
            if before is None:
                return
            self.waiting, self._begun = before + self.waiting, True
        most = self._credit // OCTET
        octets, self.waiting = self.waiting[:most], self.waiting[most:]
        self._begun = bool(self.waiting)
        if octets:
            self.pass_on(octets)
