"""Rules that a scenario file must keep beyond the types and ranges of single keys, and doubts about its values.

`sim.scenario.scenario` turns the first defect into a one-line `SchemaError` and each doubt into a line of warning.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from hal.bounds import is_within
from hal.schema import Defect
from hal.vehicle.functions import Function, norm_fits
from hal.vehicle.requirement import requirement_defects
from sim.physics.options import PhysicsOptions
from sim.physics.timescales import LEAP_SECONDS
from sim.scenario.satellites import satellite_defects

if TYPE_CHECKING:
    from sim.scenario.scenario import Scenario, Telecommand

EVENT = re.compile(r"separation|target|(eclipse_entry|eclipse_exit|ascending_node):[1-9][0-9]{0,3}")
EVENTS_EXPECTED = "separation, target, eclipse_entry:N, eclipse_exit:N or ascending_node:N"
# Leap seconds are known from the first on; on-board time in telemetry (CUC since 1958) ends in 2094.
FIRST_EPOCH, LAST_EPOCH = datetime.fromisoformat(LEAP_SECONDS[0][0]), datetime(2090, 1, 1)
LAST_FIELD = datetime(2030, 1, 1)
WITHOUT_EFFECT = (  # keys of [physics] that need a switch
    ("drag", "density_scale"), ("drag", "bulge_exponent"), ("wheel_friction", "coulomb_width_radps"),
)  # fmt: skip


def scenario_defects(s: Scenario) -> Iterator[Defect]:
    """Yield violations of rules about several keys."""
    yield from _epoch(s)
    yield from requirement_defects(s.requirement)
    yield from _initial(s)
    yield from satellite_defects(s)
    if (s.ground.visibility == "passes") != bool(s.ground.contacts):
        found = f"found {len(s.ground.contacts)} contacts with visibility {s.ground.visibility!r}"
        yield Defect("ground.contacts", found, "contacts if and only if visibility is 'passes'")
    for k, contact in enumerate(s.ground.contacts):
        yield from time_defects(s, f"ground.contacts[{k}].start_s", contact.start_s)
    named = [(f"outage[{k}]", "start_s", o.at, o.start_s) for k, o in enumerate(s.outage)]
    named += [(f"telecommand[{k}]", "offset_s", t.at, t.offset_s) for k, t in enumerate(s.telecommand)]
    named += [(f"fault[{k}]", "start_s", f.at, f.start_s) for k, f in enumerate(s.fault)]
    if s.target is not None:
        yield from _event(s, "target.at_event", s.target.at_event)
    for where, offset, event, after_s in named:
        yield from _event(s, f"{where}.at", event)
        if event == "separation":
            yield from time_defects(s, f"{where}.{offset}", after_s)
    for k, t in enumerate(s.telecommand):
        yield from _arguments(s, f"telecommand[{k}].arguments", t)


def time_defects(s: Scenario, where: str, time_s: float, late_s: float = 0.0) -> Iterator[Defect]:
    """All planned times are within the mission: from separation to the end, or up to `late_s` after it."""
    if not is_within(time_s, low=0.0, below=s.duration_s + late_s):
        when = "before separation" if time_s < 0.0 else "when the mission is over"
        yield Defect(where, f"found a time of {time_s:g} s, {when}", f"0 to less than duration_s = {s.duration_s:g}")


def _epoch(s: Scenario) -> Iterator[Defect]:
    """The epoch, with its dispersion, is a UTC time in the table of leap seconds."""
    try:
        epoch = datetime.fromisoformat(s.epoch_utc)
    except ValueError:
        epoch = None
    spread = timedelta(seconds=s.dispersions.epoch_range_s)
    known = epoch is not None and epoch.tzinfo is None
    if not known or not FIRST_EPOCH + spread <= epoch <= LAST_EPOCH:  # type: ignore[operator]
        expected = f"a UTC time such as 2019-11-18T14:00:00, {FIRST_EPOCH.year} to {LAST_EPOCH.year - 1}"
        yield Defect("epoch_utc", f"found {s.epoch_utc[:40]!r}", expected)


def _initial(s: Scenario) -> Iterator[Defect]:
    """Attitude and rate are given or drawn."""
    d = s.dispersions
    if s.initial.q_bi is None and not d.attitude:
        yield Defect("initial.q_bi", "missing", "4 numbers of unit norm, or dispersions.attitude = true")
    if s.initial.rate_bi_b_radps is None and d.rate_high_radps is None:
        yield Defect("initial.rate_bi_b_radps", "missing", "3 numbers, or dispersions.rate_high_radps")
    if d.rate_high_radps is None:
        if d.rate_low_radps:
            yield Defect("dispersions.rate_high_radps", "missing", "the largest rate, beside rate_low_radps")
    elif d.rate_low_radps > d.rate_high_radps:
        expected = f"<= rate_high_radps, which is {d.rate_high_radps:g}"
        yield Defect("dispersions.rate_low_radps", f"found {d.rate_low_radps:g}", expected)


def _event(s: Scenario, where: str, event: str) -> Iterator[Defect]:
    """An event is known; the target exists where it is referred to and does not refer to itself."""
    if not EVENT.fullmatch(event):
        yield Defect(where, f"found {event[:40]!r}", EVENTS_EXPECTED)
    elif event == "target" and (s.target is None or where.startswith("target")):
        yield Defect(where, "found 'target'", "a [target] table" if s.target is None else "another event")


def _arguments(s: Scenario, where: str, t: Telecommand) -> Iterator[Defect]:
    """A function has all its arguments, each in its range; a target may come from the scenario."""
    function = Function[t.function.upper()]
    expected = function.arguments
    if function is Function.TRACK_TARGET and not t.arguments:
        if s.target is None:
            yield Defect(where, "missing", "latitude, longitude [rad] and height [m], or a [target]")
        return
    if len(t.arguments) != len(expected):
        names = ", ".join(a.name for a in expected) or "none"
        yield Defect(where, f"found {len(t.arguments)} numbers", f"{len(expected)} with {t.function!r}: {names}")
        return
    for k, (value, a) in enumerate(zip(t.arguments, expected, strict=True)):
        if not a.fits(value):
            whole = "" if a.kind.startswith("f") else "a whole number, "
            yield Defect(f"{where}[{k}]", f"found {value:g}", f"{a.name}, {whole}{a.low:g} to {a.high:g}")
    if function is Function.HOLD_INERTIAL and not norm_fits(t.arguments):
        yield Defect(where, f"found a norm of {math.hypot(*t.arguments):.7g}", "4 numbers of unit norm")


def unusual_keys(s: Scenario) -> Iterator[Defect]:
    """Yield doubts: keys that are overwritten, and times beyond the tables."""
    if s.dispersions.attitude and s.initial.q_bi is not None:
        yield Defect("initial.q_bi", "has no effect, dispersions.attitude draws another", "one of the two")
    if s.dispersions.rate_high_radps is not None and s.initial.rate_bi_b_radps is not None:
        yield Defect("initial.rate_bi_b_radps", "has no effect, the dispersions draw another", "one of the two")
    for switch, key in WITHOUT_EFFECT:
        if not getattr(s.physics, switch) and getattr(s.physics, key) != getattr(PhysicsOptions, key):
            yield Defect(f"physics.{key}", f"has no effect with {switch} = false", "one of the two")
    end = datetime.fromisoformat(s.epoch_utc) + timedelta(seconds=s.duration_s)
    if end > LAST_FIELD:
        found = f"found a mission until {end.date().isoformat()}"
        yield Defect("epoch_utc", found, f"one before {LAST_FIELD.year}, where the field model (IGRF-14) ends")
