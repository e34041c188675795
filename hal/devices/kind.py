"""One kind of device on flight's side of the boundary; `hal/devices/README.md` says what a kind consists of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hal.devices.channels import Channels
from hal.devices.device import Device
from hal.link_state import LinkState, UnitLinkState
from hal.record import Record
from hal.samples import DeviceHealth, Sample, UnitHealth
from hal.schema import Defect
from hal.wire import Chip

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

Place = Callable[[str], str]  # the place of a device's key in errors: 'device[3] "wheels": unit[0].axis_b'
Rule = Callable[["Vehicle", Any, Place], Iterator[Defect]]  # (vehicle, device, place)


@dataclass(frozen=True)
class DeviceKind:
    """A kind of device.

    `settings`: the keys of a device in the vehicle file. `sample`: the record of what flight gets from it;
    `command`: of what flight asks of it, `drive.NAME` in the pool, or None. `board`: the
    board that may carry it ("adcs", "eps"); "": it is on a link of its own. Then `driver` names the class of its driver
    and `model` that of its model in the simulator, both as "package.module:Class": flight never imports the model;
    `state` is what the driver remembers from exchange to exchange, `health` what it counts. On the board "adcs",
    `channels(vehicle, device)` says what the board reads and drives for it, and `chips` which register drivers can
    stand in for the stimulus: the counts that a chip gives are the device's readings. `rules` refuse a vehicle,
    `warnings` doubt it. `most`: devices of this kind on one vehicle. Raises `TypeError` for a kind that cannot be
    flown.
    """

    name: str
    settings: type[Device]
    sample: type[Sample]
    command: type[Record] | None = None
    board: str = ""
    state: type[LinkState] = UnitLinkState
    health: type[UnitHealth] = DeviceHealth
    driver: str = ""
    model: str = ""
    channels: Callable[[Vehicle, Any], Channels] = lambda _vehicle, _device: Channels()
    chips: tuple[Chip, ...] = ()
    most: int = 8
    rules: tuple[Rule, ...] = ()
    warnings: tuple[Rule, ...] = ()

    def __post_init__(self) -> None:
        if not (isinstance(self.settings, type) and issubclass(self.settings, Device)):
            raise TypeError(f"kind {self.name}: settings is {self.settings!r}, expected a hal.devices.device.Device")
        if not (isinstance(self.sample, type) and issubclass(self.sample, Sample)):
            raise TypeError(f"kind {self.name}: sample is {self.sample!r}, expected a hal.samples.Sample")
        if bool(self.board) == bool(self.driver):
            raise TypeError(f"kind {self.name}: expected a board that carries it, or a driver of its own")
