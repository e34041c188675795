/* What a port (ports/<name>) gives the firmware: time, two octet streams, a watchdog. `struct Port` is declared in
 * the port's own port_state.h; it is part of `struct Board` and survives a reset of the board. */
#ifndef SMARTSAT_PORT_H
#define SMARTSAT_PORT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port_state.h"

/* The board's two octet streams. */
typedef enum PortId {
    PORT_BUS,     /* to and from flight */
    PORT_STIMULUS /* to and from the simulator, in place of the sensor front end */
} PortId;

/* Board time [ns]: the only source of time in the firmware. */
int64_t port_now(const Port *port);

/* A stimulus packet carries the board time of its cycle. In lock-step, port_now() returns it from here on. */
void port_set_now(Port *port, int64_t now_ns);

/* Take up to `capacity` received octets; returns how many. */
size_t port_receive(Port *port, PortId id, uint8_t *octets, size_t capacity);

/* Send one whole frame. A frame that does not fit is dropped whole: the receiver sees a gap in the packet counter. */
void port_send(Port *port, PortId id, const uint8_t *octets, size_t size);

/* Kick the watchdog, once a cycle. The first kick starts it; it then resets the board unless kicked again within
 * `period_ms`. Only a reset stops it. */
void port_watchdog_kick(Port *port, uint16_t period_ms);

/* True when the watchdog bit before now and the reset is still to be done. A watchdog in hardware does it itself. */
bool port_watchdog_expired(const Port *port);

/* A reset: octets received and not yet handled are lost, the watchdog stops. */
void port_restart(Port *port);

#endif
