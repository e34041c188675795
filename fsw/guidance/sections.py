"""Pool sections of guidance."""

from __future__ import annotations

from fsw.core.section import Section
from hal.record import field


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
