"""Pool sections that follow from the devices of a vehicle: samples, and the state of the drivers.

They are made for each vehicle by `device_sections`. The field of a device has its name; a link has its health in
`samples.NAME_health` and its state in `drivers.NAME`.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

from fsw.core.section import KEYFRAMES, Section
from hal.devices.kind import DeviceKind
from hal.devices.registry import kind_of
from hal.link_state import BoardLinkState, LinkState
from hal.record import field
from hal.samples import BoardHealth
from hal.vehicle.vehicle import Vehicle

if TYPE_CHECKING:
    from fsw.core.gap import Gap

FRAMES_A_TICK = 3  # to a board, at most: configuration, identification, command


class SamplesSection(Section):
    """All samples of the drivers, in sensor frames, and the health of their links."""

    section = "samples"
    writer = "exchange"
    gap_clears = ()
    record_hz = 1  # the octets it comes from are recorded in every tick


class DriveSection(Section):
    """What flight asks of devices that have a command of their own; the exchange carries it to their boards."""

    section = "drive"
    writer = "actuate"
    gap_clears = ()
    record_hz = 1  # the octets made of it are recorded in every tick


class DriversSection(Section):
    """State of the drivers between exchanges."""

    section = "drivers"
    writer = "exchange"
    record_hz = KEYFRAMES  # the octets that it follows from are recorded in every tick
    boards: ClassVar[tuple[str, ...]] = ()

    @classmethod
    def after_gap(cls, own: Any, gap: Gap) -> None:  # noqa: ANN401
        """Nobody is silent for having spoken to nobody; the boards' counts go on past all that can have been sent."""
        for link in cls.fields:
            own[link.name]["heard_ns"] = gap.t_ns
        for board in cls.boards:
            state = own[board]
            state["seq_count"] = (int(state["seq_count"]) + FRAMES_A_TICK * (gap.ticks + 2)) & 0x3FFF
            state["command_seq"] = (int(state["command_seq"]) + gap.ticks + 2) & 0xFFFF
            state["urgent"] = 1


def device_sections(vehicle: Vehicle) -> list[type[Section]]:
    """Return the sections that hold what the devices of a vehicle deliver, and what their drivers remember.

    Equal lists of devices have the same classes.
    """
    devices = tuple((d.name, kind_of(d), d.link is not None) for d in vehicle.devices)
    return list(_sections(devices, vehicle.boards_in_use))


@lru_cache(maxsize=64)
def _sections(devices: tuple[tuple[str, DeviceKind, bool], ...], boards: tuple[str, ...]) -> tuple[type[Section], ...]:
    samples: dict[str, Any] = {}
    states: dict[str, type[LinkState]] = dict.fromkeys(boards, BoardLinkState)
    for name, kind, _ in devices:
        samples[name] = field(kind.sample, doc=f"device {name}, {kind.name}")
    for board in boards:
        samples[f"{board}_health"] = field(BoardHealth, doc=f"{board.upper()} board")
    for name, kind, linked in devices:
        if linked:
            samples[f"{name}_health"] = field(kind.health, doc=f"link of {name}")
            states[name] = kind.state
    if not samples:
        return ()
    commands = {
        name: field(kind.command, doc=f"device {name}, {kind.name}") for name, kind, _ in devices if kind.command
    }
    clears = ("*.valid", "*.new", "*.silent_ticks")  # nothing measured before is valid
    drivers: dict[str, Any] = {name: field(state, doc=f"driver of {name}") for name, state in states.items()}
    for rule in ("gap_clears", "cold_keeps"):
        drivers[rule] = tuple(f"{name}.{p}" for name, state in states.items() for p in getattr(state, rule))
    drives = {**commands, "gap_clears": tuple(f"{name}.*" for name in commands), **_words(DriveSection)}
    return (
        *((type("DriveSection", (DriveSection,), drives),) if commands else ()),
        type("SamplesSection", (SamplesSection,), {**samples, "gap_clears": clears, **_words(SamplesSection)}),
        type("DriversSection", (DriversSection,), {**drivers, "boards": boards, **_words(DriversSection)}),
    )


def _words(base: type[Section]) -> dict[str, str]:
    return {"__doc__": base.__doc__ or "", "__module__": base.__module__}
