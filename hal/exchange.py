"""The exchange: the one blocking call of a tick, where commands leave and samples arrive."""

from __future__ import annotations

import enum
from collections.abc import Mapping

from hal._exchange import ExchangeKernel
from hal.clock import Clock
from hal.drivers._driver import Driver
from hal.drivers.adcs_board import AdcsBoardDriver
from hal.drivers.eps_board import EpsBoardDriver
from hal.drivers.gnss import GnssDriver
from hal.drivers.star_tracker import StarTrackerDriver
from hal.link_state import BoardLinkState, GnssLinkState, StarTrackerLinkState
from hal.links.link import ByteLink
from hal.record import Record, RecordError
from hal.samples import (
    ActuatorCommand,
    BoardHealth,
    CssSample,
    EpsSample,
    GnssSample,
    GyroSample,
    MagSample,
    StarTrackerSample,
    TorquerSample,
    UnitHealth,
    WheelSample,
)
from hal.vehicle import Vehicle

LINKS = ("adcs", "eps", "star_tracker", "gnss")  # names, in the order of the indices in `Exchange.octets`
RADIO = 4  # index of the radio link, which the flight software notes beside these
CLOCK = 5  # index of the clock: mission time of a look at the links that is not the tick's [ns; 8 octets, signed]
UNITS = 6  # index of the first unit from another package; the others follow in the order of the vehicle file


@enum.unique
class Direction(enum.IntEnum):
    """Which way octets went, seen from the flight computer."""

    OUT = 0
    IN = 1
    OUT_FAILED = 2  # the link refused these octets
    IN_FAILED = 3  # the link could not be read; no octets


def address_of(block: tuple[type[Record], int], name: str, kind: type[Record] | str) -> int:
    """Return the address of field `name` in a block given as (record class, address).

    Raises `RecordError` when the record has no such field of that kind.
    """
    record, base = block
    for f in record.fields:
        if f.name == name and f.kind == kind:
            return base + f.offset
    wanted = kind if isinstance(kind, str) else kind.__name__
    raise RecordError(f"{record.__name__}: expected a field {name!r} of kind {wanted}")


def _state(block: tuple[type[Record], int] | None, name: str, kind: type[Record]) -> int:
    return 0 if block is None else address_of(block, name, kind)


class Exchange(ExchangeKernel):
    """All drivers of `vehicle`, each on its link.

    `links` maps each name of `LINKS` to a `ByteLink`; other names are ignored. `samples` and `command` are blocks of
    memory, given as (record class, address), that the caller owns and keeps alive. The samples block has the fields
    `gyro, mag, css, wheels, torquers, star_tracker, gnss, eps, adcs_health, eps_health, star_tracker_health,
    gnss_health` of the kinds of the same names in `hal.samples`; the command block `actuators` (`ActuatorCommand`) and
    `switches` (`u2`, `hal.wire.EpsSwitch`). `state` is a third block, with all that the drivers remember from exchange
    to exchange: the fields `adcs, eps` (`hal.link_state.BoardLinkState`), `star_tracker` and `gnss`; without it they
    keep that to themselves. `units`: drivers of units from other packages by the names of their links, in the order of
    their indices from `UNITS` on. Raises `ValueError` for a missing link, `RecordError` for a missing field.

    `exchange(t_ns)` is tick k at mission time `t_ns`: it clears the new-data flags, sends the commands computed in tick
    k-1 to the links whose period has come, sleeps until `t_ns`, and collects: every link is read once, then again
    every millisecond while a board owes an answer and its deadline has not passed. A late answer is taken by a later
    exchange, with its own time of validity, and not mistaken for the answer to that tick. With a stepped clock
    (`hal.clock.Clock`) nothing is waited for. A link that fails is counted in its health record and leads to silence,
    never to an exception.

    `octets` holds all that entered and left in the last exchange, in order: a new list of (index in `LINKS`, `CLOCK` or
    from `UNITS` on, `Direction`, octets). Whoever repeats what is IN and what failed repeats the exchange.

    `timing` is what it measured by the injected clock: (start of collection after `t_ns` [ns], per link in the order of
    `LINKS` the time after `t_ns` [ns] at which its answer was seen; -1 when an answer was due and did not come, -2 when
    none was due).
    """

    def __init__(
        self,
        vehicle: Vehicle,
        links: Mapping[str, ByteLink],
        clock: Clock,
        samples: tuple[type[Record], int],
        command: tuple[type[Record], int],
        *,
        state: tuple[type[Record], int] | None = None,
        units: Mapping[str, Driver] | None = None,
    ) -> None:
        self.units = dict(units or {})
        self.names = names = (*LINKS, *self.units)
        missing = [name for name in names if name not in links]
        if missing:
            raise ValueError(f"no link named {missing[0]!r}: expected {', '.join(names)}")
        self.adcs = AdcsBoardDriver(
            vehicle,
            gyro=address_of(samples, "gyro", GyroSample),
            mag=address_of(samples, "mag", MagSample),
            css=address_of(samples, "css", CssSample),
            wheels=address_of(samples, "wheels", WheelSample),
            torquers=address_of(samples, "torquers", TorquerSample),
            health=address_of(samples, "adcs_health", BoardHealth),
            actuators=address_of(command, "actuators", ActuatorCommand),
            state=_state(state, "adcs", BoardLinkState),
        )
        self.eps = EpsBoardDriver(
            vehicle,
            eps=address_of(samples, "eps", EpsSample),
            health=address_of(samples, "eps_health", BoardHealth),
            switches=address_of(command, "switches", "u2"),
            state=_state(state, "eps", BoardLinkState),
        )
        self.star_tracker = StarTrackerDriver(
            vehicle,
            sample=address_of(samples, "star_tracker", StarTrackerSample),
            health=address_of(samples, "star_tracker_health", UnitHealth),
            state=_state(state, "star_tracker", StarTrackerLinkState),
        )
        self.gnss = GnssDriver(
            vehicle,
            sample=address_of(samples, "gnss", GnssSample),
            health=address_of(samples, "gnss_health", UnitHealth),
            state=_state(state, "gnss", GnssLinkState),
        )
        drivers = (self.adcs, self.eps, self.star_tracker, self.gnss, *self.units.values())
        numbers = (*range(len(LINKS)), *range(UNITS, UNITS + len(self.units)))
        self.set_parties(drivers, [links[name] for name in names], numbers, clock)
