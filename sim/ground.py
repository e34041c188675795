"""The interface of the ground segment, as a flight uses it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

from hal.links.link import ByteLink
from hal.saved import State
from hal.vehicle.vehicle import Radio
from sim.results.execution import Fate
from sim.scenario.planning import Plan


class Ground(Protocol):
    """The other end of the radio link."""

    @property
    def commands(self) -> int:
        """Telecommand packets given to the station."""

    @property
    def packets(self) -> int:
        """Telemetry packets received."""

    @property
    def packets_broken(self) -> int:
        """Telemetry packets dropped because a frame of theirs was missing or bad."""

    def commands_under_way(self, v_r: int) -> int:
        """Telecommand packets that the satellite has not accepted, when V(R) of its FARM is `v_r`."""

    @property
    def fates(self) -> Sequence[Fate | None]:
        """The fate of each telecommand of the plan, in order; None for one that was not sent."""

    @property
    def cadu_sha256(self) -> str:
        """Hash of everything received."""

    def read_by(self, dictionary: dict[str, Any]) -> None:
        """Use this dictionary to put events into words."""

    def step(self, t_ns: int) -> None:
        """Receive the downlink and send telecommands that are due."""

    def save(self) -> State:
        """Return all that is remembered, as plain data (`hal.saved`)."""

    def restore(self, state: State) -> None:
        """Continue from what a ground of the same plan saved."""

    def flush(self) -> None:
        """Put everything received so far into its files."""

    def close(self) -> None:
        """Close its files."""


GroundFactory = Callable[[Radio, ByteLink, Plan], Ground]
