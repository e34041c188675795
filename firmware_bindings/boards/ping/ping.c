#include "ping.h"

#include "board.h"

const BoardOps PING_OPS = {
    .kind = BOARD_KIND_PING,
    .apid_offset = PING_OFFSET,
};
