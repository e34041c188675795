/* Numbers of the wire protocol: ids, flags, and the octet offsets of each packet's payload (little-endian).
 * Printed from hal.wire and hal.samples by `make firmware-wire`; do not edit. */
#ifndef SMARTSAT_WIRE_H
#define SMARTSAT_WIRE_H

enum {
    EPS_OFFSET = 0x100,
    PING_OFFSET = 0x200,
    FIRMWARE_VERSION = 0x200
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
    SENSOR_FLAG_GYRO_VALID = 0x10,
    SENSOR_FLAG_MAG_VALID = 0x20,
    SENSOR_FLAG_CSS_VALID = 0x40,
    SENSOR_FLAG_WHEELS_VALID = 0x80,
    SENSOR_FLAG_REFLEX = 0x100
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

/* Load switches. */
enum {
    EPS_SWITCH_RADIO_TX = 0x1,
    EPS_SWITCH_PAYLOAD = 0x2,
    EPS_SWITCH_WHEELS = 0x4
};

/* AdcsCommand. Flight to ADCS board, every tick: applied in the next cycle and held. */
enum {
    ADCS_COMMAND_SEQ = 0 /* u2 */,
    ADCS_COMMAND_FLAGS = 2 /* u2 */,
    ADCS_COMMAND_WHEEL_TORQUE_COUNTS = 4 /* i2[4] */,
    ADCS_COMMAND_DIPOLE_COUNTS = 12 /* i2[3] */,
    ADCS_COMMAND_SIZE = 18
};

/* AdcsConfig. Flight to ADCS board, at start and after a board reset. */
enum {
    ADCS_CONFIG_PERIOD_MS = 0 /* u2 */,
    ADCS_CONFIG_COMMAND_TIMEOUT_MS = 2 /* u2 */,
    ADCS_CONFIG_WATCHDOG_MS = 4 /* u2 */,
    ADCS_CONFIG_DUTY_PERMILLE = 6 /* u2 */,
    ADCS_CONFIG_TORQUE_LIMIT_COUNTS = 8 /* i2[4] */,
    ADCS_CONFIG_DIPOLE_LIMIT_COUNTS = 16 /* i2[3] */,
    ADCS_CONFIG_SPEED_LIMIT_COUNTS = 22 /* i2[4] */,
    ADCS_CONFIG_REFLEX_AFTER_MS = 30 /* u2 */,
    ADCS_CONFIG_REFLEX_GAIN = 32 /* i2[3][3] */,
    ADCS_CONFIG_SIZE = 50
};

/* AdcsSensors. ADCS board to flight, every cycle. */
enum {
    ADCS_SENSORS_BOARD_TIME_NS = 0 /* i8 */,
    ADCS_SENSORS_GYRO_COUNTS = 8 /* i4[3] */,
    ADCS_SENSORS_CYCLE = 20 /* u4 */,
    ADCS_SENSORS_MAG_COUNTS = 24 /* i2[3] */,
    ADCS_SENSORS_CSS_COUNTS = 30 /* u2[6] */,
    ADCS_SENSORS_WHEEL_COUNTS = 42 /* i2[4] */,
    ADCS_SENSORS_DIPOLE_COUNTS = 50 /* i2[3] */,
    ADCS_SENSORS_FLAGS = 56 /* u2 */,
    ADCS_SENSORS_COMMAND_SEQ = 58 /* u2 */,
    ADCS_SENSORS_COMMANDS_ACCEPTED = 60 /* u2 */,
    ADCS_SENSORS_COMMANDS_REJECTED = 62 /* u2 */,
    ADCS_SENSORS_FRAMES_BAD = 64 /* u2 */,
    ADCS_SENSORS_RESET_REASON = 66 /* u1 */,
    ADCS_SENSORS_STIMULI_BAD = 67 /* u1 */,
    ADCS_SENSORS_SIZE = 68
};

/* AdcsStimulus. Simulator to ADCS board's stimulus port: one packet triggers one cycle. */
enum {
    ADCS_STIMULUS_BOARD_TIME_NS = 0 /* i8 */,
    ADCS_STIMULUS_GYRO_COUNTS = 8 /* i4[3] */,
    ADCS_STIMULUS_MAG_COUNTS = 20 /* i2[3] */,
    ADCS_STIMULUS_CSS_COUNTS = 26 /* u2[6] */,
    ADCS_STIMULUS_WHEEL_COUNTS = 38 /* i2[4] */,
    ADCS_STIMULUS_BUS_OCTETS = 46 /* u2 */,
    ADCS_STIMULUS_SIZE = 48
};

/* AdcsActuation. ADCS board to simulator: what the actuators do from this cycle to the next. */
enum {
    ADCS_ACTUATION_BOARD_TIME_NS = 0 /* i8 */,
    ADCS_ACTUATION_WHEEL_TORQUE_COUNTS = 8 /* i2[4] */,
    ADCS_ACTUATION_DIPOLE_COUNTS = 16 /* i2[3] */,
    ADCS_ACTUATION_DUTY_PERMILLE = 22 /* u2 */,
    ADCS_ACTUATION_BUS_OCTETS = 24 /* u2 */,
    ADCS_ACTUATION_SIZE = 26
};

/* EpsCommand. Flight to EPS board, every EPS cycle. */
enum {
    EPS_COMMAND_SEQ = 0 /* u2 */,
    EPS_COMMAND_FLAGS = 2 /* u2 */,
    EPS_COMMAND_SWITCHES = 4 /* u2 */,
    EPS_COMMAND_SIZE = 6
};

/* EpsConfig. Flight to EPS board, at start and after a board reset. */
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
    EPS_SENSORS_BUS_MV = 12 /* u2 */,
    EPS_SENSORS_BATTERY_MA = 14 /* i2 */,
    EPS_SENSORS_ARRAY_CW = 16 /* u2 */,
    EPS_SENSORS_LOAD_CW = 18 /* u2 */,
    EPS_SENSORS_SOC_COUNTS = 20 /* u2 */,
    EPS_SENSORS_TEMPERATURE_CK = 22 /* u2 */,
    EPS_SENSORS_SWITCHES = 24 /* u2 */,
    EPS_SENSORS_FLAGS = 26 /* u2 */,
    EPS_SENSORS_COMMAND_SEQ = 28 /* u2 */,
    EPS_SENSORS_COMMANDS_ACCEPTED = 30 /* u2 */,
    EPS_SENSORS_COMMANDS_REJECTED = 32 /* u2 */,
    EPS_SENSORS_FRAMES_BAD = 34 /* u2 */,
    EPS_SENSORS_RESET_REASON = 36 /* u1 */,
    EPS_SENSORS_STIMULI_BAD = 37 /* u1 */,
    EPS_SENSORS_SIZE = 38
};

/* EpsStimulus. Simulator to EPS board's stimulus port: one packet triggers one cycle. */
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

enum {
    MAX_WHEELS = 0x4,
    MAX_TORQUERS = 0x3,
    MAX_SUN_SENSORS = 0x6
};

/* Whether a board is the expected one. */
enum {
    BOARD_IDENTITY_UNKNOWN = 0x0,
    BOARD_IDENTITY_ACCEPTED = 0x1,
    BOARD_IDENTITY_REFUSED = 0x2
};

#endif
