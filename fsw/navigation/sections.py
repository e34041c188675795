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
    latitude_rad = field("f8", unit="rad", doc="geodetic latitude, renewed at the navigation rate")
    longitude_rad = field("f8", unit="rad", doc="longitude, east positive, renewed at the navigation rate")
    altitude_m = field("f8", unit="m", doc="height over the WGS 84 ellipsoid, renewed at the navigation rate")
    position_sigma_m = field("f8", unit="m", doc="1-sigma position error as estimated, three axes together")
    sunlit = field("f8", doc="1 in full sunlight, 0 in umbra", low=0, high=1)
    valid = field("u1", doc="1 when the orbit is known")
    gnss_used = field("u4", doc="GNSS solutions used")
    gnss_rejected = field("u4", doc="GNSS solutions rejected by the gate")


class OrbitSection(Section):
    """State of navigation: two nodes between which ticks interpolate, and the filter that GNSS feeds."""

    section = "orbit"
    writer = "navigation"
    rate_hz = 1
    node_t_tai_ns = field("i8", 2, unit="ns", doc="TAI of the two nodes")
    pos_i_m = field("f8", (2, 3), unit="m", doc="position at the nodes, GCRF")
    vel_i_mps = field("f8", (2, 3), unit="m/s", doc="velocity at the nodes, GCRF")
    sun_i = field("f8", (2, 3), doc="unit vector satellite to Sun at the nodes, GCRF")
    mag_i_tesla = field("f8", (2, 3), unit="T", doc="model field at the nodes, GCRF axes")
    sunlit = field("f8", 2, doc="sunlit share of the Sun's disk at the nodes")
    q_ti = field("f8", (2, 4), doc="GCRF to true equator and equinox of date at the nodes")
    gast_rad = field("f8", 2, unit="rad", doc="apparent sidereal time at the nodes")
    nodes_valid = field("u1", doc="1 when both nodes hold an orbit")
    filter_valid = field("u1", doc="1 when the orbit comes from the filter, 0 when from SGP4 alone")
    gnss_streak = field("u1", doc="GNSS solutions rejected by the gate in a row")
    gnss_agreed = field("u2", doc="GNSS solutions in a row that agreed with the orbit while GNSS was excluded")
    gnss_miss_m = field("f8", unit="m", doc="how far the last of them was off")
    filter_t_tai_ns = field("i8", unit="ns", doc="TAI of the filter's state")
    filter_pos_i_m = field("f8", 3, unit="m", doc="the filter's position at its time, GCRF")
    filter_vel_i_mps = field("f8", 3, unit="m/s", doc="the filter's velocity at its time, GCRF")
    gnss_t_tai_ns = field("i8", unit="ns", doc="TAI of the last GNSS solution looked at")
    correction = field("f8", 6, doc="filter minus SGP4 at the last GNSS update, Hill frame: metres and m/s")
    p = field("f8", (6, 6), doc="covariance of the filter's error, Hill frame [m^2, m^2/s, m^2/s^2]")
    nis_gnss = field("f8", doc="normalised innovation squared of the last GNSS solution (6 dof)")


class EarthOrientationSection(Section):
    """Earth orientation for the week ahead (IERS Bulletin A), as ground loads it; zeros at start."""

    section = "earth"
    writer = "requests"
    rate_hz = 1
    ut1_utc_s = field("f8", unit="s", doc="UT1 - UTC", low=-0.9, high=0.9)
    polar_x_rad = field("f8", unit="rad", doc="x coordinate of the pole", low=-5e-6, high=5e-6)
    polar_y_rad = field("f8", unit="rad", doc="y coordinate of the pole", low=-5e-6, high=5e-6)


class SynchronisationSection(Section):
    """Memory of the time keeper about GNSS time."""

    section = "synchronisation"
    writer = "time"
    rate_hz = 1
    seq = field("u4", doc="GNSS solution judged last")
    agreeing = field("u4", doc="solutions in a row that agree with each other and not with the time in use")
    candidate_ns = field("i8", unit="ns", doc="TAI minus mission time as the last of these says")
    stepped_ns = field("i8", unit="ns", doc="sum of all corrections")
    used = field("u4", doc="solutions that agreed with the time in use, or corrected it")
    refused = field("u4", doc="solutions whose time was not believed")
    slew_ns = field("i8", unit="ns", doc="how far TAI in use is still ahead: taken back slowly, never by a step")
