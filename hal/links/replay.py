"""Links and a clock that repeat a recorded flight: what entered flight in a tick enters it again, and nothing waits."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from hal.links.link import ByteLink, LinkError
from hal.octets import CLOCK, RADIO, Direction, link_numbers

Entry = tuple[int, int, bytes]  # index as in `Exchange.octets`, direction, octets
IN, OUT_FAILED, IN_FAILED = int(Direction.IN), int(Direction.OUT_FAILED), int(Direction.IN_FAILED)


class ReplayEnd:
    """Flight's end of one recorded link. What flight writes is not looked at here: `Exchange.octets` has it."""

    def __init__(self, name: str) -> None:
        self._name = name
        self.waiting = b""  # what the next read returns
        self.reads_fail = self.writes_fail = 0  # reads and writes that are to fail next

    def write(self, octets: bytes) -> None:
        """Take `octets`, or fail as the recorded link did."""
        if self.writes_fail:
            self.writes_fail -= 1
            raise LinkError(f"{self._name}: {len(octets)} octets refused, as recorded")

    def read(self) -> bytes:
        """Return what the recorded link gave at this look, or fail as it did."""
        if self.reads_fail:
            self.reads_fail -= 1
            raise LinkError(f"{self._name}: read refused, as recorded")
        octets, self.waiting = self.waiting, b""
        return octets

    def close(self) -> None:
        """Nothing to end."""


class ReplayClock:
    """Mission time as it was recorded: stepped from tick to tick, or by the recorded looks of a clock that ran."""

    def __init__(self, ends: Mapping[int, ReplayEnd]) -> None:
        self._ends = ends
        self._now_ns = 0
        self._looks: list[tuple[int | None, list[Entry]]] = []  # of this tick, the next one last
        self._fresh = False

    def load(self, looks: list[tuple[int | None, list[Entry]]]) -> None:
        """Take the looks of a tick: their times (None: the tick's) and what was read in them."""
        self._looks = looks[::-1]

    def now_ns(self) -> int:
        """Return mission time [ns]: that of the look, once; then a later one while the exchange is to look again."""
        if not self._looks:
            return self._now_ns
        fresh, self._fresh = self._fresh, False
        return self._now_ns if fresh else self._now_ns + 1

    def sleep_until(self, t_ns: int) -> None:
        """Go on to `t_ns`, or to the next look that was recorded."""
        self._now_ns = t_ns
        if self._looks:
            at_ns, entries = self._looks.pop()
            self._now_ns = t_ns if at_ns is None else at_ns
            self._fresh = True
            for link, direction, octets in entries:
                put(self._ends[link], direction, octets)


class ReplayWorld:
    """All links and the clock of one recorded flight; `load` puts the next tick on them.

    `links` and `clock` are what `fsw.main.FlightSoftware` takes. A tick of a stepped clock has one look at the links,
    at its own time; one of a running clock has as many as were recorded, each at its recorded time.
    """

    def __init__(self, links: Iterable[str]) -> None:
        """`links`: names of the vehicle's links in their order, `Vehicle.links`; the radio is added."""
        names = {number: name for name, number in link_numbers(links).items()} | {RADIO: "radio"}
        self._ends = {number: ReplayEnd(name) for number, name in names.items()}
        self.links: dict[str, ByteLink] = {names[number]: end for number, end in self._ends.items()}
        self.clock = ReplayClock(self._ends)

    def load(self, octets: Iterable[Entry]) -> None:
        """Put what entered flight in one tick on the links; what came over links unknown here is left out."""
        entries = iter(octets)
        looked = False
        for link, direction, string in entries:
            if direction == IN:
                if link in self._ends:
                    self._ends[link].waiting += string
                    looked = True
                elif link == CLOCK:
                    self._load_looks(time_of(string), entries, looked)
            elif direction >= OUT_FAILED and link in self._ends:
                put(self._ends[link], direction, string)

    def _load_looks(self, first_ns: int, entries: Iterator[Entry], looked: bool) -> None:
        """Load the rest of a tick of a running clock; `looked`: octets came in a look at the tick's own time before."""
        looks: list[tuple[int | None, list[Entry]]] = [(None, [])] if looked else []
        looks.append((first_ns, []))
        for entry in entries:
            link, direction, string = entry
            if link == CLOCK:
                looks.append((time_of(string), []))
            elif link in self._ends and direction == OUT_FAILED:  # of the radio: it is written after the last look
                put(self._ends[link], direction, string)
            elif link in self._ends:
                looks[-1][1].append(entry)
        self.clock.load(looks)


def put(end: ReplayEnd, direction: int, octets: bytes) -> None:
    """Prepare an end for what it gave, or for how it failed."""
    if direction == IN:
        end.waiting += octets
    elif direction == IN_FAILED:
        end.reads_fail += 1
    elif direction == OUT_FAILED:
        end.writes_fail += 1


def time_of(octets: bytes) -> int:
    """Return the mission time [ns] that an entry of the clock holds."""
    return int.from_bytes(octets[:8], "little", signed=True)
