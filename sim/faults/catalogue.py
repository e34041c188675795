"""The catalogue of faults of a vehicle: parameters, effect, and the reactions of flight that are correct.

Faults of devices are those that their models declare, by the device's name. `smartsat faults list` prints the
catalogue; scenario files, `Mission.inject` and the campaign go by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from hal.devices.layout import layout
from hal.vehicle.vehicle import Vehicle
from sim.devices.fault_kind import FaultError, FaultKind, Parameter, suggestion
from sim.devices.listed import listed_devices

__all__ = ["Catalogue", "FaultError", "FaultKind", "Parameter"]

# ---- Boards ----------------------------------------------------------------------------------------------------------

BOARDS = ("adcs", "eps")
BIT = Parameter("bit", "", "which bit of the octet", default=0, low=0, high=7, whole=True)


def _octet(high: int) -> Parameter:
    return Parameter(
        "octet", "", "of `BoardState`: limits, gains, newest command", default=0, low=0, high=high, whole=True
    )


def _board(
    targets: tuple[str, ...], name: str, effect: str, *parameters: Parameter, momentary: bool = True,
    isolates: tuple[str, ...] = (),
) -> FaultKind:  # fmt: skip
    return FaultKind(targets, name, "board", parameters, effect, ("BOARD_SILENT",), isolates, momentary)


FLIP = "one bit of its configuration or of its newest command is turned over, until it is written again"


def _kinds_of_boards(commanded: tuple[str, ...]) -> tuple[FaultKind, ...]:
    """Return the faults of boards; `commanded`: the actuators on the ADCS board."""
    return (
        _board(BOARDS, "reset", "its reset pin is pulled: it restarts, reason EXTERNAL, outputs safe until it is "
               "configured again. The same in every world; emulated, an answer between cycles may come a tick later"),
        _board(BOARDS, "hang", "its main loop stops: no answer, what it drives stays, until its watchdog resets it. In "
               "the simulator after the configured watchdog period of board time; emulated, after the hardware's half "
               "second of the emulator's time, which is one missed cycle or more"),
        _board(BOARDS, "brown_out", "its supply fails: it is silent, what it drives stops; then it starts anew, reason "
               "POWER_ON. The same in every world, but for the time of its own clock in BOOT", momentary=False),
        _board(("adcs",), "bit_flip", FLIP + "; a wheel whose limit it was may refuse its torque", _octet(59), BIT,
               isolates=commanded),
        _board(("eps",), "bit_flip", FLIP, _octet(3), BIT),
    )  # fmt: skip


# ---- Links -----------------------------------------------------------------------------------------------------------

BOARD_LINKS = ("adcs.link", "eps.link")
INWARD = Parameter("inward", "", "1: what flight receives suffers", default=1, low=0, high=1, whole=True, way=True)
OUTWARD = Parameter("outward", "", "1: what flight sends suffers", default=1, low=0, high=1, whole=True, way=True)


def _share(default: float, doc: str) -> Parameter:
    return Parameter("share", "1", doc, default=default, low=0, high=1, idle=0)


def _links(names: tuple[str, ...], name: str, effect: str, *parameters: Parameter) -> Iterator[FaultKind]:
    """Yield a fault of all links; `names`: of the devices on links of their own."""
    both = (*parameters, INWARD, OUTWARD)
    yield FaultKind(BOARD_LINKS, name, "link", both, effect, ("BOARD_SILENT",))
    for device in names:
        yield FaultKind((f"{device}.link",), name, "link", both, effect, isolates=(device,))
    yield FaultKind(("radio.link",), name, "link", both, effect)


def _kinds_of_links(names: tuple[str, ...]) -> Iterator[FaultKind]:
    """Yield all faults of links; `names`: of the devices on links of their own."""
    yield from _links(names, "loss", "each octet is lost with a probability", _share(0.01, "probability"))
    yield from _links(names, "duplication", "each octet comes twice with a probability", _share(0.01, "probability"))
    yield from _links(names, "corruption", "one bit of each octet is turned over with a probability",
                      _share(0.01, "probability"))  # fmt: skip
    yield from _links(names, "bursts", "octets in a row are replaced by others",
                      _share(0.001, "probability that a burst begins at an octet"),
                      Parameter("length", "octet", "of a burst", default=20, low=1, high=4096, whole=True))  # fmt: skip
    yield from _links(names, "delay", "octets come later, in their order",
                      Parameter("delay_s", "s", "by so much", default=0.5, low=0, high=3600, idle=0))  # fmt: skip
    yield from _links(names, "disconnect", "no octet passes; nobody is told")


# ---- The catalogue of a vehicle --------------------------------------------------------------------------------------


class Catalogue:
    """What can go wrong on a vehicle: `kinds`, devices in the vehicle's order, then boards, then links."""

    def __init__(self, vehicle: Vehicle) -> None:
        listed = listed_devices(vehicle)
        self._units = {d.name: d.model.units(d.settings) for d in listed}
        commanded = tuple(c.device.name for c in layout(vehicle).devices if c.channels.outputs)
        self.kinds: tuple[FaultKind, ...] = (
            *(replace(kind, targets=(d.name,), isolates=(d.name,)) for d in listed for kind in d.model.faults),
            *_kinds_of_boards(commanded),
            *_kinds_of_links(tuple(d.name for d in vehicle.devices if d.link is not None)),
        )
        self._by_name = {(target, kind.name): kind for kind in self.kinds for target in kind.targets}

    def targets(self) -> list[str]:
        """Return the names of all targets, in the order of the catalogue."""
        return list(dict.fromkeys(target for kind in self.kinds for target in kind.targets))

    def find(self, target: str, fault: str) -> FaultKind:
        """Return the kind of fault `fault` of `target`; raise `FaultError` when there is none."""
        known = {name: None for at, name in self._by_name if at == target}
        if not known:
            raise FaultError(f"unknown target {target!r}; {suggestion(target, dict.fromkeys(self.targets()), '')}")
        if fault not in known:
            raise FaultError(f"{target}: unknown fault {fault!r}; {suggestion(fault, known, '')}")
        return self._by_name[target, fault]

    def check(
        self, target: str, fault: str, parameters: Mapping[str, object]
    ) -> tuple[FaultKind, dict[str, float | None]]:
        """Return the kind of a fault and all its parameters; raise `FaultError`, one line, for what does not fit."""
        kind = self.find(target, fault)
        try:
            values = kind.values(parameters)
            unit = values.get("unit")
            if unit is not None and unit >= self.units_of(target):
                last = self.units_of(target) - 1
                raise FaultError(f"parameter 'unit': found {unit:g}, the vehicle has units 0 to {last}")
        except FaultError as error:
            raise FaultError(f"{target} {fault}: {error}") from None
        return kind, values

    def units_of(self, target: str) -> int:
        """Return how many units of a target the vehicle has; 1 for a target that is a single device."""
        return self._units.get(target, 1)
