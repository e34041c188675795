"""Pool sections of autonomy."""

from __future__ import annotations

from fsw.core.section import Section
from hal.record import field
from hal.samples import BoardIdentity

MAX_MONITORS = 32


class MonitorsSection(Section):
    """State of the monitors, in the order of `fsw.autonomy.mode_manager.MONITORS`."""

    section = "monitors"
    writer = "mode_manager"
    record_hz = 1
    confirmed = field("u4", doc="bit n: monitor n is confirmed")
    status = field("u1", MAX_MONITORS, doc="fsw.autonomy.monitors.Check")
    value = field("f8", MAX_MONITORS, doc="last value checked, in the unit of the monitored parameter times its scale")
    since_ns = field("i8", MAX_MONITORS, unit="ns", doc="mission time since which the condition holds")
    checked_ns = field("i8", MAX_MONITORS, unit="ns", doc="mission time of the last check")


class AutonomySection(Section):
    """What the mode manager remembers."""

    section = "autonomy"
    writer = "mode_manager"
    acquiring = field("u1", doc="1 while modes follow each other up to NADIR; 0 when ground holds one")
    undecided = field("u1", doc="1 when a mode changed after the monitors were checked: decide in the next tick")
    target_seen = field("u1", doc="1 when the target has been above the mask since TARGET was entered")
    transitions = field("u4", doc="mode changes, system and ADCS")
    requests_accepted = field("u4", doc="mode requests carried out")
    requests_refused = field("u4", doc="mode requests refused")


class BoardsSection(Section):
    """What the board watch has seen and reported; index 0 is the ADCS board, 1 the EPS board."""

    section = "boards"
    writer = "boards"
    resets = field("u4", 2, doc="resets seen")
    identity = field("u1", 2, enum=BoardIdentity, doc="identity seen")
