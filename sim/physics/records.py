"""The truth as a record: written by the physics after every advance, read by device models, recorder and plots."""

from __future__ import annotations

from hal.record import Record, field
from hal.samples import MAX_WHEELS


class TruthRecord(Record):
    """Everything that is true at `t_ns`.

    Torques and forces are those in force at `t_ns`, except the fields that say otherwise. `i` GCRF, `e` ITRF, `b` body.
    """

    t_ns = field("i8", unit="ns", doc="mission time")
    t_tai_ns = field("i8", unit="ns", doc="TAI since 2000-01-01T12:00:00 TAI")
    pos_i_m = field("f8", 3, unit="m", doc="position of the centre of mass")
    vel_i_mps = field("f8", 3, unit="m/s", doc="velocity")
    q_bi = field("f8", 4, doc="attitude, inertial to body, scalar last")
    rate_bi_b_radps = field("f8", 3, unit="rad/s", doc="angular velocity of b relative to i, body axes")
    dtheta_b_rad = field("f8", 3, unit="rad", doc="integral of rate_bi_b over the last advance")
    wheel_speed_radps = field("f8", MAX_WHEELS, unit="rad/s", doc="spin rate relative to the body")
    wheel_torque_nm = field("f8", MAX_WHEELS, unit="N m", doc="motor torque after its limits, last step")
    wheel_friction_nm = field("f8", MAX_WHEELS, unit="N m", doc="friction torque, opposes the spin rate")
    momentum_b_nms = field("f8", 3, unit="N m s", doc="total angular momentum, wheels included")
    dipole_b_am2 = field("f8", 3, unit="A m^2", doc="dipole of actuators, mean over the last advance")
    mass_kg = field("f8", unit="kg", doc="mass, propellant included", low=1e-6)
    force_actuators_b_n = field("f8", 3, unit="N", doc="force of actuators, mean over the last advance")
    torque_actuators_b_nm = field(
        "f8", 3, unit="N m", doc="torque of actuators, dipoles and wheels left out, mean over the last advance"
    )
    dvel_actuators_i_mps = field("f8", 3, unit="m/s", doc="velocity that actuators have added since the start")
    angular_impulse_nms = field(
        "f8", unit="N m s", doc="angular impulse of actuators since the start, dipoles included, at most", low=0
    )
    mag_i_tesla = field("f8", 3, unit="T", doc="geomagnetic flux density")
    mag_b_tesla = field("f8", 3, unit="T", doc="geomagnetic flux density, body axes")
    sun_i = field("f8", 3, doc="unit vector, satellite to Sun")
    sun_b = field("f8", 3, doc="unit vector, satellite to Sun, body axes")
    sun_distance_m = field("f8", unit="m", doc="satellite to Sun")
    sunlit = field("f8", doc="visible share of the Sun's disc, 0 in umbra", low=0, high=1)
    moon_i_m = field("f8", 3, unit="m", doc="geocentric position of the Moon")
    q_ei = field("f8", 4, doc="inertial to Earth-fixed, scalar last")
    pos_e_m = field("f8", 3, unit="m", doc="position, ITRF")
    vel_e_mps = field("f8", 3, unit="m/s", doc="velocity relative to ITRF, ITRF axes")
    latitude_rad = field("f8", unit="rad", doc="geodetic latitude, WGS84")
    longitude_rad = field("f8", unit="rad", doc="longitude, east positive, -pi to pi")
    altitude_m = field("f8", unit="m", doc="height above the WGS84 ellipsoid")
    density_kgpm3 = field("f8", unit="kg/m^3", doc="atmospheric density")
    accel_gravity_i_mps2 = field("f8", 3, unit="m/s^2", doc="Earth's gravity, zonals included")
    accel_third_body_i_mps2 = field("f8", 3, unit="m/s^2", doc="tidal acceleration of Sun and Moon")
    force_drag_i_n = field("f8", 3, unit="N", doc="atmospheric drag, last step")
    force_solar_i_n = field("f8", 3, unit="N", doc="solar radiation pressure, last step")
    torque_gravity_b_nm = field("f8", 3, unit="N m", doc="gravity gradient")
    torque_drag_b_nm = field("f8", 3, unit="N m", doc="atmospheric drag, last step")
    torque_solar_b_nm = field("f8", 3, unit="N m", doc="solar radiation pressure, last step")
    torque_residual_b_nm = field("f8", 3, unit="N m", doc="residual dipole")
    torque_torquer_b_nm = field("f8", 3, unit="N m", doc="dipole of actuators, mean of the last advance")
    torque_wheel_b_nm = field("f8", 3, unit="N m", doc="reaction of motors and friction on the body")
