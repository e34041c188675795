#include "port.h"

#include <stddef.h>
#include <string.h>

#include "host.h"
#include "octets.h"

#define NS_PER_MS 1000000

static uint32_t ring_used(const Ring *ring)
{
    return ring->head - ring->tail;
}

/* Put at most what fits; returns how many octets that was. */
static size_t ring_put(Ring *ring, const uint8_t *octets, size_t size)
{
    if (ring->head == ring->tail) { /* start over: the same few cache lines serve every cycle */
        ring->head = 0;
        ring->tail = 0;
    }
    const size_t space = RING_SIZE - ring_used(ring);
    const size_t n = size < space ? size : space;
    const size_t at = ring->head % RING_SIZE;
    const size_t first = n < RING_SIZE - at ? n : RING_SIZE - at;
    memcpy(&ring->octets[at], octets, first);
    memcpy(ring->octets, octets + first, n - first);
    ring->head += (uint32_t)n;
    return n;
}

static size_t ring_take(Ring *ring, uint8_t *octets, size_t capacity)
{
    const size_t used = ring_used(ring);
    const size_t n = capacity < used ? capacity : used;
    const size_t at = ring->tail % RING_SIZE;
    const size_t first = n < RING_SIZE - at ? n : RING_SIZE - at;
    memcpy(octets, &ring->octets[at], first);
    memcpy(octets + first, ring->octets, n - first);
    ring->tail += (uint32_t)n;
    return n;
}

int64_t port_now(const Port *port)
{
    return port->now_ns;
}

void port_set_now(Port *port, int64_t now_ns)
{
    port->now_ns = now_ns;
    port->lock_step = true;
}

size_t port_receive(Port *port, PortId id, uint8_t *octets, size_t capacity)
{
    return ring_take(&port->received[id], octets, capacity);
}

bool port_wait_bus(Port *port, uint32_t limit_ms)
{
    uint8_t octets[256];
    if (port->bus_source == NULL) {
        return false;
    }
    const size_t n = port->bus_source(port->bus_context, limit_ms, octets, sizeof octets);
    ring_put(&port->received[PORT_BUS], octets, n); /* the board has emptied it */
    return n > 0;
}

bool port_send(Port *port, PortId id, const uint8_t *octets, size_t size)
{
    Ring *ring = &port->sent[id];
    const bool fits = size <= RING_SIZE - ring_used(ring);
    if (fits) {
        ring_put(ring, octets, size);
    }
    return fits;
}

void port_watchdog_kick(Port *port, uint16_t period_ms)
{
    port->kick_ns = port->now_ns;
    port->watchdog_ms = period_ms;
}

bool port_watchdog_expired(const Port *port)
{
    return port->watchdog_ms != 0 && port->now_ns - port->kick_ns > (int64_t)port->watchdog_ms * NS_PER_MS;
}

PortCrash port_crash(const Port *port)
{
    (void)port;
    return (PortCrash){0, 0, 0};
}

void port_restart(Port *port)
{
    port->watchdog_ms = 0;
    port->torquers_end_ns = port->now_ns;
    port->received[PORT_BUS].tail = port->received[PORT_BUS].head;
    port->received[PORT_STIMULUS].tail = port->received[PORT_STIMULUS].head;
}

bool port_has_devices(const Port *port)
{
    return port->attached != 0;
}

bool port_runs_alone(const Port *port)
{
    return port_has_devices(port) && !port->lock_step;
}

bool port_open_device(Port *port, uint8_t type, uint8_t address, RegisterBus *bus)
{
    for (size_t i = 0; i < port->attached; i++) {
        if (port->devices[i].type == type && port->devices[i].address == address) {
            *bus = port->devices[i].bus;
            return true;
        }
    }
    return false;
}

void port_close_devices(Port *port)
{
    (void)port;
}

void port_drive_torquers(Port *port, const int16_t *permille, uint16_t duration_ms)
{
    memcpy(port->torquers, permille, sizeof port->torquers);
    port->torquers_end_ns = port->now_ns + (int64_t)duration_ms * NS_PER_MS;
}

bool host_attach(Board *board, uint8_t type, uint8_t address, RegisterBus bus)
{
    Port *port = &board->port;
    const bool room = port->attached < sizeof port->devices / sizeof port->devices[0];
    if (room) {
        port->devices[port->attached++] = (HostDevice){.type = type, .address = address, .bus = bus};
    }
    return room;
}

void host_advance(Board *board, uint32_t us)
{
    board->port.now_ns += (int64_t)us * 1000;
    board_poll(board);
}

int16_t host_torquer(const Board *board, int axis)
{
    return board->port.now_ns < board->port.torquers_end_ns ? board->port.torquers[axis] : 0;
}

bool host_start(Board *board, uint8_t kind, uint8_t reset_reason)
{
    const BoardOps *ops = boards_find(kind);
    if (ops != NULL) {
        board->port.dark = false;
        board->port.hung = false;
        board_start(board, ops, reset_reason);
    }
    return ops != NULL;
}

void host_hang(Board *board)
{
    board->port.hung = true;
    memset(&board->port.unheard, 0, sizeof board->port.unheard);
}

void host_power_off(Board *board)
{
    const Port before = board->port;
    memset(&board->port, 0, sizeof board->port);
    memset(&board->life, 0, sizeof board->life);
    board->port.bus_source = before.bus_source;
    board->port.bus_context = before.bus_context;
    board->port.dark = true;
}

bool host_flip_bit(Board *board, size_t octet, unsigned bit)
{
    const bool there = octet < sizeof board->life.state && bit < 8;
    if (there) {
        ((uint8_t *)&board->life.state)[octet] ^= (uint8_t)(1u << bit);
    }
    return there;
}

/* Octets for a board that hangs: lost, unless they are a stimulus after the watchdog has bitten. */
static bool hangs(Board *board, PortId id, const uint8_t *octets, size_t size)
{
    Port *port = &board->port;
    while (id == PORT_STIMULUS && size > 0) {
        Packet packet;
        int got = 0;
        const size_t n = stream_next(&port->unheard, octets, size, &packet, &got);
        octets += n;
        size -= n;
        if (got != 0 && packet.payload_size >= sizeof(uint64_t)) {
            const int64_t kicked_ns = port->now_ns; /* the last cycle's time, and its kick's */
            port->now_ns = (int64_t)get_u64(packet.payload);
            port->hung = !port_watchdog_expired(port);
            port->now_ns = kicked_ns;
        }
    }
    return port->hung;
}

size_t host_board_size(void)
{
    return sizeof(Board);
}

/* Give `board` the connections of `other`: pointers mean nothing in another process. */
static void connect_as(Board *board, const Board *other)
{
    board->ops = other->ops;
    memcpy(board->port.devices, other->port.devices, sizeof board->port.devices);
    board->port.bus_source = other->port.bus_source;
    board->port.bus_context = other->port.bus_context;
}

/* The kind of a saved board is in the octets where its operations are in one that runs. */
void host_save(const Board *board, void *state)
{
    Board copy = *board;
    memset(&copy.ops, 0, sizeof copy.ops);
    memset(copy.port.devices, 0, sizeof copy.port.devices);
    memset(&copy.port.bus_source, 0, sizeof copy.port.bus_source);
    memset(&copy.port.bus_context, 0, sizeof copy.port.bus_context);
    memcpy(state, &copy, sizeof copy);
    ((uint8_t *)state)[offsetof(Board, ops)] = board->ops->kind;
}

bool host_restore(Board *board, const void *state)
{
    const bool same = ((const uint8_t *)state)[offsetof(Board, ops)] == board->ops->kind;
    if (same) {
        const Board before = *board;
        memcpy(board, state, sizeof *board);
        connect_as(board, &before);
    }
    return same;
}

void host_write(Board *board, PortId id, const uint8_t *octets, size_t size)
{
    if (board->port.dark || (board->port.hung && hangs(board, id, octets, size))) {
        return;
    }
    while (size > 0) {
        const size_t n = ring_put(&board->port.received[id], octets, size);
        board_poll(board);
        octets += n;
        size -= n;
    }
}

void host_bus_source(Board *board, BusSource *source, void *context)
{
    board->port.bus_source = source;
    board->port.bus_context = context;
}

size_t host_pending(const Board *board, PortId id)
{
    return ring_used(&board->port.sent[id]);
}

size_t host_read(Board *board, PortId id, uint8_t *octets, size_t capacity)
{
    return ring_take(&board->port.sent[id], octets, capacity);
}

bool host_sanitized(void)
{
#ifdef __SANITIZE_ADDRESS__
    return true;
#else
    return false;
#endif
}
