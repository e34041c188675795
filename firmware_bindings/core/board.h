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

/* What a board reads in one cycle: counts, little-endian. The stimulus port fills them, or register drivers. */
typedef struct Readings {
    uint8_t size;
    uint8_t octets[READINGS_MAX];
} Readings;

/* What a board acts on in one cycle. */
typedef struct Cycle {
    const Readings *readings;
    uint32_t silence_ms; /* since the cycle that applied the last command; 0 before the configuration */
    bool enabled;        /* the newest command is in force; outputs are safe otherwise */
} Cycle;

/* Payload octets of what follows the head of a packet; those of ACTUATION and STIMULUS without the last two. */
typedef struct BoardSizes {
    uint8_t command;
    uint8_t readings; /* of STIMULUS, or ANY_SIZE */
    uint8_t sensors;
    uint8_t outputs;  /* of ACTUATION */
} BoardSizes;

enum { ANY_SIZE = 255 };

/* What a board answers in one cycle, zeros at first: what follows the heads of SENSORS and ACTUATION. */
typedef struct Answer {
    uint8_t *sensors;
    uint8_t *outputs;
    uint8_t sensors_size; /* as in BoardSizes; a board that passes readings of any size on says how many */
    uint8_t outputs_size;
} Answer;

/* What differs between the boards. Functions that take a payload get exactly the size named here. */
typedef struct BoardOps {
    uint8_t kind;         /* BOARD_* */
    uint16_t apid_offset; /* added to every APID_* */
    uint8_t config_size;  /* payload octets of CONFIG, the head included; ANY_SIZE: `configure` looks itself */
    BoardSizes sizes;     /* at the start; a board that takes its layout as configuration sets those of its life */
    /* Check a command (what follows its head) or a configuration (the whole payload) and take it over; false: refused,
     * nothing changed. NULL: all are refused. */
    bool (*command)(Board *board, const uint8_t *outputs);
    bool (*configure)(Board *board, const uint8_t *payload, size_t size);
    /* One cycle: fill the answer; return SENSOR_FLAG_REFLEX or 0. Outputs are safe unless the command is in force or the
     * reflex acts. NULL: this board has no cycles, stimuli are refused. */
    uint16_t (*cycle)(Board *board, const Cycle *cycle, const Answer *answer);
    /* For a board with real devices; NULL: it has none. `sample`, while it runs alone, does what its sensors need now, in
     * bounded time; true: a cycle is due, and the readings are filled. `fill`, while a simulator is attached, puts what
     * real sensors measured in the place of what the stimulus says. `drive` does what ACTUATION says. */
    bool (*sample)(Board *board, Readings *readings);
    void (*fill)(Board *board, Readings *readings);
    void (*drive)(Board *board, const uint8_t *outputs);
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
    BoardSizes sizes;
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
