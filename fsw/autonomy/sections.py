"""Pool sections of autonomy."""

from __future__ import annotations

from fsw.core.devices import MAX_DEVICES, Exclusion
from fsw.core.section import Section
from hal.record import field
from hal.samples import BoardIdentity

MAX_MONITORS = 64


class MonitorsSection(Section):
    """State of the monitors, in the order of `fsw.autonomy.transitions.monitors`."""

    section = "monitors"
    writer = "mode_manager"
    record_hz = 1
    confirmed = field("u8", doc="bit n: monitor n is confirmed")
    status = field("u1", MAX_MONITORS, doc="fsw.autonomy.monitors.Check")
    value = field("f8", MAX_MONITORS, doc="last value checked, in the unit of the monitored parameter times its scale")
    since_ns = field("i8", MAX_MONITORS, unit="ns", doc="mission time since which the condition holds")
    reference = field("f8", MAX_MONITORS, doc="value of the check before, of delta checks")
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


class FdirSection(Section):
    """Devices and loads that are not used, and why; arrays are indexed by `fsw.core.devices.Device`."""

    section = "fdir"
    writer = "fdir"
    excluded = field("u1", MAX_DEVICES, doc="1 while the device is not used")
    reason = field("u1", MAX_DEVICES, enum=Exclusion, doc="why it was excluded last")
    exclusions = field("u2", MAX_DEVICES, doc="times it was excluded")
    kept = field("u1", MAX_DEVICES, doc="1 while it should be excluded but nothing could take its place")
    since_ns = field("i8", MAX_DEVICES, unit="ns", doc="mission time of the last exclusion")
    excluded_count = field("u1", doc="devices not used now")
    wheels_out = field("u1", doc="wheels not used now")
    switches_off = field("u2", doc="loads held off (hal.wire.EpsSwitch)")
    cycled_off = field("u2", doc="of these, loads that are switched on again at cycle_end_ns")
    cycle_end_ns = field("i8", unit="ns", doc="end of the last power cycle")
