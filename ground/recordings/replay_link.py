"""`replay://RECORDING?link=NAME`: repeats the octets of one link of a recorded flight, tick by tick.

Importing this module registers the scheme.
"""

from __future__ import annotations

from pathlib import Path

from fsw.recorder.format import RecordingError
from ground.recordings.reader import RecordingReader
from hal.clock import SystemClock
from hal.links.link import LinkError, shown
from hal.links.open_link import register_scheme
from hal.links.replay import ReplayEnd, put
from hal.links.urls import Replayed, replayed
from hal.octets import RADIO, link_numbers
from hal.vehicle.vehicle import BOARDS

NS = 1_000_000_000


class ReplayLink:
    """One link of a recording; writes go nowhere, and fail where the recorded link failed.

    Each read returns the next tick, as for an exchange on a stepped clock. With `pace=time` a read returns all ticks
    that are due since the link was opened, by the system's clock, for an exchange in real time. A read that failed in
    the flight fails again, unless octets came in the same tick. At the end of the recording, or at damage, a read
    raises `LinkError`. `octets_written` counts octets that were written and went nowhere.
    """

    def __init__(self, address: Replayed, name: str) -> None:
        self._name, self._open = name, True
        try:
            self._reader = RecordingReader(Path(address.file), salvage=True)
            self._reader.seek()
        except RecordingError as error:
            raise LinkError(f"{name}: {error}") from None
        except (OSError, ValueError) as error:
            raise LinkError(f"{name}: cannot be read: {getattr(error, 'strerror', None) or error}") from None
        self._index = _index(self._reader, address.link, name)
        self._end = ReplayEnd(name)
        self._clock = SystemClock() if address.pace == "time" else None
        self._taken, self._ticks = 0, self._reader.ticks
        self._over = f"the recording ends after {self._reader.ticks} ticks"
        self.octets_written = 0
        self._load()

    @classmethod
    def open(cls, url: str) -> ReplayLink:
        """Open `replay://RECORDING?link=NAME`."""
        return cls(replayed(url), shown(url))

    def write(self, octets: bytes) -> None:
        """Take `octets`; raise `LinkError` when closed, or when the recorded link refused a write in this tick."""
        self._require_open("write")
        self._end.write(octets)
        self.octets_written += len(octets)

    def read(self) -> bytes:
        """Return what came in the next tick, or in all that are due; raise `LinkError` where the recorded link did."""
        self._require_open("read")
        if self._clock is None:
            return self._next()
        octets = b""
        while self._clock.now_ns() * self._reader.base_hz >= self._taken * NS:
            try:
                octets += self._next()
            except LinkError:
                if octets:  # of the ticks before: the failure of this one is over by the next call
                    return octets
                raise
        return octets

    def close(self) -> None:
        """Close the recording."""
        self._open = False

    def _next(self) -> bytes:
        """Return what the tick that is loaded gave, and load the one after it."""
        if self._taken >= self._ticks:
            raise LinkError(f"{self._name}: read: {self._over}")
        self._taken += 1
        try:
            return self._end.read()
        finally:
            self._load()

    def _load(self) -> None:
        """Prepare the next tick: its writes come before its read."""
        self._end.waiting, self._end.reads_fail, self._end.writes_fail = b"", 0, 0
        if self._taken >= self._ticks:
            return
        try:
            recorded = self._reader.advance()
        except RecordingError as error:
            self._ticks, self._over = self._taken, str(error)
            return
        for link, direction, octets in recorded:
            if link == self._index:
                put(self._end, direction, octets)
        self._end.reads_fail = 0 if self._end.waiting else min(self._end.reads_fail, 1)  # one look a tick

    def _require_open(self, verb: str) -> None:
        if not self._open:
            raise LinkError(f"{self._name}: {verb} on a closed link")


def _index(reader: RecordingReader, link: str, name: str) -> int:
    """Return the index of a link, also of a device of another package; raise `LinkError` when there is none."""
    given = reader.meta.get("flight") if isinstance(reader.meta, dict) else None
    vehicle = given.get("vehicle") if isinstance(given, dict) else None
    devices = vehicle.get("device") if isinstance(vehicle, dict) else None
    found = [d for d in devices if isinstance(d, dict)] if isinstance(devices, list) else []
    boards = [name for name in BOARDS if any(d.get("board") == name for d in found)]
    indices = {**link_numbers([*boards, *(str(d.get("name")) for d in found if "link" in d)]), "radio": RADIO}
    if link not in indices:
        raise LinkError(f"{name}: found link {link[:40]!r}, expected one of: {', '.join(indices)}")
    return indices[link]


register_scheme("replay", ReplayLink.open)
