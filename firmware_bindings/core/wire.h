/* Numbers of the wire protocol: ids, flags, and the octet offsets of each packet's payload (little-endian).
 * Printed from hal.wire by `make firmware-wire`; do not edit. */
#ifndef SMARTSAT_WIRE_H
#define SMARTSAT_WIRE_H

enum {
    EPS_OFFSET = 0x100,
    PING_OFFSET = 0x200,
    FIRMWARE_VERSION = 0x300,
    BOARD_PAYLOAD_MAX = 0xf8,
    NOWHERE = 0xff,
    MAX_INPUTS = 0x18,
    MAX_GROUPS = 0xc,
    MAX_OUTPUTS = 0x30,
    MAX_SOURCES = 0x4,
    READINGS_MAX = 0xe0
};

/* Packet type (CCSDS 133.0-B, 4.1.3.3.2). */
enum {
    PACKET_TYPE_TELEMETRY = 0x0,
    PACKET_TYPE_TELECOMMAND = 0x1
};

/* Sequence flags (CCSDS 133.0-B, 4.1.3.4.2). */
enum {
    SEQUENCE_FLAGS_CONTINUATION = 0x0,
    SEQUENCE_FLAGS_FIRST = 0x1,
    SEQUENCE_FLAGS_LAST = 0x2,
    SEQUENCE_FLAGS_UNSEGMENTED = 0x3
};

/* Application process ids on board links; the EPS board adds `EPS_OFFSET`, the ping board `PING_OFFSET`. */
enum {
    APID_COMMAND = 0x10,
    APID_CONFIG = 0x11,
    APID_IDENTIFY = 0x12,
    APID_SENSORS = 0x20,
    APID_BOOT = 0x21,
    APID_IDENTITY = 0x22,
    APID_STIMULUS = 0x30,
    APID_ACTUATION = 0x31,
    APID_STAR_TRACKER = 0x40
};

/* Which instance of the firmware this is. */
enum {
    BOARD_KIND_ADCS = 0x1,
    BOARD_KIND_EPS = 0x2,
    BOARD_KIND_PING = 0x3
};

/* Why a board started. */
enum {
    RESET_REASON_UNKNOWN = 0x0,
    RESET_REASON_POWER_ON = 0x1,
    RESET_REASON_WATCHDOG = 0x2,
    RESET_REASON_SOFTWARE = 0x3,
    RESET_REASON_FAULT = 0x4,
    RESET_REASON_EXTERNAL = 0x5
};

/* Bits of `flags` in the sensor packets. */
enum {
    SENSOR_FLAG_CONFIGURED = 0x1,
    SENSOR_FLAG_OUTPUTS_SAFE = 0x2,
    SENSOR_FLAG_COMMAND_TIMEOUT = 0x4,
    SENSOR_FLAG_STIMULUS = 0x8,
    SENSOR_FLAG_REFLEX = 0x10
};

/* Bits of `flags` in the command packets. */
enum {
    COMMAND_FLAG_OUTPUTS_ENABLED = 0x1
};

/* Bits of `flags` in the star-tracker report. */
enum {
    STAR_TRACKER_FLAG_VALID = 0x1,
    STAR_TRACKER_FLAG_SUN_EXCLUSION = 0x2,
    STAR_TRACKER_FLAG_EARTH_EXCLUSION = 0x4,
    STAR_TRACKER_FLAG_RATE_LIMIT = 0x8
};

/* Types of the counts that a board reads. */
enum {
    COUNT_TYPE_I2 = 0x1,
    COUNT_TYPE_U2 = 0x2,
    COUNT_TYPE_I4 = 0x3
};

/* Types of a board's outputs; each is a number of two octets. */
enum {
    OUTPUT_TYPE_COUNT = 0x1,
    OUTPUT_TYPE_DRIVEN = 0x2,
    OUTPUT_TYPE_PULSE = 0x3
};

/* Chips for which boards have a register driver. */
enum {
    CHIP_BMI088_GYRO = 0x1,
    CHIP_RM3100 = 0x2
};

/* Buses that lead to registers; an address is a 7-bit address on I2C, the select pin on SPI (16 port + pin). */
enum {
    REGISTER_BUS_TYPE_SPI = 0x1,
    REGISTER_BUS_TYPE_I2C = 0x2
};

/* Load switches. */
enum {
    EPS_SWITCH_RADIO_TX = 0x1,
    EPS_SWITCH_PAYLOAD = 0x2,
    EPS_SWITCH_WHEELS = 0x4
};

/* CommandHead. Flight to a board: applied in the next cycle and held. Outputs follow. */
enum {
    COMMAND_HEAD_SEQ = 0 /* u2 */,
    COMMAND_HEAD_FLAGS = 2 /* u2 */,
    COMMAND_HEAD_SIZE = 4
};

/* ConfigHead. Flight to a board, at start and after a board reset. What differs from board to board follows. */
enum {
    CONFIG_HEAD_PERIOD_MS = 0 /* u2 */,
    CONFIG_HEAD_COMMAND_TIMEOUT_MS = 2 /* u2 */,
    CONFIG_HEAD_WATCHDOG_MS = 4 /* u2 */,
    CONFIG_HEAD_SIZE = 6
};

/* SensorsHead. A board to flight, every cycle. What it read follows. */
enum {
    SENSORS_HEAD_BOARD_TIME_NS = 0 /* i8 */,
    SENSORS_HEAD_CYCLE = 8 /* u4 */,
    SENSORS_HEAD_FLAGS = 12 /* u2 */,
    SENSORS_HEAD_COMMAND_SEQ = 14 /* u2 */,
    SENSORS_HEAD_COMMANDS_ACCEPTED = 16 /* u2 */,
    SENSORS_HEAD_COMMANDS_REJECTED = 18 /* u2 */,
    SENSORS_HEAD_FRAMES_BAD = 20 /* u2 */,
    SENSORS_HEAD_RESET_REASON = 22 /* u1 */,
    SENSORS_HEAD_STIMULI_BAD = 23 /* u1 */,
    SENSORS_HEAD_SIZE = 24
};

/* StimulusHead. Simulator to a board's stimulus port: one packet triggers one cycle. */
enum {
    STIMULUS_HEAD_BOARD_TIME_NS = 0 /* i8 */,
    STIMULUS_HEAD_SIZE = 8
};

/* ActuationHead. A board to the simulator: what its outputs do from this cycle to the next. */
enum {
    ACTUATION_HEAD_BOARD_TIME_NS = 0 /* i8 */,
    ACTUATION_HEAD_SIZE = 8
};

/* AdcsConfig. Configuration of the ADCS board; as many `InputConfig`, `OutputConfig` and `SourceConfig` as it says follow. */
enum {
    ADCS_CONFIG_PERIOD_MS = 0 /* u2 */,
    ADCS_CONFIG_COMMAND_TIMEOUT_MS = 2 /* u2 */,
    ADCS_CONFIG_WATCHDOG_MS = 4 /* u2 */,
    ADCS_CONFIG_DUTY_PERMILLE = 6 /* u2 */,
    ADCS_CONFIG_REFLEX_AFTER_MS = 8 /* u2 */,
    ADCS_CONFIG_READINGS = 10 /* u1 */,
    ADCS_CONFIG_INPUTS = 11 /* u1 */,
    ADCS_CONFIG_GROUPS = 12 /* u1 */,
    ADCS_CONFIG_SOURCES = 13 /* u1 */,
    ADCS_CONFIG_SIZE = 14
};

/* InputConfig. What the board reads of one device: counts, naturally aligned behind those of the device before. */
enum {
    INPUT_CONFIG_TYPE = 0 /* u1 */,
    INPUT_CONFIG_COUNT = 1 /* u1 */,
    INPUT_CONFIG_SIZE = 2
};

/* OutputConfig. The outputs of one device. */
enum {
    OUTPUT_CONFIG_TYPE = 0 /* u1 */,
    OUTPUT_CONFIG_COUNT = 1 /* u1 */,
    OUTPUT_CONFIG_AT = 2 /* u1 */,
    OUTPUT_CONFIG_SPARE = 3 /* u1 */,
    OUTPUT_CONFIG_SIZE = 4
};

/* SourceConfig. A register driver that takes the place of the stimulus, on a board that has the bus. */
enum {
    SOURCE_CONFIG_CHIP = 0 /* u1 */,
    SOURCE_CONFIG_AT = 1 /* u1 */,
    SOURCE_CONFIG_BUS = 2 /* u1 */,
    SOURCE_CONFIG_ADDRESS = 3 /* u1 */,
    SOURCE_CONFIG_SIZE = 4
};

/* EpsCommand. Flight to EPS board, every EPS cycle. */
enum {
    EPS_COMMAND_SEQ = 0 /* u2 */,
    EPS_COMMAND_FLAGS = 2 /* u2 */,
    EPS_COMMAND_SWITCHES = 4 /* u2 */,
    EPS_COMMAND_SIZE = 6
};

/* EpsConfig. Configuration of the EPS board. */
enum {
    EPS_CONFIG_PERIOD_MS = 0 /* u2 */,
    EPS_CONFIG_COMMAND_TIMEOUT_MS = 2 /* u2 */,
    EPS_CONFIG_WATCHDOG_MS = 4 /* u2 */,
    EPS_CONFIG_SWITCHES_SAFE = 6 /* u2 */,
    EPS_CONFIG_SIZE = 8
};

/* EpsSensors. EPS board to flight, every EPS cycle. */
enum {
    EPS_SENSORS_BOARD_TIME_NS = 0 /* i8 */,
    EPS_SENSORS_CYCLE = 8 /* u4 */,
    EPS_SENSORS_FLAGS = 12 /* u2 */,
    EPS_SENSORS_COMMAND_SEQ = 14 /* u2 */,
    EPS_SENSORS_COMMANDS_ACCEPTED = 16 /* u2 */,
    EPS_SENSORS_COMMANDS_REJECTED = 18 /* u2 */,
    EPS_SENSORS_FRAMES_BAD = 20 /* u2 */,
    EPS_SENSORS_RESET_REASON = 22 /* u1 */,
    EPS_SENSORS_STIMULI_BAD = 23 /* u1 */,
    EPS_SENSORS_BUS_MV = 24 /* u2 */,
    EPS_SENSORS_BATTERY_MA = 26 /* i2 */,
    EPS_SENSORS_ARRAY_CW = 28 /* u2 */,
    EPS_SENSORS_LOAD_CW = 30 /* u2 */,
    EPS_SENSORS_SOC_COUNTS = 32 /* u2 */,
    EPS_SENSORS_TEMPERATURE_CK = 34 /* u2 */,
    EPS_SENSORS_SWITCHES = 36 /* u2 */,
    EPS_SENSORS_SIZE = 38
};

/* EpsStimulus. Simulator to EPS board's stimulus port. */
enum {
    EPS_STIMULUS_BOARD_TIME_NS = 0 /* i8 */,
    EPS_STIMULUS_BUS_MV = 8 /* u2 */,
    EPS_STIMULUS_BATTERY_MA = 10 /* i2 */,
    EPS_STIMULUS_ARRAY_CW = 12 /* u2 */,
    EPS_STIMULUS_LOAD_CW = 14 /* u2 */,
    EPS_STIMULUS_SOC_COUNTS = 16 /* u2 */,
    EPS_STIMULUS_TEMPERATURE_CK = 18 /* u2 */,
    EPS_STIMULUS_BUS_OCTETS = 20 /* u2 */,
    EPS_STIMULUS_SIZE = 22
};

/* EpsActuation. EPS board to simulator. */
enum {
    EPS_ACTUATION_BOARD_TIME_NS = 0 /* i8 */,
    EPS_ACTUATION_SWITCHES = 8 /* u2 */,
    EPS_ACTUATION_BUS_OCTETS = 10 /* u2 */,
    EPS_ACTUATION_SIZE = 12
};

/* Boot. Board to flight, once after reset. */
enum {
    BOOT_BOARD_TIME_NS = 0 /* i8 */,
    BOOT_VERSION = 8 /* u4 */,
    BOOT_FAULT_PC = 12 /* u4 */,
    BOOT_FAULT_LR = 16 /* u4 */,
    BOOT_FAULT_STATUS = 20 /* u4 */,
    BOOT_KIND = 24 /* u1 */,
    BOOT_RESET_REASON = 25 /* u1 */,
    BOOT_SPARE = 26 /* u2 */,
    BOOT_SIZE = 28
};

/* Identity. Board to flight, the answer to IDENTIFY (which has an empty payload). */
enum {
    IDENTITY_VERSION = 0 /* u4 */,
    IDENTITY_SOURCE = 4 /* u4 */,
    IDENTITY_CONFIG_CRC = 8 /* u2 */,
    IDENTITY_KIND = 10 /* u1 */,
    IDENTITY_SPARE = 11 /* u1 */,
    IDENTITY_SIZE = 12
};

/* StarTrackerReport. Star tracker to flight, on its own link. */
enum {
    STAR_TRACKER_REPORT_VALID_TIME_NS = 0 /* i8 */,
    STAR_TRACKER_REPORT_Q_COUNTS = 8 /* i4[4] */,
    STAR_TRACKER_REPORT_SEQ = 24 /* u2 */,
    STAR_TRACKER_REPORT_FLAGS = 26 /* u2 */,
    STAR_TRACKER_REPORT_SIZE = 28
};

#endif
