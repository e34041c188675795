"""The exchange, the only blocking call of a tick: commands leave, samples arrive."""

from __future__ import annotations

from collections.abc import Mapping

from hal.clock import Clock
from hal.drivers._driver import Driver
from hal.drivers.adcs_board import AdcsBoardDriver
from hal.drivers.eps_board import EpsBoardDriver
from hal.drivers.gnss import GnssDriver
from hal.drivers.star_tracker import StarTrackerDriver
from hal.exchange._exchange import ExchangeKernel
from hal.handle import Handles
from hal.links.link import ByteLink
from hal.octets import LINKS, UNITS
from hal.vehicle.vehicle import Vehicle


class Exchange(ExchangeKernel):
    """All drivers of `vehicle`, each on its link.

    `links` maps each name of `LINKS` to a `ByteLink`; other names are ignored. `pool` holds the records that the
    drivers work on: `samples` with the fields `gyro, mag, css, wheels, torquers, star_tracker, gnss, eps, adcs_health,
    eps_health, star_tracker_health, gnss_health` of the kinds of the same names in `hal.samples`; `command` with
    `actuators` (`ActuatorCommand`) and `switches` (`u2`, `hal.wire.EpsSwitch`); `drivers` with all that the drivers
    remember from exchange to exchange: `adcs, eps` (`hal.link_state.BoardLinkState`), `star_tracker` and `gnss`.
    `units`: drivers of extension units, already bound, by the names of their links, in the order of their
    indices from `UNITS` on. Raises `ValueError` for a missing link, `TypeError` for a missing field or another record.

    `exchange(t_ns)` is tick k at mission time `t_ns`: it clears the new-data flags, sends the commands computed in tick
    k-1 to the links whose period has come, sleeps until `t_ns`, and collects: it reads every link once, then again
    every millisecond while an answer of a board is missing and its deadline has not passed. A later exchange takes a
    late answer, with its own time of validity, and does not mistake it for its own answer. On a clock that stands still
    (`hal.clock.Clock`) the exchange does not wait. A failing link is counted in its health record and leads to silence,
    never to an exception.

    Who moves time himself, as a simulator does, calls `send(t_ns)` first, moves time to `t_ns`, and then calls
    `exchange(t_ns)`, which does the rest.

    `octets` holds all octets that entered and left in the last exchange, in order: a new list of (index in `LINKS`,
    `CLOCK` or from `UNITS` on, `Direction`, octets). The same octets IN and the same failures repeat the exchange.

    `timing` holds times by the injected clock: (start of collection after `t_ns` [ns], and for each link in the order
    of `LINKS` the time after `t_ns` [ns] at which its answer was seen; -1: an answer was due and did not come; -2: none
    was due).
    """

    def __init__(
        self,
        vehicle: Vehicle,
        links: Mapping[str, ByteLink],
        clock: Clock,
        pool: Handles,
        *,
        units: Mapping[str, Driver] | None = None,
    ) -> None:
        self.units = dict(units or {})
        self.names = names = (*LINKS, *self.units)
        missing = [name for name in names if name not in links]
        if missing:
            raise ValueError(f"no link named {missing[0]!r}: expected {', '.join(names)}")
        self.adcs = AdcsBoardDriver(vehicle)
        self.eps = EpsBoardDriver(vehicle)
        self.star_tracker = StarTrackerDriver(vehicle)
        self.gnss = GnssDriver(vehicle)
        for driver in (self.adcs, self.eps, self.star_tracker, self.gnss):
            driver.bind(pool)
        drivers = (self.adcs, self.eps, self.star_tracker, self.gnss, *self.units.values())
        numbers = (*range(len(LINKS)), *range(UNITS, UNITS + len(self.units)))
        self.set_parties(drivers, [links[name] for name in names], numbers, clock)
