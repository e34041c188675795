"""One kind of device on flight's side of the boundary; `hal/devices/README.md` says what a kind consists of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hal.devices.device import Device
from hal.link_state import LinkState, UnitLinkState
from hal.samples import Sample
from hal.schema import Defect

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

Place = Callable[[str], str]  # the place of a device's key in errors: 'device[3] "wheels": unit[0].axis_b'
Rule = Callable[["Vehicle", Any, Place], Iterator[Defect]]  # (vehicle, device, place)


@dataclass(frozen=True)
class DeviceKind:
    """A kind of device.

    `settings`: the keys of a device in the vehicle file. `sample`: what flight gets from it. `board`: the board that
    may carry it ("adcs", "eps"); "": it is on a link of its own, `state` is what its driver remembers from exchange to
    exchange, and `driver` names the class of that, `model` that of its model in the simulator, both as
    "package.module:Class": flight never imports the model. `rules` refuse a vehicle, `warnings` doubt it. `most`:
    devices of this kind on one vehicle.
    """

    name: str
    settings: type[Device]
    sample: type[Sample] | None = None
    board: str = ""
    state: type[LinkState] = UnitLinkState
    driver: str = ""
    model: str = ""
    most: int = 8
    rules: tuple[Rule, ...] = ()
    warnings: tuple[Rule, ...] = ()
