"""The wire protocol to boards and units: CCSDS space packets, CRC-16 appended, COBS-framed, 0x00 delimited.

frame = COBS(primary header (6, big-endian) | payload (little-endian, a record below, `end` octets) | CRC-16 (2,
big-endian, over header and payload)) | 0x00. No secondary header; the header's length field counts payload and CRC.
What flight sends to a board (COMMAND, CONFIG, IDENTIFY) has packet type 1, the rest 0.
Sensors cross as raw counts; the vehicle file says what a count is worth. Time is board time in nanoseconds.
"""

from __future__ import annotations

import enum

from hal.record import Record, field
from hal.samples import MAX_SUN_SENSORS, MAX_TORQUERS, MAX_WHEELS


@enum.unique
class PacketType(enum.IntEnum):
    """Packet type (CCSDS 133.0-B, 4.1.3.3.2)."""

    TELEMETRY = 0
    TELECOMMAND = 1


@enum.unique
class SequenceFlags(enum.IntEnum):
    """Sequence flags (CCSDS 133.0-B, 4.1.3.4.2)."""

    CONTINUATION = 0
    FIRST = 1
    LAST = 2
    UNSEGMENTED = 3


@enum.unique
class Apid(enum.IntEnum):
    """Application process ids on board links; the EPS board adds `EPS_OFFSET`, the ping board `PING_OFFSET`."""

    COMMAND = 0x010
    CONFIG = 0x011
    IDENTIFY = 0x012
    SENSORS = 0x020
    BOOT = 0x021
    IDENTITY = 0x022
    STIMULUS = 0x030
    ACTUATION = 0x031
    STAR_TRACKER = 0x040


EPS_OFFSET = 0x100
PING_OFFSET = 0x200
FIRMWARE_VERSION = 0x000200  # 0.2.0; a board whose major or minor number differs speaks another protocol


@enum.unique
class BoardKind(enum.IntEnum):
    """Which instance of the firmware this is."""

    ADCS = 1
    EPS = 2
    PING = 3


@enum.unique
class ResetReason(enum.IntEnum):
    """Why a board started."""

    UNKNOWN = 0
    POWER_ON = 1
    WATCHDOG = 2
    SOFTWARE = 3
    FAULT = 4
    EXTERNAL = 5


class SensorFlag(enum.IntFlag):
    """Bits of `flags` in the sensor packets."""

    CONFIGURED = 1
    OUTPUTS_SAFE = 2
    COMMAND_TIMEOUT = 4
    STIMULUS = 8
    GYRO_VALID = 16
    MAG_VALID = 32
    CSS_VALID = 64
    WHEELS_VALID = 128
    REFLEX = 256


class CommandFlag(enum.IntFlag):
    """Bits of `flags` in the command packets."""

    OUTPUTS_ENABLED = 1


class StarTrackerFlag(enum.IntFlag):
    """Bits of `flags` in the star-tracker report."""

    VALID = 1
    SUN_EXCLUSION = 2
    EARTH_EXCLUSION = 4
    RATE_LIMIT = 8


class AdcsCommand(Record):
    """Flight to ADCS board, every tick: applied in the next cycle and held."""

    seq = field("u2", doc="command sequence number")
    flags = field("u2", doc="CommandFlag")
    wheel_torque_counts = field("i2", MAX_WHEELS, doc="motor torque")
    dipole_counts = field("i2", MAX_TORQUERS, doc="dipole while driven")


class AdcsConfig(Record):
    """Flight to ADCS board, at start and after a board reset."""

    period_ms = field("u2", unit="ms", doc="cycle period")
    command_timeout_ms = field("u2", unit="ms", doc="silence after which outputs go safe")
    watchdog_ms = field("u2", unit="ms", doc="watchdog period")
    duty_permille = field("u2", doc="torquer drive duty, at most 950: the rest is for the field to settle")
    torque_limit_counts = field("i2", MAX_WHEELS, doc="largest torque magnitude")
    dipole_limit_counts = field("i2", MAX_TORQUERS, doc="largest dipole magnitude")
    speed_limit_counts = field("i2", MAX_WHEELS, doc="wheel speed above which the board brakes only")
    reflex_after_ms = field("u2", unit="ms", doc="silence after which the board detumbles by itself, 0: never")
    reflex_gain = field(
        "i2", (MAX_TORQUERS, 3), doc="dipole counts against the field's change a cycle, in 1/16 a count, by sensor axis"
    )


class AdcsSensors(Record):
    """ADCS board to flight, every cycle."""

    board_time_ns = field("i8", unit="ns", doc="time of validity of all samples")
    gyro_counts = field("i4", 3, doc="angle increment since the previous cycle")
    cycle = field("u4", doc="cycles since reset")
    mag_counts = field("i2", 3, doc="flux density, torquers off")
    css_counts = field("u2", MAX_SUN_SENSORS, doc="normalised photocurrents")
    wheel_counts = field("i2", MAX_WHEELS, doc="spin rates")
    dipole_counts = field("i2", MAX_TORQUERS, doc="dipoles driven from now on")
    flags = field("u2", doc="SensorFlag")
    command_seq = field("u2", doc="last command accepted")
    commands_accepted = field("u2", doc="wraps")
    commands_rejected = field("u2", doc="wraps")
    frames_bad = field("u2", doc="frames of the bus that the board dropped, wraps")
    reset_reason = field("u1", doc="ResetReason")
    stimuli_bad = field("u1", doc="frames of the stimulus port that the board dropped or refused, wraps")


class AdcsStimulus(Record):
    """Simulator to ADCS board's stimulus port: one packet triggers one cycle."""

    board_time_ns = field("i8", unit="ns", doc="board time of this cycle")
    gyro_counts = field("i4", 3, doc="angle increment since the previous cycle")
    mag_counts = field("i2", 3, doc="flux density, torquers off")
    css_counts = field("u2", MAX_SUN_SENSORS, doc="normalised photocurrents")
    wheel_counts = field("i2", MAX_WHEELS, doc="spin rates")
    bus_octets = field("u2", doc="octets put on the board's bus before this packet, wraps")


class AdcsActuation(Record):
    """ADCS board to simulator: what the actuators do from this cycle to the next."""

    board_time_ns = field("i8", unit="ns", doc="board time of this cycle")
    wheel_torque_counts = field("i2", MAX_WHEELS, doc="motor torque")
    dipole_counts = field("i2", MAX_TORQUERS, doc="dipole while driven")
    duty_permille = field("u2", doc="drive lasts this share of the period, then off until the next cycle")
    bus_octets = field("u2", doc="octets that the board put on its bus before this packet, wraps")


class EpsCommand(Record):
    """Flight to EPS board, every EPS cycle."""

    seq = field("u2", doc="command sequence number")
    flags = field("u2", doc="CommandFlag")
    switches = field("u2", doc="load switches, one bit each (EpsSwitch)")


class EpsSwitch(enum.IntFlag):
    """Load switches."""

    RADIO_TX = 1
    PAYLOAD = 2
    WHEELS = 4


class EpsConfig(Record):
    """Flight to EPS board, at start and after a board reset."""

    period_ms = field("u2", unit="ms", doc="cycle period")
    command_timeout_ms = field("u2", unit="ms", doc="silence after which switches go safe")
    watchdog_ms = field("u2", unit="ms", doc="watchdog period")
    switches_safe = field("u2", doc="switch state when safe")


class EpsSensors(Record):
    """EPS board to flight, every EPS cycle."""

    board_time_ns = field("i8", unit="ns", doc="time of validity of all samples")
    cycle = field("u4", doc="cycles since reset")
    bus_mv = field("u2", unit="mV", doc="bus voltage")
    battery_ma = field("i2", unit="mA", doc="battery current, positive charging")
    array_cw = field("u2", unit="cW", doc="solar-array power")
    load_cw = field("u2", unit="cW", doc="load power")
    soc_counts = field("u2", doc="state of charge in 1e-4")
    temperature_ck = field("u2", unit="cK", doc="battery temperature")
    switches = field("u2", doc="EpsSwitch in force")
    flags = field("u2", doc="SensorFlag")
    command_seq = field("u2", doc="last command accepted")
    commands_accepted = field("u2", doc="wraps")
    commands_rejected = field("u2", doc="wraps")
    frames_bad = field("u2", doc="frames of the bus that the board dropped, wraps")
    reset_reason = field("u1", doc="ResetReason")
    stimuli_bad = field("u1", doc="frames of the stimulus port that the board dropped or refused, wraps")


class EpsStimulus(Record):
    """Simulator to EPS board's stimulus port: one packet triggers one cycle."""

    board_time_ns = field("i8", unit="ns", doc="board time of this cycle")
    bus_mv = field("u2", unit="mV", doc="bus voltage")
    battery_ma = field("i2", unit="mA", doc="battery current, positive charging")
    array_cw = field("u2", unit="cW", doc="solar-array power")
    load_cw = field("u2", unit="cW", doc="load power")
    soc_counts = field("u2", doc="gauge reading in 1e-4")
    temperature_ck = field("u2", unit="cK", doc="battery temperature")
    bus_octets = field("u2", doc="octets put on the board's bus before this packet, wraps")


class EpsActuation(Record):
    """EPS board to simulator."""

    board_time_ns = field("i8", unit="ns", doc="board time of this cycle")
    switches = field("u2", doc="EpsSwitch in force")
    bus_octets = field("u2", doc="octets that the board put on its bus before this packet, wraps")


class Boot(Record):
    """Board to flight, once after reset."""

    board_time_ns = field("i8", unit="ns", doc="board time")
    version = field("u4", doc="firmware version, major.minor.patch in octets 2..0")
    fault_pc = field("u4", doc="address of the instruction that faulted before the reset, 0 when none")
    fault_lr = field("u4", doc="its return address")
    fault_status = field("u4", doc="Configurable Fault Status Register then (Armv7-M, B3.2.15)")
    kind = field("u1", doc="BoardKind")
    reset_reason = field("u1", doc="ResetReason")
    spare = field("u2", doc="0")


class Identity(Record):
    """Board to flight, the answer to IDENTIFY (which has an empty payload)."""

    version = field("u4", doc="firmware version, major.minor.patch in octets 2..0")
    source = field("u4", doc="fingerprint of the source: first octets of the SHA-256 of its files, in order of path")
    config_crc = field("u2", doc="CRC-16 of the configuration in force, 0 when none")
    kind = field("u1", doc="BoardKind")
    spare = field("u1", doc="0")


class StarTrackerReport(Record):
    """Star tracker to flight, on its own link."""

    valid_time_ns = field("i8", unit="ns", doc="mission time of validity (the unit is synchronised)")
    q_counts = field("i4", 4, doc="q_si in 2**-30, scalar last")
    seq = field("u2", doc="report sequence number")
    flags = field("u2", doc="StarTrackerFlag")
