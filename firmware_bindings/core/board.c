#include "board.h"

#include <string.h>

#include "crc16.h"
#include "health.h"
#include "octets.h"

#define NS_PER_MS 1000000
#define BUS_WAIT_MS 20u
#define TIME_MAX_NS ((uint64_t)1 << 62) /* 146 years: differences of times never overflow */

enum { COUNT_SIZE = 2 /* of bus octets, at the end of STIMULUS and ACTUATION */ };
_Static_assert((int)STIMULUS_HEAD_BOARD_TIME_NS == 0 && (int)ACTUATION_HEAD_BOARD_TIME_NS == 0, "board_time_ns");

/* Send `packet`, whose payload is filled in, as APID_* `apid` of this board; `*count` is that packet's counter. */
static void send_packet(Board *board, PortId id, uint16_t apid, uint16_t *count, Packet *packet)
{
    uint8_t frame[FRAME_MAX];
    packet->apid = (uint16_t)(apid + board->ops->apid_offset);
    packet->type = PACKET_TELEMETRY;
    packet->seq_count = (uint16_t)(*count & 0x3FFFu);
    *count = (uint16_t)(*count + 1u);
    const size_t size = frame_encode(frame, packet);
    if (port_send(&board->port, id, frame, size) && id == PORT_BUS) {
        board->life.bus_put = (uint16_t)(board->life.bus_put + size);
    }
}

/* End what the life before has left half sent on the bus, so that it does not take BOOT with it. */
static void end_frame(Board *board)
{
    static const uint8_t end = 0;
    if (port_send(&board->port, PORT_BUS, &end, 1)) {
        board->life.bus_put = 1;
    }
}

static void send_boot(Board *board)
{
    Packet boot;
    health_boot(board, &boot);
    send_packet(board, PORT_BUS, APID_BOOT, &board->life.boots_sent, &boot);
}

static void send_identity(Board *board)
{
    Packet identity;
    health_identity(board, &identity);
    send_packet(board, PORT_BUS, APID_IDENTITY, &board->life.identities_sent, &identity);
}

void board_start(Board *board, const BoardOps *ops, uint8_t reset_reason)
{
    board->ops = ops;
    port_restart(&board->port);
    memset(&board->life, 0, sizeof board->life);
    board->life.reset_reason = reset_reason;
    board->life.sizes = ops->sizes;
    end_frame(board);
    send_boot(board);
}

static bool accept_command(Board *board, const Packet *packet)
{
    BoardLife *life = &board->life;
    if (!life->configured || board->ops->command == NULL ||
        packet->payload_size != COMMAND_HEAD_SIZE + life->sizes.command) {
        return false; /* without a configuration no limits are known */
    }
    const uint16_t flags = get_u16(&packet->payload[COMMAND_HEAD_FLAGS]);
    if ((flags & ~(unsigned)COMMAND_FLAG_OUTPUTS_ENABLED) != 0 ||
        !board->ops->command(board, &packet->payload[COMMAND_HEAD_SIZE])) {
        return false;
    }
    life->command_seq = get_u16(&packet->payload[COMMAND_HEAD_SEQ]);
    life->enabled = (flags & COMMAND_FLAG_OUTPUTS_ENABLED) != 0;
    life->fresh = true;
    return true;
}

static bool accept_config(Board *board, const Packet *packet)
{
    BoardLife *life = &board->life;
    const BoardOps *ops = board->ops;
    const bool any = ops->config_size == ANY_SIZE && packet->payload_size >= CONFIG_HEAD_SIZE;
    if (ops->configure == NULL || (!any && packet->payload_size != ops->config_size)) {
        return false;
    }
    const uint16_t period_ms = get_u16(&packet->payload[CONFIG_HEAD_PERIOD_MS]);
    const uint16_t timeout_ms = get_u16(&packet->payload[CONFIG_HEAD_COMMAND_TIMEOUT_MS]);
    const uint16_t watchdog_ms = get_u16(&packet->payload[CONFIG_HEAD_WATCHDOG_MS]);
    if (period_ms == 0 || timeout_ms < period_ms || watchdog_ms <= period_ms) {
        return false;
    }
    if (!ops->configure(board, packet->payload, packet->payload_size)) {
        return false;
    }
    life->command_timeout_ms = timeout_ms;
    life->watchdog_ms = watchdog_ms;
    life->config_crc = crc16(CRC16_START, packet->payload, packet->payload_size);
    life->fresh = life->fresh || !life->configured; /* the time-out counts from the first configuration */
    life->configured = true;
    return true;
}

static bool accept_identify(Board *board, const Packet *packet)
{
    if (packet->payload_size != 0) {
        return false;
    }
    send_identity(board);
    return true;
}

static void on_bus_packet(Board *board, const Packet *packet)
{
    bool accepted = false;
    if (packet->type == PACKET_TELECOMMAND) {
        switch (packet->apid - board->ops->apid_offset) {
        case APID_COMMAND:
            accepted = accept_command(board, packet);
            break;
        case APID_CONFIG:
            accepted = accept_config(board, packet);
            break;
        case APID_IDENTIFY:
            accepted = accept_identify(board, packet);
            break;
        default:
            break;
        }
    }
    uint16_t *count = accepted ? &board->life.commands_accepted : &board->life.commands_rejected;
    *count = (uint16_t)(*count + 1u);
}

/* Stamp the answer and send it on both ports; or, alone, on the bus, and drive the actuators. */
static void send_answer(Board *board, Packet *sensors, Packet *actuation, const Answer *answer, uint16_t flags)
{
    BoardLife *life = &board->life;
    const size_t outputs_end = (size_t)ACTUATION_HEAD_SIZE + answer->outputs_size;
    const uint64_t now_ns = (uint64_t)port_now(&board->port);
    put_u64(&sensors->payload[SENSORS_HEAD_BOARD_TIME_NS], now_ns);
    health_put(board, sensors->payload, flags);
    put_u64(&actuation->payload[ACTUATION_HEAD_BOARD_TIME_NS], now_ns);
    sensors->payload_size = (uint8_t)(SENSORS_HEAD_SIZE + answer->sensors_size);
    actuation->payload_size = (uint8_t)(outputs_end + COUNT_SIZE);
    send_packet(board, PORT_BUS, APID_SENSORS, &life->sensors_sent, sensors);
    if (life->alone) {
        board->ops->drive(board, answer->outputs);
    } else {
        put_u16(&actuation->payload[outputs_end], life->bus_put);
        send_packet(board, PORT_STIMULUS, APID_ACTUATION, &life->actuations_sent, actuation);
    }
}

/* One cycle: apply the newest command unless it is too old, and answer. */
static void board_cycle(Board *board, const Readings *readings)
{
    BoardLife *life = &board->life;
    Packet sensors;
    Packet actuation;
    const int64_t now_ns = port_now(&board->port);
    if (life->fresh) {
        life->fresh = false;
        life->command_ns = now_ns;
    }
    const int64_t silence_ms = life->configured ? (now_ns - life->command_ns) / NS_PER_MS : 0;
    const bool timed_out = life->configured && silence_ms >= life->command_timeout_ms;
    const Cycle cycle = {
        .readings = readings,
        .silence_ms = silence_ms < UINT32_MAX ? (uint32_t)silence_ms : UINT32_MAX,
        .enabled = life->configured && life->enabled && !timed_out,
    };
    const Answer answer = {
        .sensors = &sensors.payload[SENSORS_HEAD_SIZE],
        .outputs = &actuation.payload[ACTUATION_HEAD_SIZE],
        .sensors_size = life->sizes.readings == ANY_SIZE ? readings->size : life->sizes.sensors,
        .outputs_size = life->sizes.outputs,
    };
    memset(sensors.payload, 0, sizeof sensors.payload);
    memset(actuation.payload, 0, sizeof actuation.payload);
    const unsigned acts = board->ops->cycle(board, &cycle, &answer);
    const bool safe = !cycle.enabled && (acts & SENSOR_FLAG_REFLEX) == 0;
    const unsigned flags = acts | (life->alone ? 0u : SENSOR_FLAG_STIMULUS) | (life->configured ? SENSOR_FLAG_CONFIGURED : 0u) |
                           (timed_out ? SENSOR_FLAG_COMMAND_TIMEOUT : 0u) | (safe ? SENSOR_FLAG_OUTPUTS_SAFE : 0u);
    send_answer(board, &sensors, &actuation, &answer, (uint16_t)flags);
    life->cycle_ns = now_ns;
    life->cycles += 1;
    if (life->configured) {
        port_watchdog_kick(&board->port, life->watchdog_ms);
    }
}

/* Octets taken from one port, and the packet found in them. */
typedef struct Intake {
    uint16_t total; /* octets taken so far, modulo 2^16 */
    size_t size;    /* in `octets`, */
    size_t at;      /* of which handled */
    uint8_t octets[64];
    Packet packet;
} Intake;

/* Find the next packet among what was received on one port; false when there is none yet. */
static bool next_packet(Board *board, PortId id, FrameStream *stream, Intake *in)
{
    int got = 0;
    while (!got) {
        if (in->at == in->size) {
            in->at = 0;
            in->size = port_receive(&board->port, id, in->octets, sizeof in->octets);
            in->total = (uint16_t)(in->total + in->size);
            if (in->size == 0) {
                return false;
            }
        }
        in->at += stream_next(stream, in->octets + in->at, in->size - in->at, &in->packet, &got);
    }
    return true;
}

static void drain_bus(Board *board)
{
    Intake in;
    in.total = 0;
    in.size = 0;
    in.at = 0;
    while (next_packet(board, PORT_BUS, &board->life.bus, &in)) {
        on_bus_packet(board, &in.packet);
    }
    board->life.bus_taken = (uint16_t)(board->life.bus_taken + in.total);
}

/* Bus octets that the simulator's side had written when it wrote `count`, and that have not come; below 0 when more have
 * come: they were written after it. */
static int32_t bus_missing(const Board *board, uint16_t count)
{
    const int32_t ahead = (uint16_t)(count - board->life.bus_taken);
    return ahead < 0x8000 ? ahead : ahead - 0x10000;
}

/* Octets on two ports have no order between them: before its cycle, handle the bus octets that the simulator's side
 * had written when it wrote the stimulus. When they do not come they are lost, and `count` is where both start anew. So
 * it is in the first cycle of a life, and when the count is as far ahead as in the cycle before: octets that came early
 * bring it closer to the count with each stimulus. */
static void take_bus_before(Board *board, uint16_t count)
{
    BoardLife *life = &board->life;
    const bool first = life->cycles == 0;
    drain_bus(board);
    int32_t missing = bus_missing(board, count);
    while ((missing > 0 || (first && missing != 0)) && port_wait_bus(&board->port, BUS_WAIT_MS)) {
        drain_bus(board);
        missing = bus_missing(board, count);
    }
    if (first || missing > 0 || missing == life->bus_ahead) {
        life->bus_taken = count;
    }
    life->bus_ahead = missing < 0 ? missing : 0;
}

/* Whether a packet of the stimulus port is a stimulus that this board expects; `readings` gets what it says. */
static bool take_readings(const Board *board, const Packet *packet, Readings *readings)
{
    const size_t around = (size_t)STIMULUS_HEAD_SIZE + COUNT_SIZE;
    const uint8_t expected = board->life.sizes.readings;
    if (board->ops->cycle == NULL || packet->type != PACKET_TELEMETRY ||
        packet->apid != APID_STIMULUS + board->ops->apid_offset || packet->payload_size < around) {
        return false;
    }
    const size_t size = packet->payload_size - around;
    if (size > READINGS_MAX || (expected != ANY_SIZE && size != expected)) {
        return false;
    }
    readings->size = (uint8_t)size;
    memcpy(readings->octets, &packet->payload[STIMULUS_HEAD_SIZE], size);
    return true;
}

static void on_stimulus_packet(Board *board, const Packet *packet)
{
    BoardLife *life = &board->life;
    const BoardOps *ops = board->ops;
    Readings readings;
    const bool expected = take_readings(board, packet, &readings);
    const uint64_t time_ns = expected ? get_u64(&packet->payload[STIMULUS_HEAD_BOARD_TIME_NS]) : UINT64_MAX;
    /* Within one life of the board its time only grows. */
    const bool later = life->cycles == 0 || life->alone || time_ns > (uint64_t)life->cycle_ns;
    if (time_ns >= TIME_MAX_NS || !later) {
        life->stimuli_refused = (uint16_t)(life->stimuli_refused + 1u);
        return;
    }
    take_bus_before(board, get_u16(&packet->payload[packet->payload_size - COUNT_SIZE]));
    port_set_now(&board->port, (int64_t)time_ns);
    if (life->alone) { /* the board's own clock and the simulator's have nothing in common */
        board_start(board, ops, RESET_REASON_SOFTWARE);
    } else if (port_watchdog_expired(&board->port)) {
        board_start(board, ops, RESET_REASON_WATCHDOG);
    }
    if (ops->fill != NULL && port_has_devices(&board->port)) {
        ops->fill(board, &readings);
    }
    board_cycle(board, &readings);
}

static void run_alone(Board *board)
{
    Readings measured;
    if (board->ops->sample != NULL && port_runs_alone(&board->port) && board->ops->sample(board, &measured)) {
        board->life.alone = true;
        board_cycle(board, &measured);
    }
}

void board_poll(Board *board)
{
    Intake in;
    in.total = 0;
    in.size = 0;
    in.at = 0;
    drain_bus(board);
    while (next_packet(board, PORT_STIMULUS, &board->life.stimulus, &in)) {
        on_stimulus_packet(board, &in.packet);
    }
    run_alone(board);
}
