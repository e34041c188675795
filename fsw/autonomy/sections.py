"""Pool sections of autonomy."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING, Any

from fsw.core.section import Section
from fsw.health.devices import MAX_DEVICES, Exclusion
from hal.record import field
from hal.samples import MAX_WHEELS, BoardIdentity

if TYPE_CHECKING:
    from fsw.core.gap import Gap

MAX_MONITORS = 64


@enum.unique
class Condition(enum.IntEnum):
    """The condition that a monitor checks."""

    ABOVE = 0
    BELOW = 1
    EQUAL = 2
    NOT_EQUAL = 3
    OUTSIDE = 4  # below `limit` or above `high`
    DELTA = 5  # the change since the check before, as a magnitude, above `limit`


@enum.unique
class Check(enum.IntEnum):
    """Status of a monitor."""

    UNCHECKED = 0  # its `when` does not hold, or the value is not a number
    CLEAR = 1
    PENDING = 2  # the condition holds, not yet for long enough
    CONFIRMED = 3


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

    @classmethod
    def after_gap(cls, own: Any, gap: Gap) -> None:  # noqa: ANN401
        """No persistence spans the gap: a monitor that was waiting waits anew."""
        status = own["status"]
        status[status == Check.PENDING] = Check.CLEAR


class AutonomySection(Section):
    """State of the mode manager."""

    section = "autonomy"
    writer = "mode_manager"
    acquiring = field("u1", doc="1 while modes follow each other up to NADIR; 0 when ground holds one")
    undecided = field("u1", doc="1 when a mode changed after the monitors were checked: decide in the next tick")
    target_seen = field("u1", doc="1 when the target has been above the mask since TARGET was entered")
    transitions = field("u4", doc="mode changes, system and ADCS")
    requests_accepted = field("u4", doc="mode requests carried out")
    requests_refused = field("u4", doc="mode requests refused")
    modes_possible = field("u1", doc="ADCS modes that the devices allow: bit n is mode n (fsw.guidance.modes.AdcsMode)")


class BoardsSection(Section):
    """Facts that the board watch has seen and reported; index 0 is the ADCS board, 1 the EPS board."""

    section = "boards"
    writer = "boards"
    resets = field("u4", 2, doc="resets seen")
    identity = field("u1", 2, enum=BoardIdentity, doc="identity seen")


@enum.unique
class Verdict(enum.IntEnum):
    """The verdict of isolation on a device, besides an `Exclusion`."""

    KEEP = 254  # use it again whatever it shows
    ADMIT = 255  # use it again


class IsolationSection(Section):
    """Evidence of isolation about the devices; arrays of `MAX_DEVICES` are indexed by `fsw.health.devices.Device`."""

    section = "isolation"
    writer = "fdir"
    record_hz = 1
    bad_s = field("f8", MAX_DEVICES, per="devices", unit="s", doc="for so long the device has shown what excludes it")
    good_s = field("f8", MAX_DEVICES, per="devices", unit="s", doc="for so long it has agreed with the others")
    residual = field("f8", MAX_DEVICES, per="devices", doc="last residual, in units of its limit")
    suspicion = field("u1", MAX_DEVICES, per="devices", enum=Exclusion, doc="what it shows now")
    verdict = field("u1", MAX_DEVICES, per="devices", doc="Exclusion to be made, or 255: use it again")
    same = field("u2", (3, 3), doc="samples in a row of the same value: gyro, magnetometer, star tracker; by axis")
    last = field("f8", (3, 4), doc="the samples they are compared with")
    step = field("f8", (2, 3), doc="change between the last two samples of gyro [rad/s] and magnetometer [T]")
    noise = field("f8", 2, doc="mean square of their second differences over that of their noise")
    window_t_ns = field("i8", unit="ns", doc="start of the window over which rates are compared")
    window_q = field("f8", 4, doc="turn since then by the gyro")
    window_off_b_radps = field("f8", 3, unit="rad/s", doc="sum over it of gyro rate less that of the momentum balance")
    window_ticks = field("u2", doc="gyro samples in it")
    window_mag_b_tesla = field("f8", 3, unit="T", doc="field at its start, zero when there was none")
    window_mag_i_tesla = field("f8", 3, unit="T", doc="model of the field then, GCRF")
    window_q_bi_str = field("f8", 4, doc="star tracker's attitude nearest its start, zero when there was none")
    window_str_t_ns = field("i8", unit="ns", doc="when that was valid")
    q_bi_str = field("f8", 4, doc="last attitude heard from the star tracker")
    str_t_ns = field("i8", unit="ns", doc="when it was valid")
    gyro_against = field("f8", 3, doc="last disagreement with star tracker, field and balance over its limit; -1: none")
    mag_angle = field("f8", doc="last angle between field and prediction by a fine attitude, over its limit")
    refusal_b_rad = field("f8", 3, unit="rad", doc="star tracker less estimate when its refusal began")
    refusal_pending = field(
        "u1", doc="the star tracker is: 0 not refused; 1 refused, not known who errs; 2 has jumped; 3 has jumped back"
    )
    followed_b_rad = field("f8", 3, unit="rad", doc="jumps of the star tracker that the filter has followed")
    wheel_t_ns = field("i8", unit="ns", doc="time of the last tachometer samples")
    wheel_speed_radps = field("f8", MAX_WHEELS, per="reaction_wheels", unit="rad/s", doc="those samples")
    wheel_torque_nm = field(
        "f8", (2, MAX_WHEELS), per="reaction_wheels", unit="N m", doc="torques commanded in the last two ticks"
    )
    wheel_residual_nm = field("f8", MAX_WHEELS, per="reaction_wheels", unit="N m", doc="its mean over some seconds")
    wheel_square_nm2 = field(
        "f8",
        MAX_WHEELS,
        per="reaction_wheels",
        unit="N^2 m^2",
        doc="mean square of the torque beyond command and friction",
    )
    wheel_demand_nm = field("f8", MAX_WHEELS, per="reaction_wheels", unit="N m", doc="mean torque commanded")
    wheel_same = field("u2", MAX_WHEELS, per="reaction_wheels", doc="samples in a row of the same speed")
