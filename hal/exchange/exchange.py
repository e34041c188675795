"""The exchange, the only blocking call of a tick: commands leave, samples arrive."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hal.clock import Clock
from hal.devices.registry import kind_of
from hal.drivers._driver import Driver
from hal.drivers.adcs_board import AdcsBoardDriver
from hal.drivers.eps_board import EpsBoardDriver
from hal.exchange._exchange import ExchangeKernel
from hal.extension_loading import load_class, make
from hal.handle import Handles
from hal.links.link import ByteLink
from hal.octets import link_numbers
from hal.vehicle.vehicle import Vehicle

BOARD_DRIVERS: dict[str, Callable[[Vehicle], Driver]] = {"adcs": AdcsBoardDriver, "eps": EpsBoardDriver}


class Exchange(ExchangeKernel):
    """All drivers of `vehicle`, each on its link: those of the boards in use, then those of devices with links.

    `links` maps each name of `vehicle.links` to a `ByteLink`; other names are ignored. `pool` holds the records that
    the drivers work on: in `samples` one of each device, under its name, and the health of each link, `NAME_health`; in
    `command` `actuators` (`ActuatorCommand`) and `switches` (`u2`, `hal.wire.EpsSwitch`); in `drivers` all that each
    driver remembers from exchange to exchange, under the name of its link. Raises `ValueError` for a missing link,
    `TypeError` for a missing field or another record.

    `exchange(t_ns)` is tick k at mission time `t_ns`: it clears the new-data flags, sends the commands computed in tick
    k-1 to the links whose period has come, sleeps until `t_ns`, and collects: it reads every link once, then again
    every millisecond while an answer of a board is missing and its deadline has not passed. A later exchange takes a
    late answer, with its own time of validity, and does not mistake it for its own answer. On a clock that stands still
    (`hal.clock.Clock`) the exchange does not wait. A failing link is counted in its health record and leads to silence,
    never to an exception.

    Who moves time himself, as a simulator does, calls `send(t_ns)` first, moves time to `t_ns`, and then calls
    `exchange(t_ns)`, which does the rest.

    `octets` holds all octets that entered and left in the last exchange, in order: a new list of (number of the link by
    `hal.octets.link_numbers`, or `CLOCK`, `Direction`, octets). The same octets IN and the same failures repeat the
    exchange.

    `timing` holds times by the injected clock: (start of collection after `t_ns` [ns], and for each link in the order
    of `names` the time after `t_ns` [ns] at which its answer was seen; -1: an answer was due and did not come; -2: none
    was due).
    """

    def __init__(
        self,
        vehicle: Vehicle,
        links: Mapping[str, ByteLink],
        clock: Clock,
        pool: Handles,
    ) -> None:
        self.names = tuple(vehicle.links)
        missing = [name for name in self.names if name not in links]
        if missing:
            raise ValueError(f"no link named {missing[0]!r}: expected {', '.join(self.names)}")
        self.drivers: dict[str, Driver] = {}
        for name in self.names:
            driver = self.drivers[name] = _driver(vehicle, name)
            driver.bind(pool)
        numbers = link_numbers(self.names)
        self.set_parties(
            self.drivers.values(), [links[name] for name in self.names], [numbers[name] for name in self.names], clock
        )

    def late(self, board: str) -> int:
        """Return how many packets of a board came after the exchange that waited for them had ended."""
        driver = self.drivers[board]
        assert isinstance(driver, AdcsBoardDriver | EpsBoardDriver)
        return int(driver.late)


def _driver(vehicle: Vehicle, name: str) -> Driver:
    """Return the driver of the board, or of the device, with that name."""
    if name in BOARD_DRIVERS:
        return BOARD_DRIVERS[name](vehicle)
    device = vehicle.device(name)
    path, where = kind_of(device).driver, vehicle.place(device, "kind")
    driver: Driver = make(load_class(path, vehicle.file, where), vehicle.file, where, vehicle, device)
    return driver
