"""What a kind of device declares on the simulator's side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle
    from sim.devices._model import DeviceModel
    from sim.physics.options import PhysicsOptions


@dataclass(frozen=True)
class Making:
    """What a model is made with, besides its own settings."""

    vehicle: Vehicle
    physics: PhysicsOptions
    seed: int  # of the run
    errors: object  # one boolean attribute for each error source; None switches all on
    name: str  # of the device
    first_rotor: int = 0  # number of the first rotor of this device in the body


@dataclass(frozen=True)
class ModelKind:
    """The model of a kind of device.

    `name`: that of the kind (`hal.devices`). `make(settings, making)` returns the model of one device; `settings` are
    its keys in the vehicle file. `errors`: names of its error sources. `reads`, `drives`: the fields of its board's
    stimulus and actuation (`hal.wire`) at which its channels begin; "": it has none. `rotors(settings)`: how many of
    the body's rotors are its.
    """

    name: str
    make: Callable[[Any, Making], DeviceModel]
    errors: tuple[str, ...] = ()
    reads: str = ""
    drives: str = ""
    rotors: Callable[[Any], int] = lambda _settings: 0
