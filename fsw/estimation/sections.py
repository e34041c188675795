"""Pool sections of estimation."""

from __future__ import annotations

from fsw.core.section import Section
from hal.record import field


class BodySection(Section):
    """Measurements in body axes, mounted and calibrated with flight's copy of the vehicle file."""

    section = "body"
    writer = "sense"
    record_hz = 1
    gyro_t_ns = field("i8", unit="ns", doc="end of the angle increment")
    gyro_dt_s = field("f8", unit="s", doc="interval of the angle increment")
    dtheta_b_rad = field("f8", 3, unit="rad", doc="angle increment about body axes, bias included")
    rate_bi_b_radps = field("f8", 3, unit="rad/s", doc="dtheta over dt, bias included")
    mag_t_ns = field("i8", unit="ns", doc="time of validity of the field")
    mag_b_tesla = field("f8", 3, unit="T", doc="flux density in body axes")
    sun_t_ns = field("i8", unit="ns", doc="time of validity of the Sun vector")
    sun_b = field("f8", 3, doc="unit vector to the Sun from the coarse sensors")
    sun_strength = field("f8", doc="norm of the least-squares Sun vector, 1 in full sunlight")
    str_t_ns = field("i8", unit="ns", doc="time of validity of the star-tracker attitude")
    q_bi_str = field("f8", 4, doc="star-tracker attitude, GCRF to body")
    wheel_momentum_b_nms = field("f8", 3, unit="N m s", doc="wheel momentum in body axes")
    gyro_valid = field("u1", doc="1 when the increment is new and valid in this tick")
    mag_valid = field("u1", doc="1 when the field is new and valid in this tick")
    sun_valid = field("u1", doc="1 when the Sun vector is new and usable in this tick")
    str_valid = field("u1", doc="1 when the star-tracker attitude is new and valid in this tick")
    wheels_valid = field("u1", doc="1 when the wheel speeds are valid")


class AttitudeSection(Section):
    """The attitude estimate at this tick's t_ns."""

    section = "attitude"
    writer = "estimate"
    record_hz_of = (("p", 1),)
    q_bi = field("f8", 4, doc="GCRF to body, scalar last")
    rate_bi_b_radps = field("f8", 3, unit="rad/s", doc="body rate, bias removed")
    bias_b_radps = field("f8", 3, unit="rad/s", doc="gyro bias")
    p = field("f8", (6, 6), doc="covariance of [attitude error rad, bias error rad/s], body axes")
    sigma_rad = field("f8", unit="rad", doc="root of the trace of the attitude covariance")
    nis_mag = field("f8", doc="normalised innovation squared of the last magnetometer update (2 dof)")
    nis_sun = field("f8", doc="the same, Sun vector (2 dof)")
    nis_str = field("f8", doc="the same, star tracker (3 dof)")
    mag_accepted = field("u4", doc="updates that passed the gate")
    mag_rejected = field("u4", doc="updates that the gate refused")
    sun_accepted = field("u4", doc="updates that passed the gate")
    sun_rejected = field("u4", doc="updates that the gate refused")
    str_accepted = field("u4", doc="updates that passed the gate")
    str_rejected = field("u4", doc="updates that the gate refused")
    str_age_s = field("f8", unit="s", doc="time since the last accepted star-tracker update")
    valid = field("u1", doc="1 when the filter is initialised and propagating")
