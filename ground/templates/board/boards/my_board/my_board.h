/* A heater: one temperature sensor, one output. Kinds from 0x80 and APIDs from 0x300 on are free for boards like this. */
#ifndef MY_BOARD_H
#define MY_BOARD_H
#include <stdint.h>

enum { BOARD_MY_BOARD = 0x80, APID_MY_BOARD_OFFSET = 0x300 };

/* Payloads, little-endian: where each field is, and the size of the whole. */
enum {
    /* COMMAND: u16 sequence number, u16 flags, u16 level [permille] */
    MY_BOARD_COMMAND_LEVEL = 4,
    MY_BOARD_COMMAND_SIZE = 6,
    /* CONFIG: u16 period, command time-out, watchdog [ms], u16 level when safe [permille] */
    MY_BOARD_CONFIG_LEVEL_SAFE = 6,
    MY_BOARD_CONFIG_SIZE = 8,
    /* STIMULUS: i64 board time [ns], u16 temperature [cK], u16 octets put on the bus before it */
    MY_BOARD_STIMULUS_TEMPERATURE = 8,
    MY_BOARD_STIMULUS_BUS_OCTETS = 10,
    MY_BOARD_STIMULUS_SIZE = 12,
    /* SENSORS: i64 board time [ns], u32 cycle, u16 temperature [cK], u16 level in force, 12 octets of health */
    MY_BOARD_SENSORS_CYCLE = 8,
    MY_BOARD_SENSORS_TEMPERATURE = 12,
    MY_BOARD_SENSORS_LEVEL = 14,
    MY_BOARD_SENSORS_HEALTH = 16,
    MY_BOARD_SENSORS_SIZE = 28,
    /* ACTUATION: i64 board time [ns], u16 level in force, u16 octets put on the bus before it */
    MY_BOARD_ACTUATION_LEVEL = 8,
    MY_BOARD_ACTUATION_SIZE = 12
};

/* What the board keeps from cycle to cycle; a reset clears it. */
struct my_board {
    uint16_t level;      /* of the newest command */
    uint16_t level_safe; /* without one */
};

extern const struct BoardOps MY_BOARD_OPS;

#endif
