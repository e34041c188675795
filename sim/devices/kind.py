"""What a kind of device declares on the simulator's side."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from sim.devices.fault_kind import FaultKind

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle
    from sim.devices._model import DeviceModel
    from sim.physics.options import PhysicsOptions
    from sim.physics.physics import Physics


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
class Suffering:
    """The faults that a device has now, and what it may change besides itself."""

    active: Sequence[Active]
    settings: Any
    body: Physics
    options: PhysicsOptions


class Active(Protocol):
    """One fault in force."""

    values: Mapping[str, float | None]

    @property
    def fault(self) -> str: ...  # noqa: D102 - its name


def made_of(cls: Callable[[Any, int, object, str], DeviceModel]) -> Callable[[Any, Making], DeviceModel]:
    """Return the `make` of a class whose arguments are its settings, the run's seed, its switches and its name."""
    return lambda settings, making: cls(settings, making.seed, making.errors, making.name)


def unit_count(settings: Any) -> int:  # noqa: ANN401 - keys of the vehicle file
    """Return how many units an array has: the `units` of a kind that lists them in its settings."""
    return len(settings.units)


@dataclass(frozen=True)
class ModelKind:
    """The model of a kind of device.

    `name`: that of the kind (`hal.devices`). `make(settings, making)` returns the model of one device; `settings` are
    its keys in the vehicle file. `errors`: names of its error sources. `rotors(settings)`: how many of
    the body's rotors are its, `units(settings)`: how many units a fault may concern. `faults`: what can go wrong;
    `suffer(model, suffering)` applies those that have no `acts` of their own. `decoder`: of a device on a link of its
    own, makes what finds messages in its octets, for those who count them.
    """

    name: str
    make: Callable[[Any, Making], DeviceModel]
    errors: tuple[str, ...] = ()
    rotors: Callable[[Any], int] = lambda _settings: 0
    units: Callable[[Any], int] = lambda _settings: 1
    faults: tuple[FaultKind, ...] = ()
    suffer: Callable[[Any, Suffering], None] | None = None
    decoder: Callable[[], Any] | None = None
