#include "boards.h"

#include "board.h"

const BoardOps *boards_find(uint8_t kind)
{
    static const BoardOps *const boards[] = {EXTENSION_OPS &ADCS_OPS, &EPS_OPS, &PING_OPS};
    for (size_t i = 0; i < sizeof boards / sizeof boards[0]; i++) {
        if (boards[i]->kind == kind) {
            return boards[i];
        }
    }
    return NULL;
}
