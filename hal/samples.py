"""Samples that drivers deliver: SI values in sensor frames, with time of validity, sequence number and flags."""

from __future__ import annotations

import enum

from hal.record import Record, field

MAX_WHEELS = 8
MAX_TORQUERS = 6
MAX_SUN_SENSORS = 12


@enum.unique
class BoardIdentity(enum.IntEnum):
    """Whether a board is the expected one."""

    UNKNOWN = 0  # it has not said since its last reset
    ACCEPTED = 1
    REFUSED = 2  # another kind of board, another protocol version or another configuration


class Sample(Record):
    """Head of every sample."""

    t_ns = field("i8", unit="ns", doc="mission time at which the measurement was valid")
    seq = field("u4", doc="device sequence number, wraps")
    new = field("u1", doc="1 in the tick in which the sample arrived")
    valid = field("u1", doc="1 when the device and the driver's checks vouch for it")


class GyroSample(Sample):
    """Angle increment since the previous sample."""

    dt_ns = field("i8", unit="ns", doc="interval that the increment covers, ends at t_ns")
    dtheta_s_rad = field("f8", 3, unit="rad", doc="angle increment about the sensor axes")


class MagSample(Sample):
    """Magnetic flux density, sampled with the torquers off."""

    mag_s_tesla = field("f8", 3, unit="T", doc="flux density in the sensor frame")


class CssSample(Sample):
    """Coarse Sun sensors, normalised to full normal sunlight at 1 au."""

    ratio = field("f8", MAX_SUN_SENSORS, per="coarse_sun_sensors", doc="photocurrent over its full-scale value")


class WheelSample(Sample):
    """Reaction-wheel tachometers."""

    speed_radps = field("f8", MAX_WHEELS, per="reaction_wheels", unit="rad/s", doc="spin rate about each spin axis")


class TorquerSample(Sample):
    """Dipoles that the board drives from t_ns on (before the declared duty)."""

    dipole_am2 = field("f8", MAX_TORQUERS, per="magnetorquers", unit="A m^2", doc="dipole along each torquer axis")


class StarTrackerSample(Sample):
    """Attitude of the star-tracker frame."""

    q_si = field("f8", 4, doc="inertial (GCRF) to sensor, scalar last")
    flags = field("u2", doc="what the unit says of itself (hal.wire.StarTrackerFlag)")


class GnssSample(Sample):
    """Position, velocity and time solution."""

    t_tai_ns = field("i8", unit="ns", doc="TAI of the solution, since 2000-01-01T12:00:00 TAI")
    pos_e_m = field("f8", 3, unit="m", doc="antenna position, ITRF")
    vel_e_mps = field("f8", 3, unit="m/s", doc="antenna velocity relative to ITRF, in ITRF axes")
    accuracy_m = field(
        "f8", unit="m", doc="1-sigma 3D position accuracy (root sum square of the axes) that the receiver reports"
    )


class EpsSample(Sample):
    """Electrical power system."""

    bus_voltage_v = field("f8", unit="V", doc="battery bus voltage")
    battery_current_a = field("f8", unit="A", doc="battery current, positive when charging")
    array_power_w = field("f8", unit="W", doc="solar-array power")
    load_power_w = field("f8", unit="W", doc="power drawn by all loads")
    state_of_charge = field("f8", doc="0 to 1, counted by the board", low=0, high=1)
    temperature_k = field("f8", unit="K", doc="battery temperature")
    switches = field("u2", doc="load switches in force (hal.wire.EpsSwitch)")


class UnitHealth(Record):
    """Counters of a driver about its link."""

    silent_ticks = field("u4", doc="consecutive exchanges without an accepted packet")
    frames_ok = field("u4", doc="frames decoded by the driver")
    frames_bad = field("u4", doc="frames dropped by the driver: COBS, CRC, length or type")
    samples_stale = field("u4", doc="packets dropped because already seen, too old or out of order")
    samples_out_of_range = field("u4", doc="samples invalidated by the driver's range checks")
    link_errors = field("u4", doc="reads and writes that the link refused")
    silent = field("u1", doc="1 when nothing was accepted for the vehicle's limit of silence")


class DeviceHealth(UnitHealth):
    """Counters of a driver that is written in Python (`hal.drivers.unit.UnitDriver`)."""

    octets_dropped = field("u4", unit="octet", doc="octets that belonged to no frame")
    driver_errors = field("u4", doc="exceptions of the driver")


class BoardHealth(UnitHealth):
    """Health that a board reports, and counters of its driver."""

    safe_outputs = field("u1", doc="1 while the board holds its actuators safe")
    reset_reason = field("u1", doc="reason of the last reset (hal.wire.ResetReason)")
    configured = field("u1", doc="1 when the board says that it has its configuration")
    board_time_ns = field("i8", unit="ns", doc="board time of the last packet")
    cycle_count = field("u4", doc="cycles since the board's reset")
    reset_count = field("u4", doc="board resets seen by the driver, power-on included")
    commands_accepted = field("u4", doc="command packets the board accepted")
    commands_rejected = field("u4", doc="command packets the board refused")
    board_frames_bad = field("u4", doc="frames the board dropped")
    frames_sent = field("u4", doc="command, configuration and identification frames sent to the board")
    commands_lost = field("u4", doc="of these, frames that the board never counted")
    frames_lost = field("u4", doc="cycles of the board whose packet did not arrive")
    cycles_past = field("u4", doc="cycles in earlier lives of the board, as far as heard of")
    identities = field("u4", doc="identity packets received")
    firmware_version = field("u4", doc="as the board says, major.minor.patch in octets 2..0")
    firmware_source = field("u4", doc="fingerprint of its source (hal.wire.Identity)")
    fault_pc = field("u4", doc="address of the last fault of the board's processor, 0 when none")
    fault_status = field("u4", doc="its fault status register then")
    config_crc = field("u2", doc="CRC-16 of the configuration the board says it has")
    identity = field("u1", doc="what the driver thinks of it", enum=BoardIdentity)


class ActuatorCommand(Record):
    """Command to the ADCS board; applied at t_apply_ns and held until the next one."""

    t_apply_ns = field("i8", unit="ns", doc="mission time at which the board applies it")
    wheel_torque_nm = field(
        "f8", MAX_WHEELS, per="reaction_wheels", unit="N m", doc="motor torque on each wheel about its spin axis"
    )
    dipole_am2 = field("f8", MAX_TORQUERS, per="magnetorquers", unit="A m^2", doc="dipole along each torquer axis")
    valid = field("u1", doc="0 asks for safe outputs: no torque, no dipole")
