"""Rules that a vehicle file must keep beyond the types and ranges of single keys.

One function a rule; each yields `Defect(where, found, expected)` for what it finds, and `load.py` turns the first
into a one-line `SchemaError`.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING

from hal.devices.layout import room_defects
from hal.devices.registry import kind_of
from hal.extension_loading import ENTRY
from hal.links.link import LinkError, scheme_of
from hal.links.open_link import expected_schemes, is_known
from hal.links.urls import check, innermost
from hal.schema import Defect
from hal.vehicle.monitors import monitor_defects
from hal.vehicle.onboard_limits import relation_defects
from hal.vehicle.physical_rules import PHYSICAL_RULES
from hal.vehicle.requirement import requirement_defects

if TYPE_CHECKING:
    from hal.devices.device import Device
    from hal.devices.kind import DeviceKind
    from hal.vehicle.vehicle import Vehicle

NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
EXTENSION_NAME = re.compile(r"[a-z][a-z0-9_]{0,23}")
TAKEN = ("adcs", "eps", "radio", "clock")  # names of links
RADIO_LINK = "sim://radio"
INT16_MAX = 2**15 - 1


Rule = Callable[["Vehicle"], Iterator[Defect]]


def name(v: Vehicle) -> Iterator[Defect]:
    """The name is a file name and an identifier in reports."""
    if not NAME.fullmatch(v.name):
        yield Defect("name", f"found {v.name[:40]!r}", "lower-case letters, digits, - and _, at most 32")


def rates(v: Vehicle) -> Iterator[Defect]:
    """Every rate divides the base rate; the tick is a whole number of milliseconds."""
    base = v.rates.base_hz
    if 1000 % base:
        yield Defect("rates.base_hz", f"found {base}", "a divisor of 1000: the tick is a whole number of milliseconds")
    slower = {
        "rates.navigation_hz": v.rates.navigation_hz,
        "rates.slow_hz": v.rates.slow_hz,
    }
    for where, rate in slower.items():
        if base % rate:
            yield Defect(where, f"found {rate}", f"a divisor of rates.base_hz = {base}")


def boards(v: Vehicle) -> Iterator[Defect]:
    """Board times are consistent with the tick and with each other, and fit the configuration packet."""
    tick_ms = 1000 // v.rates.base_hz
    for board_name, board in (("adcs", v.boards.adcs), ("eps", v.boards.eps)):
        where = f"boards.{board_name}"
        if board.period_ms % tick_ms:
            yield Defect(f"{where}.period_ms", f"found {board.period_ms}", f"a multiple of the tick, {tick_ms} ms")
        for key_name in ("period_ms", "command_timeout_ms", "watchdog_ms"):
            value = getattr(board, key_name)
            if key_name != "period_ms" and value <= board.period_ms:
                yield Defect(f"{where}.{key_name}", f"found {value}", f"> period_ms = {board.period_ms}")
        if board.response_deadline_ms >= tick_ms:
            yield Defect(
                f"{where}.response_deadline_ms", f"found {board.response_deadline_ms}", f"< the tick, {tick_ms} ms"
            )
        yield from reflex(v) if board_name == "adcs" else ()


def reflex(v: Vehicle) -> Iterator[Defect]:
    """The board's reflex begins after the command time-out, and its gain fits the configuration packet."""
    board = v.boards.adcs
    if board.reflex_after_ms and not board.command_timeout_ms < board.reflex_after_ms:
        yield Defect(
            "boards.adcs.reflex_after_ms", f"found {board.reflex_after_ms}",
            f"0, or > command_timeout_ms = {board.command_timeout_ms}",
        )  # fmt: skip
    smallest = min((u.dipole_count_am2 for t in v.of_kind("magnetorquers") for u in t.units), default=math.inf)
    count_tesla = max((m.count_tesla for m in v.of_kind("magnetometer")), default=0.0)
    per_count = 16.0 * count_tesla / (board.period_ms * 1e-3) / smallest  # hal.wire.AdcsConfig
    if board.reflex_gain_am2s_per_tesla * per_count > INT16_MAX:
        yield Defect(
            "boards.adcs.reflex_gain_am2s_per_tesla", f"found {board.reflex_gain_am2s_per_tesla:g}",
            f"<= {INT16_MAX / per_count:.4g}, so that it fits the configuration packet",
        )  # fmt: skip


def links(v: Vehicle) -> Iterator[Defect]:
    """Every link URL can be opened, and no two devices share a link, even through a spy."""
    urls = {
        "boards.adcs.link": v.boards.adcs.link,
        "boards.eps.link": v.boards.eps.link,
        "boards.adcs.stimulus": v.boards.adcs.stimulus,
        "boards.eps.stimulus": v.boards.eps.stimulus,
        "radio.link": v.radio.link,
        **{v.place(device, "link"): device.link for device in v.devices},
    }
    owners = {} if v.radio.link == RADIO_LINK else {RADIO_LINK: "the radio"}
    for where, url in urls.items():
        if url is None:
            continue
        if not is_known(scheme_of(url)):
            yield Defect(where, f"found {url[:40]!r}", expected_schemes("{}://...", " or "))
            continue
        try:
            check(url)
        except LinkError as error:
            yield Defect(where, f"found {url[:40]!r}", f"a link: {error}")
            continue
        device = innermost(url)
        if device in owners:
            yield Defect(where, f"found {url[:40]!r}", f"a link of its own, not that of {owners[device]}")
        owners[device] = where


def radio(v: Vehicle) -> Iterator[Defect]:
    """FARM-1's window is even (CCSDS 232.1-B, FARM sliding window width); telemetry channels differ."""
    if v.radio.farm_window % 2:
        yield Defect("radio.farm_window", f"found {v.radio.farm_window}", "an even number")
    if v.radio.event_vcid == v.radio.housekeeping_vcid:
        yield Defect("radio.event_vcid", f"found {v.radio.event_vcid}", "another than housekeeping_vcid")


def limits(v: Vehicle) -> Iterator[Defect]:
    """On-board parameters fit each other, and the pointing loop is slower than the ticks."""
    yield from relation_defects(v.value, v.key_place)
    nyquist = math.pi * v.rates.base_hz
    if v.control.bandwidth_radps >= nyquist:
        yield Defect("control.bandwidth_radps", f"found {v.control.bandwidth_radps:g}", f"< {nyquist:.4g}, pi base_hz")


def restart(v: Vehicle) -> Iterator[Defect]:
    """Checkpoints fall on slow ticks; the silence limit exceeds a tick; memory is dropped before the snapshot."""
    period_s = v.restart.checkpoint_period_s
    if abs(period_s * v.rates.slow_hz - round(period_s * v.rates.slow_hz)) > 1e-9:
        yield Defect(
            "restart.checkpoint_period_s", f"found {period_s:g}", f"a multiple of 1/{v.rates.slow_hz} s, the slow ticks"
        )
    if v.restart.heartbeat_silent_s * v.rates.base_hz < 2.0:
        yield Defect(
            "restart.heartbeat_silent_s", f"found {v.restart.heartbeat_silent_s:g}",
            f">= {2.0 / v.rates.base_hz:g}, two ticks",
        )  # fmt: skip
    if v.restart.deaths_to_cold <= v.restart.deaths_to_snapshot:
        yield Defect(
            "restart.deaths_to_cold", f"found {v.restart.deaths_to_cold}",
            f"> deaths_to_snapshot = {v.restart.deaths_to_snapshot}",
        )  # fmt: skip


def devices(v: Vehicle) -> Iterator[Defect]:
    """Every device has a name of its own and a place, and is what its kind says."""
    owners: dict[str, str] = dict.fromkeys(TAKEN, "this stack")
    numbers: dict[str, int] = {}
    for device in v.devices:
        at, kind = partial(v.place, device), kind_of(device)
        if not EXTENSION_NAME.fullmatch(device.name):
            yield Defect(at("name"), f"found {device.name[:40]!r}", "lower-case letters, digits and _, at most 24")
        elif device.name in owners:
            yield Defect(at("name"), f"found {device.name!r}", f"a name of its own, not that of {owners[device.name]}")
        owners[device.name] = at("name").partition(":")[0]
        yield from _place_defects(device, kind.board, at)
        yield from _register_defects(device, kind, at)
        numbers[kind.name] = numbers.get(kind.name, 0) + 1
        if numbers[kind.name] > kind.most:
            yield Defect(at("kind"), f"found {kind.name!r} {numbers[kind.name]} times", f"at most {kind.most} of them")
        for rule in kind.rules:
            yield from rule(v, device, at)


def _place_defects(device: Device, board: str, at: Callable[[str], str]) -> Iterator[Defect]:
    """A kind is on its board, or on a link of its own."""
    if board and (device.board != board or device.link is not None):
        found = "found a link" if device.link is not None else f"found {device.board!r}" if device.board else "missing"
        yield Defect(at("board"), found, f"board = {board!r}, and no link: a device of this kind is on that board")
    elif not board and (device.link is None or device.board is not None):
        found = f"found board = {device.board!r}" if device.board is not None else "missing"
        yield Defect(at("link"), found, "a link of its own, and no board")


def _register_defects(device: Device, kind: DeviceKind, at: Callable[[str], str]) -> Iterator[Defect]:
    """A chip is one that stands for the kind, at an address of its bus."""
    if device.registers is None:
        return
    chips = [chip.name.lower() for chip in kind.chips]
    if device.registers.chip not in chips:
        expected = " or ".join(map(repr, chips)) or f"no registers: no driver reads a {kind.name}"
        yield Defect(at("registers.chip"), f"found {device.registers.chip!r}", expected)
    elif device.registers.place() is None:
        expected = "a pin, as PA4" if device.registers.bus == "spi" else "an address of 7 bits, as 0x20"
        yield Defect(at("registers.address"), f"found {device.registers.address[:20]!r}", expected)


def board_layout(v: Vehicle) -> Iterator[Defect]:
    """What is on the board fits its packets."""
    yield from room_defects(v)


def applications(v: Vehicle) -> Iterator[Defect]:
    """Applications of other packages have names of their own, classes and possible rates."""
    owners = dict.fromkeys(TAKEN, "this stack") | {d.name: f"device {d.name!r}" for d in v.devices}
    for i, a in enumerate(v.application):
        where = f"application[{i}]"
        if not EXTENSION_NAME.fullmatch(a.name):
            yield Defect(f"{where}.name", f"found {a.name[:40]!r}", "lower-case letters, digits and _, at most 24")
        elif a.name in owners:
            yield Defect(f"{where}.name", f"found {a.name!r}", f"a name of its own, not that of {owners[a.name]}")
        owners[a.name] = where
        if not ENTRY.fullmatch(a.entry):
            yield Defect(f"{where}.entry", f"found {a.entry[:60]!r}", "a class as package.module:Class")
        if v.rates.base_hz % a.hz:
            yield Defect(f"{where}.hz", f"found {a.hz}", f"a divisor of rates.base_hz = {v.rates.base_hz}")


def monitors(v: Vehicle) -> Iterator[Defect]:
    """Every monitor has a name of its own, its limit and what its action needs."""
    yield from (Defect(*d) for d in monitor_defects(v.monitor))


def requirements(v: Vehicle) -> Iterator[Defect]:
    """Every requirement can be read and has one limit."""
    yield from requirement_defects(v.requirement)


RULES: tuple[Rule, ...] = (
    name, rates, *PHYSICAL_RULES, devices, board_layout, boards, links, radio, limits, restart, monitors, applications,
    requirements,
)  # fmt: skip


def first_defect(v: Vehicle) -> Defect | None:
    """Return the first defect of a vehicle, in the order of `RULES`, or None."""
    return next((d for rule in RULES for d in rule(v)), None)
