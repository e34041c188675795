"""A gap in time: flight ended, and goes on later from a state that it kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fsw.core.pool import Pool
    from hal.vehicle.vehicle import Vehicle


@dataclass(frozen=True)
class Gap:
    """What `Section.after_gap` is told.

    `pool` holds the state as it was kept; what `after_gap` of other sections has changed in it already, nobody may rely
    on.
    """

    pool: Pool
    vehicle: Vehicle
    tick: int  # number of the first tick after the gap
    t_ns: int  # mission time of that tick [ns]
    ticks: int  # ticks that were left out before it
    time_known: bool  # False: nothing told the time, and any number of ticks more may be missing
    reserved: (
        int  # telemetry packets and events, at most, that left after the state was kept; 0: it is of the last tick
    )

    @property
    def forgotten(self) -> bool:
        """Whether flight went on after the state was kept, so that what it did then is not known."""
        return self.reserved > 0
