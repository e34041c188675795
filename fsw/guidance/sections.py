"""Pool sections of guidance."""

from __future__ import annotations

import enum

from fsw.core.section import Section
from fsw.guidance.modes import AdcsMode, SafeReason, SystemMode
from hal.record import field


@enum.unique
class Goal(enum.IntEnum):
    """What the reference turns towards."""

    NONE = 0
    SUN = 1
    INERTIAL = 2
    NADIR = 3
    TARGET = 4


class ModeSection(Section):
    """System and ADCS modes."""

    section = "mode"
    writer = "mode_manager"
    system = field("u1", enum=SystemMode, doc="system mode")
    adcs = field("u1", enum=AdcsMode, doc="ADCS mode")
    safe_reason = field("u1", enum=SafeReason, doc="why SAFE was entered last")
    system_since_ns = field("i8", unit="ns", doc="mission time at which the system mode was entered")
    adcs_since_ns = field("i8", unit="ns", doc="mission time at which the ADCS mode was entered")
    target_lat_rad = field("f8", unit="rad", doc="geodetic latitude of the target")
    target_lon_rad = field("f8", unit="rad", doc="longitude of the target")
    target_alt_m = field("f8", unit="m", doc="height of the target over the ellipsoid")
    q_bi_inertial = field("f8", 4, doc="attitude held in INERTIAL")


class GuidanceSection(Section):
    """Reference attitude and rate, predicted to the time at which the command is applied."""

    section = "guidance"
    writer = "guide"
    q_bi_ref = field("f8", 4, doc="reference attitude after slew limiting, GCRF to body")
    rate_ref_b_radps = field("f8", 3, unit="rad/s", doc="reference rate in body axes")
    accel_ref_b_radps2 = field("f8", 3, unit="rad/s^2", doc="reference angular acceleration in body axes")
    q_bi_goal = field("f8", 4, doc="where the mode wants to point, before slew limiting")
    slew_remaining_rad = field("f8", unit="rad", doc="angle between reference and goal")
    target_elevation_rad = field("f8", unit="rad", doc="elevation of the satellite seen from the target")
    slewing = field("u1", doc="1 while the reference has not caught the goal")
    valid = field("u1", doc="1 when the reference may be tracked")


class GuideSection(Section):
    """State of guidance between ticks."""

    section = "guide"
    writer = "guide"
    gap_clears = ("goal",)  # a slew begins where the body is
    goal = field("u1", enum=Goal, doc="what the reference turns towards")
    sun_alternate = field("u1", doc="1 while the Sun is so near the orbit normal that the ecliptic pole replaces it")
    target_known = field("u1", doc="1 when the two vectors below belong to the target in the mode section")
    slew_accel_b_radps2 = field("f8", 3, unit="rad/s^2", doc="acceleration relative to the goal until the next tick")
    target_lat_lon_alt = field("f8", 3, doc="the target that the vectors below belong to [rad, rad, m]")
    target_e_m = field("f8", 3, unit="m", doc="position of the target, ITRF")
    target_up_e = field("f8", 3, doc="ellipsoid normal at the target, ITRF")
