/* The host's end of the two ports: octets in, octets out. */
#ifndef SMARTSAT_HOST_H
#define SMARTSAT_HOST_H
#include "board.h"

/* Start the board of `kind` (BOARD_*) in zeroed memory; on a running board this is a reset, after which the octets that
 * it sent before can still be read. False when there is no such board: nothing changed. */
bool host_start(Board *board, uint8_t kind, uint8_t reset_reason);

/* Octets that a Board takes, for a caller that does not know the struct. */
size_t host_board_size(void);

/* Give octets to one port of the board, which handles them at once. */
void host_write(Board *board, PortId id, const uint8_t *octets, size_t size);

/* Where bus octets come from while the board waits for them inside `host_write`; NULL, as at the start: from nowhere. */
void host_bus_source(Board *board, BusSource *source, void *context);

/* Faults. A hung board takes octets and does nothing with them, until the stimulus comes by whose time the watchdog has
 * reset it. A board without power takes none, and forgets all; host_start() gives power again. */
void host_hang(Board *board);
void host_power_off(Board *board);

/* Turn one bit (0 to 7) of an octet of the board's configuration and commands, `BoardState`; false beyond its end. */
bool host_flip_bit(Board *board, size_t octet, unsigned bit);

/* Copy all that a board remembers to `state` (host_board_size() octets), without what it is connected to; and put such a
 * copy into a board of the same kind, which keeps its connections; false for one of another kind: nothing changed. */
void host_save(const Board *board, void *state);
bool host_restore(Board *board, const void *state);

/* Octets that the board sent and nobody read yet; and read up to `capacity` of them. */
size_t host_pending(const Board *board, PortId id);
size_t host_read(Board *board, PortId id, uint8_t *octets, size_t capacity);

/* For tests: give a board a device on a bus, before its configuration names it; false: it has as many as it can. Until a
 * stimulus comes its own clock runs, but only host_advance() moves it; then the board does what is due. */
bool host_attach(Board *board, uint8_t type, uint8_t address, RegisterBus bus);
void host_advance(Board *board, uint32_t us);

/* What a magnetorquer does now [permille of full drive]. */
int16_t host_torquer(const Board *board, int axis);

/* True when compiled under the address sanitizer. */
bool host_sanitized(void);

#endif
