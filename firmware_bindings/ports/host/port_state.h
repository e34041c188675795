/* The host port: octet rings in memory, the time of the last stimulus packet, and what a test attached. */
#ifndef SMARTSAT_PORT_STATE_H
#define SMARTSAT_PORT_STATE_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "../../devices/registers.h"
#include "packet.h"

#define RING_SIZE 4096u /* a power of two */

/* A byte ring: `head - tail` octets are in it; both only grow, modulo 2^32. */
typedef struct Ring {
    uint32_t head;
    uint32_t tail;
    uint8_t octets[RING_SIZE];
} Ring;

/* Waits at most `limit_ms` for bus octets, stores up to `capacity` of them and returns how many. */
typedef size_t BusSource(void *context, uint32_t limit_ms, uint8_t *octets, size_t capacity);

/* A device that a test attached to a bus (REGISTER_BUS_TYPE_*). */
typedef struct HostDevice {
    uint8_t type;
    uint8_t address;
    RegisterBus bus;
} HostDevice;

typedef struct Port {
    int64_t now_ns;
    int64_t kick_ns;      /* time of the last watchdog kick */
    uint16_t watchdog_ms; /* 0: not started */
    uint8_t attached;     /* how many of `devices` are there; with one, board time moves with host_advance() */
    bool lock_step;       /* a stimulus came */
    Ring received[2];     /* by PortId */
    Ring sent[2];
    HostDevice devices[4];
    int16_t torquers[3];      /* [permille of full drive] until */
    int64_t torquers_end_ns;
    BusSource *bus_source; /* NULL: bus octets are given before the stimulus, none can come later */
    void *bus_context;
    bool dark;             /* without power */
    bool hung;             /* the main loop has stopped: nothing but the watchdog changes that */
    FrameStream unheard;   /* the stimuli meanwhile, which tell the watchdog the time */
} Port;

#endif
