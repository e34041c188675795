"""The packet ledger: at every hop, what was generated is delivered, stored or dropped; the rest is unaccounted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from sim.mission import Ground


class Values(Protocol):
    """What the ledger reads of flight's data pool: values by parameter name."""

    def __getitem__(self, name: str) -> Any: ...  # noqa: ANN401

    def __contains__(self, name: object) -> bool: ...


@dataclass(frozen=True)
class Hop:
    """One hop; each number is counted by the end named in `sim/README.md`, none is a difference of the others."""

    name: str
    generated: int
    delivered: int
    stored: int
    dropped: int

    @property
    def unaccounted(self) -> int:
        """Packets that no counter explains, either way."""
        return abs(self.generated - self.delivered - self.stored - self.dropped)


@dataclass(frozen=True)
class Ledger:
    """All hops of a flight."""

    hops: tuple[Hop, ...]

    @property
    def unaccounted(self) -> int:
        """Sum over all hops."""
        return sum(hop.unaccounted for hop in self.hops)

    def as_dict(self) -> dict[str, Any]:
        """Sums over all hops, and each hop."""
        sums = {k: sum(getattr(h, k) for h in self.hops) for k in ("generated", "delivered", "stored", "dropped")}
        hops = [asdict(h) | {"unaccounted": h.unaccounted} for h in self.hops]
        return sums | {"unaccounted": self.unaccounted, "hops": hops}


def close_ledger(pool: Values, ground: Ground) -> Ledger:
    """Take the counters of both ends of every hop."""
    waiting = int(pool["frames.vc_packets"].sum())
    sent = int(pool["frames.packets_sent"].sum())
    rejects = int(pool["link.tc_dropped"])
    return Ledger((
        Hop("telemetry packets: services to frames", int(pool["link.tm_generated"]), sent, waiting,
            int(pool["link.tm_dropped"])),
        Hop("telemetry packets: frames to ground", sent, ground.packets, 0, ground.packets_broken),
        Hop("telecommand packets: ground to router", ground.commands, int(pool["link.tc_packets"]) - rejects,
            ground.commands_waiting, rejects),
        Hop("telecommands: router to services", int(pool["link.tc_packets"]) - rejects,
            int(pool["pus.tc_completed"]) + int(pool["pus.tc_failed"]), 0, int(pool["pus.tc_rejected"]) - rejects),
        Hop("events: raised to reported", int(pool["events.raised"]), int(pool["events.taken"]),
            int(pool["events.waiting"]), int(pool["events.dropped"]) + int(pool["events.skipped"])),
        *(hop for name in ("adcs", "eps") for hop in _board(pool, name)),
    ))  # fmt: skip


def _board(pool: Values, name: str) -> tuple[Hop, Hop]:
    """Frames on a board's bus: commands by the driver's and the board's counts, and the reverse."""
    health = {key: int(pool[f"samples.{name}_health.{key}"]) for key in (
        "frames_sent", "commands_accepted", "commands_rejected", "board_frames_bad", "cycle_count", "reset_count",
        "frames_ok", "frames_lost", "commands_lost", "cycles_past", "identities",
    )}  # fmt: skip
    # The board numbers its cycles from 0 and sends one frame in each, one after each reset, one when asked who it is.
    made = health["cycles_past"] + health["cycle_count"] + 1 + health["reset_count"] + health["identities"]
    return (
        Hop(f"command frames: flight to {name} board", health["frames_sent"], health["commands_accepted"], 0,
            health["commands_rejected"] + health["board_frames_bad"] + health["commands_lost"]),
        Hop(f"sensor frames: {name} board to flight", made, health["frames_ok"], 0, health["frames_lost"]),
    )  # fmt: skip
