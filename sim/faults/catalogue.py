"""The catalogue of faults: parameters, effect, and the reactions of flight that are correct.

`smartsat faults list` prints it; scenario files, `Mission.inject` and the campaign go by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hal.vehicle.vehicle import Vehicle
from sim.faults.kind import FaultError, FaultKind, Parameter, suggestion

__all__ = ["CATALOGUE", "FaultError", "FaultKind", "Parameter", "check", "find", "targets"]

# ---- Physics ---------------------------------------------------------------------------------------------------------

AXIS = Parameter("axis", "", "sensor axis, 0 to 2; all when it is not given", low=0, high=2, whole=True, optional=True)
CELL = Parameter("unit", "", "which Sun sensor; all when it is not given", low=0, high=5, whole=True, optional=True)
WHEEL = Parameter("unit", "", "which wheel", default=0, low=0, high=3, whole=True)
TORQUER = Parameter("unit", "", "which torquer", default=0, low=0, high=2, whole=True)
ARRAY = Parameter("unit", "", "which array; all when it is not given", low=0, high=15, whole=True, optional=True)
ATTITUDE_LOSS = ("EXCESSIVE_RATE", "LOW_BATTERY")  # where a wrong attitude may end before it is found out


# What errors are measured in, and the largest that a device can have.
UNITS = {"radps": "rad/s", "tesla": "T", "share": "1", "rad": "rad", "m": "m", "nm": "N m", "am2": "A m^2"}
LARGEST = {"radps": 100.0, "tesla": 0.1, "share": 10.0, "rad": 3.2, "m": 1e8, "nm": 100.0, "am2": 5000.0}


def _sensor(target: str, name: str, effect: str, *parameters: Parameter, isolates: str, **more: Any) -> FaultKind:  # noqa: ANN401
    return FaultKind((target,), name, "physics", parameters, effect, isolates=(isolates,), **more)


def _bias(unit: str, default: float, doc: str) -> Parameter:
    return Parameter(f"bias_{unit}", UNITS[unit], doc, default=default, low=-LARGEST[unit], high=LARGEST[unit], idle=0)


def _noise(unit: str, default: float, doc: str) -> Parameter:
    return Parameter(f"noise_{unit}", UNITS[unit], doc, default=default, low=0, high=LARGEST[unit], idle=0)


def _kinds_of_sensors() -> tuple[FaultKind, ...]:
    gyro: dict[str, Any] = {"isolates": "gyro", "safe_reasons": ("EXCESSIVE_RATE", "RATE_UNKNOWN")}
    return (
        _sensor("gyro", "dead", "does not answer: the board reads its rail and says that the sample is not valid",
                isolates="gyro", safe_reasons=("RATE_UNKNOWN",)),
        _sensor("gyro", "stuck", "gives the same angle increment again and again, as if it were valid", AXIS, **gyro),
        _sensor("gyro", "zero", "gives no rotation, as if it were valid", AXIS, **gyro),
        _sensor("gyro", "biased", "a rate is added to the true one, before range and counts", AXIS,
                _bias("radps", 0.01, "rate that is added"), **gyro),
        _sensor("gyro", "noisy", "white noise is added to the mean rate of every sample", AXIS,
                _noise("radps", 0.01, "standard deviation of the added rate"), **gyro),
        _sensor("magnetometer", "dead", "does not answer: the board reads its rail and says that the sample is not "
                "valid", isolates="magnetometer"),
        _sensor("magnetometer", "stuck", "gives the same field again and again, as if it were valid", AXIS,
                isolates="magnetometer"),
        _sensor("magnetometer", "zero", "gives no field, as if it were valid", AXIS, isolates="magnetometer"),
        _sensor("magnetometer", "biased", "a field is added to the true one, before range and counts", AXIS,
                _bias("tesla", 2e-5, "flux density that is added"), isolates="magnetometer"),
        _sensor("magnetometer", "noisy", "white noise is added to every sample", AXIS,
                _noise("tesla", 5e-6, "standard deviation of the added flux density"), isolates="magnetometer"),
        _sensor("sun_sensors", "dead", "their converter does not answer: the board reads its rail and says that the "
                "sample is not valid", isolates="sun_sensors"),
        _sensor("sun_sensors", "zero", "the cell sees no light, as if it were in the dark", CELL,
                isolates="sun_sensors"),
        _sensor("sun_sensors", "stuck", "the cell gives the same current again and again", CELL,
                isolates="sun_sensors"),
        _sensor("sun_sensors", "biased", "a current is added to the true one", CELL,
                _bias("share", 0.3, "current that is added, in currents at full Sun"), isolates="sun_sensors"),
        _sensor("sun_sensors", "noisy", "white noise is added to every current", CELL,
                _noise("share", 0.1, "standard deviation of the added current, in currents at full Sun"),
                isolates="sun_sensors"),
        _sensor("star_tracker", "dead", "takes no image and sends nothing", isolates="star_tracker"),
        _sensor("star_tracker", "stuck", "reports the same attitude with new times, as if it were valid",
                isolates="star_tracker"),
        _sensor("star_tracker", "biased", "a rotation is added to every attitude it reports, about sensor axes", AXIS,
                _bias("rad", 0.01, "angle that is added"), isolates="star_tracker"),
        _sensor("star_tracker", "noisy", "a random rotation is added to every attitude, about sensor axes", AXIS,
                _noise("rad", 0.005, "standard deviation of the added angle"), isolates="star_tracker"),
        _sensor("gnss", "dead", "computes no solution and sends nothing", isolates="gnss"),
        _sensor("gnss", "no_fix", "sends solutions without a fix", isolates="gnss"),
        _sensor("gnss", "stuck", "repeats its position and velocity with new times, as if they were valid",
                isolates="gnss"),
        _sensor("gnss", "biased", "an offset is added to its positions, about ITRF axes", AXIS,
                _bias("m", 5000.0, "offset that is added"), isolates="gnss"),
        _sensor("gnss", "noisy", "white noise is added to its positions, about ITRF axes", AXIS,
                _noise("m", 1000.0, "standard deviation of the added offset"), isolates="gnss"),
    )  # fmt: skip


def _actuator(target: str, name: str, effect: str, *parameters: Parameter, **more: Any) -> FaultKind:  # noqa: ANN401
    return FaultKind((target,), name, "physics", parameters, effect, isolates=(target,), **more)


def _kinds_of_actuators() -> tuple[FaultKind, ...]:
    wheels: dict[str, Any] = {"safe_reasons": ("EXCESSIVE_RATE", "WHEELS_FAILED")}
    return (
        _actuator("wheels", "dead", "its motor gives no torque; it coasts, and its tachometer reads on", WHEEL,
                  **wheels),
        _actuator("wheels", "stuck", "its bearing seizes: it stops within a second, and the body takes its momentum",
                  WHEEL, **wheels),
        _actuator("wheels", "friction", "its bearing has many times its friction, Coulomb and viscous", WHEEL,
                  Parameter("factor", "1", "times the friction", default=20.0, low=0, high=1e4, idle=1), **wheels),
        _actuator("wheels", "biased", "its motor gives a torque beside the commanded one", WHEEL,
                  _bias("nm", 5e-4, "torque that is added"), **wheels),
        _actuator("wheels", "noisy", "its motor's torque is noisy", WHEEL,
                  _noise("nm", 5e-4, "standard deviation of the added torque"), **wheels),
        _actuator("wheels", "tachometer_stuck", "its tachometer gives the same speed again and again", WHEEL, **wheels),
        _actuator("wheels", "tachometer_zero", "its tachometer reads no speed", WHEEL, **wheels),
        _actuator("torquers", "dead", "it gives no dipole", TORQUER, safe_reasons=("EXCESSIVE_RATE",)),
        _actuator("torquers", "stuck", "it keeps its present dipole, also while the others are off: the magnetometer "
                  "sees it", TORQUER, safe_reasons=("EXCESSIVE_RATE",)),
        _actuator("torquers", "biased", "a dipole is added to the commanded one, while it is driven", TORQUER,
                  _bias("am2", 0.1, "dipole that is added"), safe_reasons=("EXCESSIVE_RATE",)),
        _actuator("torquers", "noisy", "its dipole is noisy, while it is driven", TORQUER,
                  _noise("am2", 0.1, "standard deviation of the added dipole"), safe_reasons=("EXCESSIVE_RATE",)),
        _actuator("power", "array_loss", "an array gives less power", ARRAY,
                  Parameter("share", "1", "what is lost of it", default=1.0, low=0, high=1, idle=0),
                  safe_reasons=("LOW_BATTERY", "POWER_FAULT")),
        _actuator("power", "battery_loss", "cells fail and take their charge with them: the state of charge stays, "
                  "what it is a share of does not",
                  Parameter("share", "1", "what is lost", default=0.5, low=0, high=0.95, idle=0),
                  safe_reasons=("LOW_BATTERY", "POWER_FAULT")),
        _actuator("power", "gauge_biased", "the gauge of the state of charge reads wrong",
                  _bias("share", -0.2, "what is added, 1 is a full battery"),
                  safe_reasons=("LOW_BATTERY", "POWER_FAULT")),
        _actuator("power", "gauge_stuck", "the gauge of the state of charge stays at its reading"),
    )  # fmt: skip


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
KINDS_OF_BOARDS = (
    _board(BOARDS, "reset", "its reset pin is pulled: it restarts, reason EXTERNAL, outputs safe until it is "
           "configured again. The same in every world; emulated, an answer between cycles may come a tick later"),
    _board(BOARDS, "hang", "its main loop stops: no answer, what it drives stays, until its watchdog resets it. In the "
           "simulator after the configured watchdog period of board time; emulated, after the hardware's half second "
           "of the emulator's time, which is one missed cycle or more"),
    _board(BOARDS, "brown_out", "its supply fails: it is silent, what it drives stops; then it starts anew, reason "
           "POWER_ON. The same in every world, but for the time of its own clock in BOOT", momentary=False),
    _board(("adcs",), "bit_flip", FLIP + "; a wheel whose limit it was may refuse its torque", _octet(59), BIT,
           isolates=("wheels",)),
    _board(("eps",), "bit_flip", FLIP, _octet(3), BIT),
)  # fmt: skip

# ---- Links -----------------------------------------------------------------------------------------------------------

BOARD_LINKS = ("adcs.link", "eps.link")
UNIT_LINKS = ("star_tracker.link", "gnss.link")
LINKS = (*BOARD_LINKS, *UNIT_LINKS, "radio.link")
INWARD = Parameter("inward", "", "1: what flight receives suffers", default=1, low=0, high=1, whole=True, way=True)
OUTWARD = Parameter("outward", "", "1: what flight sends suffers", default=1, low=0, high=1, whole=True, way=True)


def _share(default: float, doc: str) -> Parameter:
    return Parameter("share", "1", doc, default=default, low=0, high=1, idle=0)


def _links(name: str, effect: str, *parameters: Parameter) -> tuple[FaultKind, ...]:
    both = (*parameters, INWARD, OUTWARD)
    return (
        FaultKind(BOARD_LINKS, name, "link", both, effect, ("BOARD_SILENT",)),
        FaultKind(("star_tracker.link",), name, "link", both, effect, isolates=("star_tracker",)),
        FaultKind(("gnss.link",), name, "link", both, effect, isolates=("gnss",)),
        FaultKind(("radio.link",), name, "link", both, effect),
    )


KINDS_OF_LINKS = (
    *_links("loss", "each octet is lost with a probability", _share(0.01, "probability")),
    *_links("duplication", "each octet comes twice with a probability", _share(0.01, "probability")),
    *_links("corruption", "one bit of each octet is turned over with a probability", _share(0.01, "probability")),
    *_links("bursts", "octets in a row are replaced by others",
            _share(0.001, "probability that a burst begins at an octet"),
            Parameter("length", "octet", "of a burst", default=20, low=1, high=4096, whole=True)),
    *_links("delay", "octets come later, in their order",
            Parameter("delay_s", "s", "by so much", default=0.5, low=0, high=3600, idle=0)),
    *_links("disconnect", "no octet passes; nobody is told"),
)  # fmt: skip

CATALOGUE: tuple[FaultKind, ...] = (
    *_kinds_of_sensors(), *_kinds_of_actuators(), *KINDS_OF_BOARDS, *KINDS_OF_LINKS,
)  # fmt: skip
_BY_NAME = {(target, kind.name): kind for kind in CATALOGUE for target in kind.targets}


def targets() -> list[str]:
    """Return the names of all targets, in the order of the catalogue."""
    return list(dict.fromkeys(target for kind in CATALOGUE for target in kind.targets))


def find(target: str, fault: str, units: Sequence[str] = ()) -> FaultKind:
    """Return the kind of fault `fault` of `target`; raise `FaultError` when there is none.

    Links of `units` (extension units), as "NAME.link", have the faults of the radio's.
    """
    target = "radio.link" if target.removesuffix(".link") in units and target.endswith(".link") else target
    known = {name: None for at, name in _BY_NAME if at == target}
    if not known:
        raise FaultError(f"unknown target {target!r}; {suggestion(target, dict.fromkeys(targets()), '')}")
    if fault not in known:
        raise FaultError(f"{target}: unknown fault {fault!r}; {suggestion(fault, known, '')}")
    return _BY_NAME[target, fault]


def check(
    target: str, fault: str, parameters: Mapping[str, object], units: Sequence[str] = ()
) -> tuple[FaultKind, dict[str, float | None]]:
    """Return the kind of a fault and all its parameters; raise `FaultError`, one line, when anything does not fit."""
    kind = find(target, fault, units)
    try:
        return kind, kind.values(parameters)
    except FaultError as error:
        raise FaultError(f"{target} {fault}: {error}") from None


def units_of(target: str, vehicle: Vehicle) -> int:
    """Return how many units of a target the vehicle has; 1 for a target that is a single device."""
    units = {
        "wheels": vehicle.wheels, "torquers": vehicle.torquers.units, "sun_sensors": vehicle.sun_sensors,
        "power": vehicle.power.arrays,
    }  # fmt: skip
    return len(units[target]) if target in units else 1
