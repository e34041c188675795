/* The firmware: one `struct Board` holds all state; `board_poll` is all that runs.
 *
 *   board_start(&board, &ADCS_OPS, RESET_REASON_POWER_ON);
 *   for (;;) board_poll(&board);
 *
 * Each STIMULUS packet triggers one cycle: sample, stamp, apply the newest accepted command, answer. A board with its
 * own sensors runs its cycles alone, on its own clock, until the first stimulus comes; then it starts anew. */
#ifndef SMARTSAT_BOARD_H
#define SMARTSAT_BOARD_H
#include "packet.h"
#include "port.h"
#include "wire.h"

#include "../boards/boards.h"

typedef struct Board Board;

/* What a board acts on in one cycle. */
typedef struct Cycle {
    const uint8_t *stimulus; /* payload of the STIMULUS, or what the board's own sensors gave, in its form */
    uint32_t silence_ms;     /* since the cycle that applied the last command; 0 before the configuration */
    bool enabled;            /* the newest command is in force; outputs are safe otherwise */
} Cycle;

/* What differs between the boards. Functions that take a payload get exactly the size named here. */
typedef struct BoardOps {
    uint8_t kind;             /* BOARD_* */
    uint16_t apid_offset;     /* added to every APID_* */
    uint8_t command_size;     /* payload octets of COMMAND */
    uint8_t config_size;      /* of CONFIG */
    uint8_t stimulus_size;    /* of STIMULUS */
    uint8_t bus_octets_at;    /* offset in STIMULUS: octets put on the bus before it */
    uint8_t cycle_at;         /* offsets in SENSORS: cycle counter, */
    uint8_t health_at;        /* health octets */
    uint8_t sensors_size;     /* of SENSORS */
    uint8_t actuation_size;   /* of ACTUATION, which ends with the octets put on the bus before it */
    /* Check a command or a configuration and take it over; false: refused, nothing changed. NULL: all are refused. */
    bool (*command)(Board *board, const uint8_t *payload);
    bool (*configure)(Board *board, const uint8_t *payload);
    /* One cycle: write the payloads of SENSORS and ACTUATION, except time, cycle, health and octets; return the flags
     * SENSOR_*_VALID and SENSOR_FLAG_REFLEX. Outputs are safe unless the command is in force or the reflex acts. NULL: this
     * board has no cycles, stimuli are refused. */
    uint16_t (*cycle)(Board *board, const Cycle *cycle, uint8_t *sensors, uint8_t *actuation);
    /* For a board that runs alone; NULL: it never does. `sample` does what its sensors need now, in bounded time; true:
     * a cycle is due, and `stimulus` is written, except time and octets. `drive` does what ACTUATION says. */
    bool (*sample)(Board *board, uint8_t *stimulus);
    void (*drive)(Board *board, const uint8_t *actuation);
} BoardOps;

/* Everything that a reset clears. */
typedef struct BoardLife {
    FrameStream bus;
    FrameStream stimulus;
    int64_t cycle_ns;            /* board time of the last cycle */
    int64_t command_ns;          /* board time of the cycle that applied the last command, or saw the configuration */
    uint32_t cycles;
    uint16_t command_timeout_ms; /* silence after which outputs go safe */
    uint16_t watchdog_ms;
    uint16_t config_crc;         /* of the CONFIG payload in force */
    uint16_t command_seq;
    uint16_t commands_accepted;
    uint16_t commands_rejected;
    uint16_t stimuli_refused;
    uint16_t bus_taken;          /* octets taken from the bus, and put on it, as the lock-step counts them */
    uint16_t bus_put;
    int32_t bus_ahead;           /* below 0: how far `bus_taken` was ahead of the count of the last stimulus */
    uint16_t boots_sent;         /* packet counters, modulo 2^14 on the wire */
    uint16_t identities_sent;
    uint16_t sensors_sent;
    uint16_t actuations_sent;
    uint8_t reset_reason;        /* RESET_* */
    bool configured;
    bool fresh;                  /* a command or the first configuration waits for the next cycle */
    bool enabled;                /* the newest command has COMMAND_FLAG_OUTPUTS_ENABLED */
    bool alone;                  /* the cycles so far ran on the board's own clock */
    BoardState state;
} BoardLife;

struct Board {
    const BoardOps *ops;
    Port port;
    BoardLife life;
};

/* (Re)start the board as the one of `ops` and announce it with a BOOT packet. */
void board_start(Board *board, const BoardOps *ops, uint8_t reset_reason);

/* Handle everything received: first the bus, then the stimulus port. Then do what a board that runs alone has to do:
 * call it at least once a millisecond. */
void board_poll(Board *board);

#endif
