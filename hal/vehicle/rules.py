"""Rules that a vehicle file must keep beyond the types and ranges of single keys.

One function a rule; each yields `Defect(where, found, expected)` for what it finds, and `load.py` turns the first
into a one-line `SchemaError`.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hal.links.link import LinkError, scheme_of
from hal.links.open_link import expected_schemes, is_known
from hal.links.urls import check, innermost
from hal.schema import Defect
from hal.vehicle.monitors import monitor_defects
from hal.vehicle.onboard_limits import relation_defects
from hal.vehicle.physical_rules import PHYSICAL_RULES

if TYPE_CHECKING:
    from hal.vehicle.vehicle import Vehicle

SPAN_MINIMUM = 0.1  # least singular value of a set of unit axes that still controls all three
NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
EXTENSION_NAME = re.compile(r"[a-z][a-z0-9_]{0,23}")
ENTRY = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*", re.ASCII)
TAKEN = ("adcs", "eps", "star_tracker", "gnss", "radio", "clock")  # names of links
RADIO_LINK = "sim://radio"
INT16_MAX, INT32_MAX, UINT16_MAX = 2**15 - 1, 2**31 - 1, 2**16 - 1
TICKS_REMEMBERED = 14  # by the estimator, two less than its history has entries (fsw.estimation.sections)
CSS_FULL_SCALE = 2.0  # normalised current that must still fit: perihelion, albedo and noise included


Rule = Callable[["Vehicle"], Iterator[Defect]]


def name(v: Vehicle) -> Iterator[Defect]:
    """The name is a file name and an identifier in reports."""
    if not NAME.fullmatch(v.name):
        yield Defect("name", f"found {v.name[:40]!r}", "lower-case letters, digits, - and _, at most 32")


def _span(where: str, axes: Sequence[Sequence[float]]) -> Iterator[Defect]:
    least = float(np.linalg.svd(np.array(axes), compute_uv=False)[2])
    if least < SPAN_MINIMUM:
        yield Defect(where, f"found axes whose least singular value is {least:.3g}", f">= {SPAN_MINIMUM}: span 3 axes")


def actuator_axes(v: Vehicle) -> Iterator[Defect]:
    """Wheels and torquers each act about all three axes."""
    yield from _span("wheels", [w.axis_b for w in v.wheels])
    yield from _span("torquers.units", [t.axis_b for t in v.torquers.units])


def rates(v: Vehicle) -> Iterator[Defect]:
    """Every rate divides the base rate; the tick is a whole number of milliseconds."""
    base = v.rates.base_hz
    if 1000 % base:
        yield Defect("rates.base_hz", f"found {base}", "a divisor of 1000: the tick is a whole number of milliseconds")
    slower = {
        "rates.navigation_hz": v.rates.navigation_hz,
        "rates.slow_hz": v.rates.slow_hz,
        "star_tracker.rate_hz": v.star_tracker.rate_hz,
    }
    for where, rate in slower.items():
        if base % rate:
            yield Defect(where, f"found {rate}", f"a divisor of rates.base_hz = {base}")


def lateness(v: Vehicle) -> Iterator[Defect]:
    """A measurement arrives before the estimator has forgotten its time of validity."""
    reach_s = TICKS_REMEMBERED / v.rates.base_hz
    if not v.star_tracker.latency_s <= reach_s:
        expected = f"<= {reach_s:g}, {TICKS_REMEMBERED} ticks, which the estimator remembers"
        yield Defect("star_tracker.latency_s", f"found {v.star_tracker.latency_s:g}", expected)


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
    smallest = min((t.dipole_count_am2 for t in v.torquers.units), default=math.inf)
    per_count = 16.0 * v.magnetometer.count_tesla / (board.period_ms * 1e-3) / smallest  # hal.wire.AdcsConfig
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
        "star_tracker.link": v.star_tracker.link,
        "gnss.link": v.gnss.link,
        "boards.adcs.stimulus": v.boards.adcs.stimulus,
        "boards.eps.stimulus": v.boards.eps.stimulus,
        "radio.link": v.radio.link,
        **{f"unit[{i}].link": unit.link for i, unit in enumerate(v.unit)},
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


def counts(v: Vehicle) -> Iterator[Defect]:
    """The whole range of every device fits the counts that cross the wire."""
    tick_s = v.boards.adcs.period_ms / 1000.0
    spans = [
        ("gyro.count_rad", v.gyro.count_rad, v.gyro.range_radps * tick_s, INT32_MAX),
        ("magnetometer.count_tesla", v.magnetometer.count_tesla, v.magnetometer.range_tesla, INT16_MAX),
    ]
    for i, css in enumerate(v.sun_sensors):
        spans.append((f"sun_sensors[{i}].count", css.count, CSS_FULL_SCALE, UINT16_MAX))
    for i, w in enumerate(v.wheels):
        spans.append((f"wheels[{i}].torque_count_nm", w.torque_count_nm, w.torque_max_nm, INT16_MAX))
        speed = w.momentum_max_nms / w.inertia_kgm2
        spans.append((f"wheels[{i}].speed_count_radps", w.speed_count_radps, speed, INT16_MAX))
    for i, t in enumerate(v.torquers.units):
        spans.append((f"torquers.units[{i}].dipole_count_am2", t.dipole_count_am2, t.dipole_max_am2, INT16_MAX))
    for where, count, largest, limit in spans:
        if not largest <= count * limit:
            yield Defect(
                where, f"found {count:g}", f">= {largest / limit:.4g}, so that {largest:.4g} fits {limit} counts"
            )
        elif largest < count:
            yield Defect(where, f"found {count:g}", f"<= {largest:.4g}, the whole range")


def power(v: Vehicle) -> Iterator[Defect]:
    """A full battery has the higher voltage."""
    p = v.power
    if p.voltage_full_v <= p.voltage_empty_v:
        yield Defect(
            "power.voltage_full_v", f"found {p.voltage_full_v:g}", f"> voltage_empty_v = {p.voltage_empty_v:g}"
        )


def radio(v: Vehicle) -> Iterator[Defect]:
    """FARM-1's window is even (CCSDS 232.1-B, FARM sliding window width); telemetry channels differ."""
    if v.radio.farm_window % 2:
        yield Defect("radio.farm_window", f"found {v.radio.farm_window}", "an even number")
    if v.radio.event_vcid == v.radio.housekeeping_vcid:
        yield Defect("radio.event_vcid", f"found {v.radio.event_vcid}", "another than housekeeping_vcid")


def limits(v: Vehicle) -> Iterator[Defect]:
    """On-board parameters fit each other, and the pointing loop is slower than the ticks."""
    yield from relation_defects(lambda where: float(operator.attrgetter(where)(v)))
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


def extensions(v: Vehicle) -> Iterator[Defect]:
    """Extensions (applications and units of other packages) have names of their own, classes and possible rates."""
    entries = [(f"application[{i}]", a.name, {"entry": a.entry}) for i, a in enumerate(v.application)]
    entries += [(f"unit[{i}]", u.name, {"driver": u.driver, "model": u.model or ""}) for i, u in enumerate(v.unit)]
    owners = dict.fromkeys(TAKEN, "this stack")
    for where, own, classes in entries:
        if not EXTENSION_NAME.fullmatch(own):
            yield Defect(f"{where}.name", f"found {own[:40]!r}", "lower-case letters, digits and _, at most 24")
        elif own in owners:
            yield Defect(f"{where}.name", f"found {own!r}", f"a name of its own, not that of {owners[own]}")
        owners[own] = where
        for key_name, text in classes.items():
            if text and not ENTRY.fullmatch(text):
                yield Defect(f"{where}.{key_name}", f"found {text[:60]!r}", "a class as package.module:Class")
    for i, a in enumerate(v.application):
        if v.rates.base_hz % a.hz:
            yield Defect(f"application[{i}].hz", f"found {a.hz}", f"a divisor of rates.base_hz = {v.rates.base_hz}")
    for i, u in enumerate(v.unit):
        if scheme_of(innermost(u.link)) == "sim" and u.model is None:
            yield Defect(f"unit[{i}].model", "missing", f"the class of its model, since {u.link[:40]!r} is simulated")


def monitors(v: Vehicle) -> Iterator[Defect]:
    """Every monitor has a name of its own, its limit and what its action needs."""
    yield from (Defect(*d) for d in monitor_defects(v.monitor))


RULES: tuple[Rule, ...] = (
    name, actuator_axes, rates, lateness, boards, links, counts, power, radio, limits, restart, monitors, extensions,
    *PHYSICAL_RULES,
)  # fmt: skip


def first_defect(v: Vehicle) -> Defect | None:
    """Return the first defect of a vehicle, in the order of `RULES`, or None."""
    return next((d for rule in RULES for d in rule(v)), None)
