"""The wire protocol to boards and units: CCSDS space packets, CRC-16 appended, COBS-framed, 0x00 delimited.

frame = COBS(primary header (6, big-endian) | payload (little-endian, a record below, `end` octets) | CRC-16 (2,
big-endian, over header and payload)) | 0x00. No secondary header; the header's length field counts payload and CRC.
What flight sends to a board (COMMAND, CONFIG, IDENTIFY) has packet type 1, the rest 0.
Sensors cross as raw counts; the vehicle file says what a count is worth. Time is board time in nanoseconds.

What the ADCS board carries differs from vehicle to vehicle: its packets are the records below, and the counts of its
devices (`hal/devices/layout.py`). CONFIG tells the board which. A count at the end of its type's range (`RAILS`) is
no measurement.
"""

from __future__ import annotations

import enum

from hal.record import Record, field


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
FIRMWARE_VERSION = 0x000300  # 0.3.0; a board whose major or minor number differs speaks another protocol


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
    REFLEX = 16


class CommandFlag(enum.IntFlag):
    """Bits of `flags` in the command packets."""

    OUTPUTS_ENABLED = 1


class StarTrackerFlag(enum.IntFlag):
    """Bits of `flags` in the star-tracker report."""

    VALID = 1
    SUN_EXCLUSION = 2
    EARTH_EXCLUSION = 4
    RATE_LIMIT = 8


@enum.unique
class CountType(enum.IntEnum):
    """Types of the counts that a board reads."""

    I2 = 1
    U2 = 2
    I4 = 3


@enum.unique
class OutputType(enum.IntEnum):
    """Types of a board's outputs; each is a number of two octets."""

    COUNT = 1  # held until the next cycle
    DRIVEN = 2  # for the duty of the cycle, then off; what is driven is told in SENSORS
    PULSE = 3  # how long it is on from the cycle on, unsigned; once a command


@enum.unique
class Chip(enum.IntEnum):
    """Chips for which boards have a register driver."""

    BMI088_GYRO = 1
    RM3100 = 2


@enum.unique
class RegisterBusType(enum.IntEnum):
    """Buses that lead to registers; an address is a 7-bit address on I2C, the select pin on SPI (16 port + pin)."""

    SPI = 1
    I2C = 2


BOARD_PAYLOAD_MAX = 248  # octets of the longest payload to and from a board
NOWHERE = 255  # in the place of an octet of the readings
MAX_INPUTS = 24  # devices on one board that it reads,
MAX_GROUPS = 12  # and that it drives
MAX_OUTPUTS = 48  # outputs of one board
MAX_SOURCES = 4  # register drivers of one board


class CommandHead(Record):
    """Flight to a board: applied in the next cycle and held. Outputs follow."""

    seq = field("u2", doc="command sequence number")
    flags = field("u2", doc="CommandFlag")


class ConfigHead(Record):
    """Flight to a board, at start and after a board reset. What differs from board to board follows."""

    period_ms = field("u2", unit="ms", doc="cycle period")
    command_timeout_ms = field("u2", unit="ms", doc="silence after which outputs go safe")
    watchdog_ms = field("u2", unit="ms", doc="watchdog period")


class SensorsHead(Record):
    """A board to flight, every cycle. What it read follows."""

    board_time_ns = field("i8", unit="ns", doc="time of validity of all samples")
    cycle = field("u4", doc="cycles since reset")
    flags = field("u2", doc="SensorFlag")
    command_seq = field("u2", doc="last command accepted")
    commands_accepted = field("u2", doc="wraps")
    commands_rejected = field("u2", doc="wraps")
    frames_bad = field("u2", doc="frames of the bus that the board dropped, wraps")
    reset_reason = field("u1", doc="ResetReason")
    stimuli_bad = field("u1", doc="frames of the stimulus port that the board dropped or refused, wraps")


READINGS_MAX = BOARD_PAYLOAD_MAX - SensorsHead.end  # octets of what follows that head


class StimulusHead(Record):
    """Simulator to a board's stimulus port: one packet triggers one cycle.

    What the board reads follows, then (u2) octets put on the board's bus before this packet, which wrap.
    """

    board_time_ns = field("i8", unit="ns", doc="board time of this cycle")


class ActuationHead(Record):
    """A board to the simulator: what its outputs do from this cycle to the next.

    These follow, then (u2) octets that the board put on its bus before this packet, which wrap.
    """

    board_time_ns = field("i8", unit="ns", doc="board time of this cycle")


class AdcsConfig(ConfigHead):
    """Configuration of the ADCS board; as many `InputConfig`, `OutputConfig` and `SourceConfig` as it says follow."""

    duty_permille = field("u2", doc="DRIVEN outputs: share of the cycle, at most 950; in the rest the field settles")
    reflex_after_ms = field("u2", unit="ms", doc="silence after which the board detumbles by itself, 0: never")
    readings = field("u1", doc="octets of all that it reads")
    inputs = field("u1", doc="how many devices it reads")
    groups = field("u1", doc="how many devices it drives")
    sources = field("u1", doc="how many of those that it reads have a register driver")


class InputConfig(Record):
    """What the board reads of one device: counts, naturally aligned behind those of the device before."""

    type = field("u1", doc="CountType")
    count = field("u1", doc="how many")


class OutputConfig(Record):
    """The outputs of one device.

    Two octets an output follow, for all outputs of the device each: the largest magnitude; the value when safe; then
    for COUNT the counts of its guard beyond which only outputs against the guard's sign pass, for DRIVEN three numbers
    in 1/16, by which the change of the field's counts makes its counts while the board detumbles.
    """

    type = field("u1", doc="OutputType")
    count = field("u1", doc="how many")
    at = field("u1", doc="octet of the readings: COUNT: of the first guard (I2), DRIVEN: of the field (I2), or NOWHERE")
    spare = field("u1", doc="0")


class SourceConfig(Record):
    """A register driver that takes the place of the stimulus, on a board that has the bus."""

    chip = field("u1", doc="Chip")
    at = field("u1", doc="octet of the readings that it fills from")
    bus = field("u1", doc="RegisterBusType")
    address = field("u1", doc="on that bus")


class EpsCommand(CommandHead):
    """Flight to EPS board, every EPS cycle."""

    switches = field("u2", doc="load switches, one bit each (EpsSwitch)")


class EpsSwitch(enum.IntFlag):
    """Load switches."""

    RADIO_TX = 1
    PAYLOAD = 2
    WHEELS = 4


class EpsConfig(ConfigHead):
    """Configuration of the EPS board."""

    switches_safe = field("u2", doc="switch state when safe")


class EpsSensors(SensorsHead):
    """EPS board to flight, every EPS cycle."""

    bus_mv = field("u2", unit="mV", doc="bus voltage")
    battery_ma = field("i2", unit="mA", doc="battery current, positive charging")
    array_cw = field("u2", unit="cW", doc="solar-array power")
    load_cw = field("u2", unit="cW", doc="load power")
    soc_counts = field("u2", doc="state of charge in 1e-4")
    temperature_ck = field("u2", unit="cK", doc="battery temperature")
    switches = field("u2", doc="EpsSwitch in force")


class EpsStimulus(StimulusHead):
    """Simulator to EPS board's stimulus port."""

    bus_mv = field("u2", unit="mV", doc="bus voltage")
    battery_ma = field("i2", unit="mA", doc="battery current, positive charging")
    array_cw = field("u2", unit="cW", doc="solar-array power")
    load_cw = field("u2", unit="cW", doc="load power")
    soc_counts = field("u2", doc="gauge reading in 1e-4")
    temperature_ck = field("u2", unit="cK", doc="battery temperature")
    bus_octets = field("u2", doc="octets put on the board's bus before this packet, wraps")


class EpsActuation(ActuationHead):
    """EPS board to simulator."""

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
