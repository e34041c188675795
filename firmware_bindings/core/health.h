/* What a board says of itself: the health octets of SENSORS, and the BOOT packet. */
#ifndef SMARTSAT_HEALTH_H
#define SMARTSAT_HEALTH_H
#include "board.h"

/* Write the head of SENSORS but for its time: cycle, flags, command counters, dropped frames and reset reason. */
void health_put(const Board *board, uint8_t *sensors, uint16_t flags);

/* Fill BOOT: time, version, kind, reason of the last reset, what a fault left behind. */
void health_boot(Board *board, Packet *boot);

/* Fill IDENTITY: version, fingerprint of the source, configuration in force, kind. */
void health_identity(const Board *board, Packet *identity);

#endif
