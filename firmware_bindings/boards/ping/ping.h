/* The smallest board: it says who it is (BOOT, IDENTITY) and refuses all else. A new board starts as its copy. */
#ifndef SMARTSAT_PING_H
#define SMARTSAT_PING_H

extern const struct BoardOps PING_OPS;

#endif
