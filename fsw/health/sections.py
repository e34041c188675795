"""Pool section of health. All rooms read it; autonomy writes it."""

from __future__ import annotations

from fsw.core.section import Section
from fsw.health.devices import MAX_DEVICES, Exclusion
from hal.record import field
from hal.samples import MAX_WHEELS


class FdirSection(Section):
    """Excluded devices and loads, and why; arrays are indexed by `fsw.health.devices.Device`."""

    section = "fdir"
    writer = "fdir"
    record_hz_of = (("wheel_excess_nm", 1),)
    excluded = field("u1", MAX_DEVICES, per="devices", doc="1 while the device is not used")
    reason = field("u1", MAX_DEVICES, per="devices", enum=Exclusion, doc="why it was excluded last")
    exclusions = field("u2", MAX_DEVICES, per="devices", doc="times it was excluded")
    kept = field("u1", MAX_DEVICES, per="devices", doc="1 while it should be excluded but nothing could take its place")
    since_ns = field("i8", MAX_DEVICES, per="devices", unit="ns", doc="mission time of the last exclusion")
    excluded_count = field("u1", doc="devices not used now")
    wheels_out = field("u1", doc="wheels not used now")
    rate_sources = field("u1", doc="gyro or momentum balance (AttitudeSource), as reported last")
    switches_off = field("u2", doc="loads held off (hal.wire.EpsSwitch)")
    cycled_off = field("u2", doc="of these, loads that are switched on again at cycle_end_ns")
    cycle_end_ns = field("i8", unit="ns", doc="end of the last power cycle")
    wheel_excess_nm = field(
        "f8", MAX_WHEELS, per="reaction_wheels", unit="N m", doc="torque of each wheel beyond command and friction"
    )
