"""Pool sections of control."""

from __future__ import annotations

from fsw.core.section import Section
from hal.record import field
from hal.samples import MAX_WHEELS, ActuatorCommand


class ControlSection(Section):
    """Control errors and demands."""

    section = "control"
    writer = "control"
    # The command that follows from these crosses the link, and is recorded, in every tick.
    record_hz_of = (
        ("torque_b_nm", 1), ("dipole_b_am2", 1), ("bdot_b_tps", 1), ("momentum_b_nms", 1), ("wheel_torque_nm", 1),
    )  # fmt: skip
    error_b_rad = field("f8", 3, unit="rad", doc="attitude error as a rotation vector in body axes")
    error_rad = field("f8", unit="rad", doc="total attitude error angle; pi while SUN_POINTING knows nothing")
    rate_error_b_radps = field("f8", 3, unit="rad/s", doc="rate error in body axes")
    torque_b_nm = field("f8", 3, unit="N m", doc="torque asked of the wheels, on the body")
    dipole_b_am2 = field("f8", 3, unit="A m^2", doc="dipole asked of the torquers, body axes, duty included")
    bdot_b_tps = field("f8", 3, unit="T/s", doc="filtered field derivative in body axes")
    momentum_b_nms = field("f8", 3, unit="N m s", doc="total angular momentum of body and wheels")
    wheel_torque_nm = field(
        "f8", MAX_WHEELS, per="reaction_wheels", unit="N m", doc="motor torque of each wheel after limits"
    )
    saturated = field("u1", doc="1 when a wheel torque limit shortened the demand")
    valid = field("u1", doc="1 when the demands are of this tick")


class ControllerSection(Section):
    """State of the controller between ticks."""

    section = "controller"
    writer = "control"
    record_hz = 1
    mag_t_ns = field("i8", unit="ns", doc="time of validity of the last field measurement, 0: none")
    mag_b_tesla = field("f8", 3, unit="T", doc="last field measurement")
    mag_filtered_b_tesla = field("f8", 3, unit="T", doc="low-passed field measurement")
    mag_settled = field("u1", doc="1 when the low-pass has seen several time constants without a gap")
    mag_since_ns = field("i8", unit="ns", doc="first measurement since the last gap")
    sun_t_ns = field("i8", unit="ns", doc="time of validity of the last Sun vector, 0: none")
    sun_b = field("f8", 3, doc="last Sun vector")
    left_out_t_ns = field("i8", unit="ns", doc="time of the last tachometer sample while a wheel was left out, 0: none")
    left_out_speed_radps = field("f8", MAX_WHEELS, per="reaction_wheels", unit="rad/s", doc="spin rates of that sample")
    integral_b_rads = field("f8", 3, unit="rad s", doc="integral of the attitude error")


class CommandSection(Section):
    """Actuator command that the next exchange carries, and the load switches."""

    section = "command"
    writer = "actuate"
    gap_clears = ("actuators.valid",)  # no actuator does what an old tick wanted
    record_hz = 1  # the octets made of it are recorded in every tick
    actuators = field(ActuatorCommand, doc="wheels and torquers")
    switches = field("u2", doc="hal.wire.EpsSwitch asked of the EPS board")
