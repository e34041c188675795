"""Pool sections of navigation."""

from __future__ import annotations

from fsw.core.section import Section
from hal.record import field


class NavigationSection(Section):
    """Orbit and environment as flight knows them, valid at this tick's t_ns."""

    section = "navigation"
    writer = "navigation"
    record_hz = 1
    pos_i_m = field("f8", 3, unit="m", doc="position, GCRF")
    vel_i_mps = field("f8", 3, unit="m/s", doc="velocity, GCRF")
    q_ei = field("f8", 4, doc="GCRF to ITRF, scalar last")
    sun_i = field("f8", 3, doc="unit vector satellite to Sun, GCRF")
    mag_i_tesla = field("f8", 3, unit="T", doc="model field at the satellite, GCRF axes")
    latitude_rad = field("f8", unit="rad", doc="geodetic latitude")
    longitude_rad = field("f8", unit="rad", doc="longitude, east positive")
    altitude_m = field("f8", unit="m", doc="height over the WGS 84 ellipsoid")
    position_sigma_m = field("f8", unit="m", doc="1-sigma position error as estimated")
    sunlit = field("f8", doc="1 in full sunlight, 0 in umbra", low=0, high=1)
    valid = field("u1", doc="1 when the orbit is known")
    gnss_used = field("u4", doc="GNSS solutions used")
    gnss_rejected = field("u4", doc="GNSS solutions rejected by the gate")
