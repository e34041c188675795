/* Every board of the tree, for those who need more than one: `union BoardState`, and the host, which runs any of them.
 * An image holds one board; its folder is all there is of it but the lines here and in boards.c. */
#ifndef SMARTSAT_BOARDS_H
#define SMARTSAT_BOARDS_H
#include <stdint.h>

#include "adcs/adcs.h"
#include "eps/eps.h"
#include "ping/ping.h"

#ifdef EXTENSION_BOARDS /* boards of another folder (firmware.mk, BOARDS_DIR) */
#include "extension_boards.h"
#else
#define EXTENSION_STATES
#define EXTENSION_OPS
#endif

struct BoardOps;

/* What a board keeps from cycle to cycle; a reset clears it. */
typedef union BoardState {
    Adcs adcs;
    Eps eps;
    EXTENSION_STATES
} BoardState;

/* The board of `kind` (BOARD_*), or NULL when there is none. */
const struct BoardOps *boards_find(uint8_t kind);

#endif
