/* Random octets and mutated packets into both ports of a board, to be run under the sanitizers.
 *
 *   board_fuzz KIND SEED ROUNDS    checks after each round that everything sent is well formed, that actuation keeps
 *                                  its limits, and that a valid exchange works; prints cycles and dropped frames
 *   board_fuzz overflow            writes past a buffer through the board's code: the sanitizer must stop it */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "octets.h"

enum { TORQUE_LIMIT = 1500, DIPOLE_LIMIT = 900, DUTY = 700 };

typedef struct Fuzz {
    Board board;
    FrameStream answers[2];
    Packet last[2]; /* newest packet from each port */
    uint64_t random;
    uint64_t time_ns;
    uint16_t offset;
} Fuzz;

static uint32_t draw(Fuzz *fuzz, uint32_t below)
{
    fuzz->random ^= fuzz->random << 13;
    fuzz->random ^= fuzz->random >> 7;
    fuzz->random ^= fuzz->random << 17;
    return (uint32_t)(fuzz->random >> 32) % below;
}

static void fail(const char *what)
{
    fprintf(stderr, "board_fuzz: %s\n", what);
    exit(1);
}

/* Everything that the board sends must decode and have the size of its kind of packet. */
static void collect(Fuzz *fuzz, PortId id)
{
    uint8_t octets[100];
    size_t n;
    while ((n = host_read(&fuzz->board, id, octets, 1 + draw(fuzz, sizeof octets))) > 0) {
        for (size_t at = 0; at < n;) {
            int got = 0;
            at += stream_next(&fuzz->answers[id], octets + at, n - at, &fuzz->last[id], &got);
            const Packet *packet = &fuzz->last[id];
            const int apid = packet->apid - fuzz->offset;
            const BoardOps *ops = fuzz->board.ops;
            if (got && !(id == PORT_BUS && apid == APID_BOOT && packet->payload_size == BOOT_SIZE) &&
                !(id == PORT_BUS && apid == APID_IDENTITY && packet->payload_size == IDENTITY_SIZE) &&
                !(id == PORT_BUS && apid == APID_SENSORS && packet->payload_size == ops->sensors_size) &&
                !(id == PORT_STIMULUS && apid == APID_ACTUATION && packet->payload_size == ops->actuation_size)) {
                fail("unexpected packet");
            }
        }
    }
    if (stream_frames_bad(&fuzz->answers[id]) != 0) {
        fail("the board sent a bad frame");
    }
}

static Packet make(Fuzz *fuzz, uint16_t apid, uint8_t type, size_t size)
{
    Packet packet = {.apid = (uint16_t)(apid + fuzz->offset), .type = type, .payload_size = (uint8_t)size};
    for (size_t i = 0; i < size; i++) {
        packet.payload[i] = (uint8_t)draw(fuzz, 256);
    }
    return packet;
}

static void give(Fuzz *fuzz, PortId id, const Packet *packet)
{
    uint8_t frame[FRAME_MAX];
    host_write(&fuzz->board, id, frame, frame_encode(frame, packet));
}

/* A good exchange: configuration with known limits, a random command, a stimulus. */
static void exchange(Fuzz *fuzz)
{
    const BoardOps *ops = fuzz->board.ops;
    Packet config = make(fuzz, APID_CONFIG, PACKET_TELECOMMAND, ops->config_size);
    memset(config.payload, 0, sizeof config.payload);
    put_u16(&config.payload[ADCS_CONFIG_PERIOD_MS], 100);
    put_u16(&config.payload[ADCS_CONFIG_COMMAND_TIMEOUT_MS], 1000);
    put_u16(&config.payload[ADCS_CONFIG_WATCHDOG_MS], 60000);
    if (ops->kind == BOARD_KIND_ADCS) {
        put_u16(&config.payload[ADCS_CONFIG_DUTY_PERMILLE], DUTY);
        for (int i = 0; i < MAX_WHEELS; i++) {
            put_i16(&config.payload[ADCS_CONFIG_TORQUE_LIMIT_COUNTS + 2 * i], TORQUE_LIMIT);
            put_i16(&config.payload[ADCS_CONFIG_SPEED_LIMIT_COUNTS + 2 * i], 8000);
        }
        for (int i = 0; i < MAX_TORQUERS; i++) {
            put_i16(&config.payload[ADCS_CONFIG_DIPOLE_LIMIT_COUNTS + 2 * i], DIPOLE_LIMIT);
        }
    }
    Packet command = make(fuzz, APID_COMMAND, PACKET_TELECOMMAND, ops->command_size);
    put_u16(&command.payload[ADCS_COMMAND_FLAGS], COMMAND_FLAG_OUTPUTS_ENABLED);
    Packet stimulus = make(fuzz, APID_STIMULUS, PACKET_TELEMETRY, ops->stimulus_size);
    const uint64_t last_ns = (uint64_t)fuzz->board.life.cycle_ns;
    fuzz->time_ns = (last_ns > fuzz->time_ns ? last_ns : fuzz->time_ns) + 100000000u;
    put_u64(&stimulus.payload[ADCS_STIMULUS_BOARD_TIME_NS], fuzz->time_ns);

    host_write(&fuzz->board, PORT_BUS, (const uint8_t *)"", 1); /* a delimiter ends any garbage */
    host_write(&fuzz->board, PORT_STIMULUS, (const uint8_t *)"", 1);
    collect(fuzz, PORT_BUS);
    collect(fuzz, PORT_STIMULUS);
    give(fuzz, PORT_BUS, &config);
    give(fuzz, PORT_BUS, &command);
    give(fuzz, PORT_STIMULUS, &stimulus);
    fuzz->last[PORT_STIMULUS].apid = 0;
    collect(fuzz, PORT_BUS);
    collect(fuzz, PORT_STIMULUS);
    const Packet *actuation = &fuzz->last[PORT_STIMULUS];
    if (actuation->apid != APID_ACTUATION + fuzz->offset ||
        get_u64(&actuation->payload[ADCS_ACTUATION_BOARD_TIME_NS]) != fuzz->time_ns) {
        fail("a valid stimulus after garbage was not answered");
    }
    for (int i = 0; ops->kind == BOARD_KIND_ADCS && i < MAX_WHEELS; i++) {
        if (abs(get_i16(&actuation->payload[ADCS_ACTUATION_WHEEL_TORQUE_COUNTS + 2 * i])) > TORQUE_LIMIT) {
            fail("torque above its limit");
        }
    }
    for (int i = 0; ops->kind == BOARD_KIND_ADCS && i < MAX_TORQUERS; i++) {
        if (abs(get_i16(&actuation->payload[ADCS_ACTUATION_DIPOLE_COUNTS + 2 * i])) > DIPOLE_LIMIT) {
            fail("dipole above its limit");
        }
    }
}

/* Random octets, or a packet with random contents, sometimes with one octet changed or its end cut off. */
static void disturb(Fuzz *fuzz)
{
    static const uint16_t APIDS[] = {APID_COMMAND, APID_CONFIG, APID_IDENTIFY, APID_STIMULUS, APID_SENSORS, 0x7FF};
    const PortId id = draw(fuzz, 2) ? PORT_BUS : PORT_STIMULUS;
    uint8_t octets[700];
    size_t size;
    if (draw(fuzz, 2)) {
        const uint32_t alphabet = draw(fuzz, 2) ? 256 : 3;
        size = draw(fuzz, sizeof octets);
        for (size_t i = 0; i < size; i++) {
            octets[i] = (uint8_t)draw(fuzz, alphabet);
        }
    } else {
        const BoardOps *ops = fuzz->board.ops;
        const uint8_t sizes[] = {ops->command_size, ops->config_size, 0, ops->stimulus_size,
                                 (uint8_t)draw(fuzz, PACKET_PAYLOAD_MAX + 1)};
        Packet packet = make(fuzz, APIDS[draw(fuzz, 6)], (uint8_t)draw(fuzz, 2), sizes[draw(fuzz, 5)]);
        if (draw(fuzz, 2) && packet.payload_size > 8) {
            packet.payload[7] &= 0x0F; /* a board time that can be accepted */
            packet.payload[3] = 0;     /* flags that can be accepted */
            packet.payload[2] &= 1;
        }
        size = frame_encode(octets, &packet);
        if (draw(fuzz, 3) == 0) {
            octets[draw(fuzz, (uint32_t)size)] = (uint8_t)draw(fuzz, 256);
        }
        size -= draw(fuzz, 8) == 0 ? draw(fuzz, (uint32_t)size) : 0;
    }
    host_write(&fuzz->board, id, octets, size);
    if (draw(fuzz, 4)) { /* sometimes nobody reads for a while, and the rings fill */
        collect(fuzz, PORT_BUS);
        collect(fuzz, PORT_STIMULUS);
    }
}

int main(int argc, char **argv)
{
    static Fuzz fuzz;
    if (argc == 2 && strcmp(argv[1], "overflow") == 0) {
        uint8_t small[20];
        const Packet packet = {.payload_size = 60};
        printf("%zu\n", frame_encode(small, &packet));
        return 0;
    }
    if (argc != 4) {
        fprintf(stderr, "board_fuzz: expected KIND SEED ROUNDS\n");
        return 2;
    }
    const uint8_t kind = (uint8_t)strtoul(argv[1], NULL, 10);
    const unsigned long rounds = strtoul(argv[3], NULL, 10);
    fuzz.random = strtoull(argv[2], NULL, 10) * 2654435769u + 1u;
    fuzz.offset = kind == BOARD_KIND_EPS ? EPS_OFFSET : 0;
    if (!host_start(&fuzz.board, kind, RESET_REASON_POWER_ON)) {
        fail("no such kind of board");
    }
    unsigned long cycles = 0;
    unsigned long bad = 0;
    for (unsigned long i = 0; i < rounds; i++) {
        for (uint32_t n = draw(&fuzz, 20); n > 0; n--) {
            disturb(&fuzz);
        }
        exchange(&fuzz);
        bad += stream_frames_bad(&fuzz.board.life.bus) + stream_frames_bad(&fuzz.board.life.stimulus);
        cycles += fuzz.board.life.cycles;
        if (draw(&fuzz, 4) == 0) {
            host_start(&fuzz.board, kind, RESET_REASON_SOFTWARE);
        }
    }
    printf("%lu %lu\n", cycles, bad);
    return 0;
}
