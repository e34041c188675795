#include "ping.h"

#include "board.h"

const BoardOps PING_OPS = {
    .kind = BOARD_PING,
    .apid_offset = APID_PING_OFFSET,
};
