/* What a port (ports/<name>) gives the firmware: time, two octet streams, a watchdog. `struct Port` is declared in
 * the port's own port_state.h; it is part of `struct Board` and survives a reset of the board. */
#ifndef SMARTSAT_PORT_H
#define SMARTSAT_PORT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../devices/registers.h"
#include "port_state.h"

/* What the last fault before a reset left behind; all 0 when there was none. */
typedef struct PortCrash {
    uint32_t pc;     /* the instruction that faulted */
    uint32_t lr;     /* its return address */
    uint32_t status; /* Configurable Fault Status Register */
} PortCrash;

/* The board's two octet streams. */
typedef enum PortId {
    PORT_BUS,     /* to and from flight */
    PORT_STIMULUS /* to and from the simulator, in place of the sensor front end */
} PortId;

/* Board time [ns]: the only source of time in the firmware. */
int64_t port_now(const Port *port);

/* A stimulus packet carries the board time of its cycle. The board is in lock-step from here on, until a reset:
 * port_now() returns this time. */
void port_set_now(Port *port, int64_t now_ns);

/* Take up to `capacity` received octets; returns how many. */
size_t port_receive(Port *port, PortId id, uint8_t *octets, size_t capacity);

/* Sleep until octets came on the bus; false when `limit_ms` of the board's own oscillator passed without any, or when
 * none can come while the board waits. */
bool port_wait_bus(Port *port, uint32_t limit_ms);

/* Send one whole frame. A frame that does not fit is dropped whole: the receiver sees a gap in the packet counter.
 * Returns whether it was taken. */
bool port_send(Port *port, PortId id, const uint8_t *octets, size_t size);

/* Kick the watchdog, once a cycle. The first kick starts it; it then resets the board unless kicked again within
 * `period_ms`. Only a reset stops it. */
void port_watchdog_kick(Port *port, uint16_t period_ms);

/* True when the watchdog bit before now and the reset is still to be done. A watchdog in hardware does it itself. */
bool port_watchdog_expired(const Port *port);

/* What the last fault before this life of the board left behind. */
PortCrash port_crash(const Port *port);

/* A reset: octets received and not yet handled are lost, the watchdog stops, the torquers are off. */
void port_restart(Port *port);

enum { PORT_TORQUERS = 3 };

/* Whether the board has its own sensors and actuators at all. */
bool port_has_devices(const Port *port);

/* True while the board has them to work with alone: no stimulus came yet. */
bool port_runs_alone(const Port *port);

/* Start the bus (REGISTER_BUS_TYPE_*) that leads to a device at `address`; `*bus` gets the device's registers. False:
 * the board has no such bus, or no room for one more device. */
bool port_open_device(Port *port, uint8_t type, uint8_t address, RegisterBus *bus);

/* Forget all devices that were opened. */
void port_close_devices(Port *port);

/* Drive the three magnetorquers, each in permille of full drive, the sign is the direction. After `duration_ms` they
 * are off, even when the main loop hangs; 0 is off now. A drive under way ends with the next. */
void port_drive_torquers(Port *port, const int16_t *permille, uint16_t duration_ms);

#endif
