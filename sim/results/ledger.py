"""The packet ledger: at every hop, what was generated is delivered, stored or dropped; the rest is unaccounted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sim.faults.links import FaultLink
    from sim.ground import Ground


class Values(Protocol):
    """Values of flight's data pool by parameter name."""

    def __getitem__(self, name: str) -> Any: ...  # noqa: ANN401

    def __contains__(self, name: object) -> bool: ...


@dataclass(frozen=True)
class Hop:
    """One hop of the ledger; each number has a counter of its own, and none is computed from the others."""

    name: str
    generated: int
    delivered: int
    stored: int
    dropped: int
    lost_by_link: int = 0  # at most, by the witness of faults: lost, or told of by packets that were
    made_by_link: int = 0  # at most, by the octets that faults changed or doubled

    @property
    def unaccounted(self) -> int:
        """Packets that no counter explains, either way."""
        gap = self.generated - self.delivered - self.stored - self.dropped
        return max(0, gap - self.lost_by_link) if gap > 0 else max(0, -gap - self.made_by_link)


@dataclass(frozen=True)
class LinkOctets:
    """Octets of one direction of a link with faults: given + added = delivered + lost + waiting."""

    name: str
    given: int
    added: int
    delivered: int
    lost: int
    waiting: int
    changed: int
    delayed: int


@dataclass(frozen=True)
class Ledger:
    """All hops of a flight."""

    hops: tuple[Hop, ...]
    links: tuple[LinkOctets, ...] = ()  # those between which and flight faults stood

    @property
    def unaccounted(self) -> int:
        """Sum over all hops."""
        return sum(hop.unaccounted for hop in self.hops)

    def as_dict(self) -> dict[str, Any]:
        """Sums over all hops, and each hop."""
        sums = {k: sum(getattr(h, k) for h in self.hops) for k in ("generated", "delivered", "stored", "dropped")}
        hops = [asdict(h) | {"unaccounted": h.unaccounted} for h in self.hops]
        links = [asdict(link) for link in self.links]
        return sums | {"unaccounted": self.unaccounted, "hops": hops, "links": links}


class Unit(Protocol):
    """The link of a unit, counted in messages where they are made: `sim.spacecraft.spacecraft.UnitLink`."""

    given: int  # messages made
    dropped: int  # because the link held too many
    unread: int


@dataclass(frozen=True)
class LinkLosses:
    """Losses that are counted outside flight and ground: links with faults, and the links of units, by name."""

    links: Mapping[str, FaultLink]
    units: Mapping[str, Unit]
    begun: bool = False  # some of the links with faults came into a flight that had begun

    def lost(self, name: str, direction: str) -> int:
        """Packets that the link's witness saw go in and not come out; 0 without a witness."""
        witness = getattr(self.links[name], direction).witness if name in self.links else None
        return 0 if witness is None else int(witness.packets_lost)

    def made(self, name: str, direction: str) -> int:
        """Octets that the link changed or added, and of which it may have made packets."""
        if name not in self.links:
            return 0
        counts = getattr(self.links[name], direction).counts
        return int(counts.changed + counts.added)


NOTHING = LinkLosses({}, {})
PARTLY_SENT = 2  # packets, one a virtual channel, that a witness who comes late has not heard whole


def close_ledger(pool: Values, ground: Ground, losses: LinkLosses = NOTHING) -> Ledger:
    """Read the counters at both ends of every hop, and those of links between them."""
    boards = [name for name in ("adcs", "eps") if f"drivers.{name}.lived" in pool]
    hops = (*_radio(pool, ground, losses), *(hop for name in boards for hop in _board(pool, name, losses)))
    units = (_unit(pool, name, unit, losses) for name, unit in losses.units.items())
    octets = (
        LinkOctets(f"{name} {direction}", **asdict(getattr(link, direction).counts))
        for name, link in losses.links.items() for direction in ("outward", "inward")
    )  # fmt: skip
    return Ledger((*hops, *units), tuple(octets))


def _radio(pool: Values, ground: Ground, losses: LinkLosses) -> tuple[Hop, ...]:
    """Packets between services and ground, both ways, and events."""
    waiting = int(pool["tm_frames.vc_packets"].sum())
    sent = int(pool["tm_frames.packets_sent"].sum())
    rejects = int(pool["uplink.tc_dropped"])
    received = int(pool["uplink.tc_packets"]) - rejects
    dropped = losses.lost("radio", "outward") if "radio" in losses.links else ground.packets_broken
    late = PARTLY_SENT if "radio" in losses.links and losses.begun else 0
    return (
        Hop("telemetry packets: services to frames", int(pool["link.tm_generated"]), sent, waiting,
            int(pool["link.tm_dropped"])),
        Hop("telemetry packets: frames to ground", sent, ground.packets, 0, dropped, late),
        Hop("telecommand packets: ground to router", ground.commands, received,
            ground.commands_under_way(int(pool["tc_frames.farm_v_r"])), rejects),
        Hop("telecommands: router to services", received,
            int(pool["requests.tc_completed"]) + int(pool["requests.tc_failed"]), 0,
            int(pool["uplink.tc_rejected"]) - rejects),
        Hop("events: raised to reported", int(pool["events.raised"]), int(pool["events.taken"]),
            int(pool["events.waiting"]), int(pool["events.dropped"]) + int(pool["events.skipped"])),
    )  # fmt: skip


def _board(pool: Values, name: str, losses: LinkLosses) -> tuple[Hop, Hop]:
    """Frames on the bus of a board: commands by the counts of driver and board, and the reverse."""
    health = {key: int(pool[f"samples.{name}_health.{key}"]) for key in (
        "frames_sent", "commands_accepted", "commands_rejected", "board_frames_bad", "cycle_count", "reset_count",
        "frames_ok", "frames_lost", "commands_lost", "cycles_past", "identities",
    )}  # fmt: skip
    # The board numbers its cycles from 0 and sends one frame in each, one after each reset, one when asked who it is.
    cycles = health["cycle_count"] + 1 if pool[f"drivers.{name}.lived"] else 0
    made = health["cycles_past"] + cycles + health["reset_count"] + health["identities"]
    return (
        Hop(f"command frames: flight to {name} board", health["frames_sent"], health["commands_accepted"],
            int(pool[f"drivers.{name}.under_way"]),
            health["commands_rejected"] + health["board_frames_bad"] + health["commands_lost"],
            losses.lost(name, "outward") + losses.lost(name, "inward"), losses.made(name, "outward")),
        Hop(f"sensor frames: {name} board to flight", made, health["frames_ok"], 0, health["frames_lost"],
            losses.lost(name, "inward"), losses.made(name, "inward")),
    )  # fmt: skip


def _unit(pool: Values, name: str, unit: Unit, losses: LinkLosses) -> Hop:
    """Messages of a unit on a link of its own: by the world's counts and the driver's."""
    received = int(pool[f"samples.{name}_health.frames_ok"])
    dropped = unit.dropped + losses.lost(name, "inward")
    return Hop(f"messages: {name.replace('_', ' ')} to flight", unit.given, received, unit.unread, dropped,
               0, losses.made(name, "inward"))  # fmt: skip
