/* The host's end of the two ports: octets in, octets out. `board_start` on zeroed memory makes a board; on a running
 * one it is a reset, after which the octets that the board sent before can still be read. */
#ifndef SMARTSAT_HOST_H
#define SMARTSAT_HOST_H
#include "board.h"

/* Give octets to one port of the board, which handles them at once. */
void host_write(Board *board, PortId id, const uint8_t *octets, size_t size);

/* Where bus octets come from while the board waits for them inside `host_write`; NULL, as at the start: from nowhere. */
void host_bus_source(Board *board, BusSource *source, void *context);

/* Octets that the board sent and nobody read yet; and read up to `capacity` of them. */
size_t host_pending(const Board *board, PortId id);
size_t host_read(Board *board, PortId id, uint8_t *octets, size_t capacity);

/* True when compiled under the address sanitizer. */
bool host_sanitized(void);

#endif
