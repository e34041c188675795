/* A heater: one temperature sensor, one output. Kinds from 0x80 and APIDs from 0x300 on are free for boards like this. */
#ifndef MY_BOARD_H
#define MY_BOARD_H
#include <stdint.h>

enum { BOARD_MY_BOARD = 0x80, APID_MY_BOARD_OFFSET = 0x300 };

/* What follows the heads of its packets (wire.h), little-endian: where each field is, and the octets of all. */
enum {
    /* COMMAND: u16 level [permille] */
    MY_BOARD_COMMAND_LEVEL = 0,
    MY_BOARD_COMMAND_END = 2,
    /* STIMULUS: u16 temperature [cK] */
    MY_BOARD_STIMULUS_TEMPERATURE = 0,
    MY_BOARD_STIMULUS_END = 2,
    /* SENSORS: u16 temperature [cK], u16 level in force [permille] */
    MY_BOARD_SENSORS_TEMPERATURE = 0,
    MY_BOARD_SENSORS_LEVEL = 2,
    MY_BOARD_SENSORS_END = 4,
    /* ACTUATION: u16 level in force [permille] */
    MY_BOARD_ACTUATION_LEVEL = 0,
    MY_BOARD_ACTUATION_END = 2
};

/* The whole of CONFIG: u16 period, command time-out, watchdog [ms] (its head), u16 level when safe [permille]. */
enum { MY_BOARD_CONFIG_LEVEL_SAFE = 6, MY_BOARD_CONFIG_SIZE = 8 };

/* What the board keeps from cycle to cycle; a reset clears it. */
struct my_board {
    uint16_t level;      /* of the newest command */
    uint16_t level_safe; /* without one */
};

extern const struct BoardOps MY_BOARD_OPS;

#endif
