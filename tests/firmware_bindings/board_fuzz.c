/* Random octets, mutated packets and random layouts into both ports of a board, to be run under the sanitizers.
 *
 *   board_fuzz KIND SEED ROUNDS    checks after each round that everything sent is well formed, and that a valid
 *                                  exchange works: packets have the sizes that the layout says, outputs keep their
 *                                  limits, and are safe when not enabled; a layout that is none changes nothing; sometimes
 *                                  bits of the board's memory flip; prints cycles, dropped frames, refused layouts
 *   board_fuzz overflow            writes past a buffer through the board's code: the sanitizer must stop it */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "host.h"
#include "layouts_drawn.h"
#include "octets.h"

enum { COUNTER = 2 /* octets: of bus octets, at the end of a packet */ };

typedef struct Fuzz {
    Board board;
    FrameStream answers[2];
    Packet last[2]; /* newest packet from each port */
    Drawn drawn;    /* the configuration in force after an exchange */
    uint64_t random;
    uint64_t time_ns;
    uint16_t offset;
    unsigned long refused;
} Fuzz;

static uint32_t draw(Fuzz *fuzz, uint32_t below)
{
    return wire_draw(&fuzz->random, below);
}

static void fail(const char *what)
{
    fprintf(stderr, "board_fuzz: %s\n", what);
    exit(1);
}

static bool is_adcs(const Fuzz *fuzz)
{
    return fuzz->board.ops->kind == BOARD_KIND_ADCS;
}

/* Octets of a payload: of the attitude board anything that a layout can give, else exactly those of the record. */
static bool has_size(const Fuzz *fuzz, const Packet *packet, size_t head, size_t record)
{
    const size_t size = packet->payload_size;
    return is_adcs(fuzz) ? size >= head && size <= BOARD_PAYLOAD_MAX : size == record;
}

/* Everything that the board sends must decode and have a size of its kind of packet. */
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
            if (got && !(id == PORT_BUS && apid == APID_BOOT && packet->payload_size == BOOT_SIZE) &&
                !(id == PORT_BUS && apid == APID_IDENTITY && packet->payload_size == IDENTITY_SIZE) &&
                !(id == PORT_BUS && apid == APID_SENSORS && has_size(fuzz, packet, SENSORS_HEAD_SIZE, EPS_SENSORS_SIZE)) &&
                !(id == PORT_STIMULUS && apid == APID_ACTUATION &&
                  has_size(fuzz, packet, ACTUATION_HEAD_SIZE + 2 + COUNTER, EPS_ACTUATION_SIZE))) {
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

static Drawn draw_layout(Fuzz *fuzz)
{
    if (is_adcs(fuzz)) {
        return layout_draw(&fuzz->random);
    }
    Drawn eps = {.config = layout_begin(100, 1000, 60000)};
    eps.config.apid = APID_CONFIG + EPS_OFFSET;
    eps.config.payload_size = EPS_CONFIG_SIZE;
    return eps;
}

/* End garbage with delimiters, and read what the board sent. */
static void settle(Fuzz *fuzz)
{
    host_write(&fuzz->board, PORT_BUS, (const uint8_t *)"", 1);
    host_write(&fuzz->board, PORT_STIMULUS, (const uint8_t *)"", 1);
    collect(fuzz, PORT_BUS);
    collect(fuzz, PORT_STIMULUS);
}

static size_t readings_of(const Fuzz *fuzz)
{
    const size_t eps = EPS_STIMULUS_BUS_OCTETS - EPS_STIMULUS_BUS_MV;
    return is_adcs(fuzz) ? fuzz->drawn.config.payload[ADCS_CONFIG_READINGS] : eps;
}

/* What an output does in a cycle, by the rules of `hal/wire.py`. */
static int32_t expected_output(const Output *output, bool enabled, const uint8_t *wanted, const uint8_t *readings)
{
    if (!enabled) {
        return output->safe;
    }
    if (output->type == OUTPUT_TYPE_PULSE) {
        return get_u16(wanted) < output->limit ? get_u16(wanted) : output->limit;
    }
    const int32_t value = get_i16(wanted);
    if (output->at != NOWHERE) {
        const int32_t guard = get_i16(readings + output->at);
        if ((guard > output->guard && value > 0) || (guard < -output->guard && value < 0)) {
            return 0;
        }
    }
    return value > output->limit ? output->limit : value < -output->limit ? -output->limit : value;
}

static void check_outputs(const Fuzz *fuzz, const Packet *command, const Packet *stimulus)
{
    const Drawn *drawn = &fuzz->drawn;
    const Packet *sensors = &fuzz->last[PORT_BUS];
    const Packet *actuation = &fuzz->last[PORT_STIMULUS];
    const bool enabled = get_u16(&command->payload[COMMAND_HEAD_FLAGS]) == COMMAND_FLAG_OUTPUTS_ENABLED;
    const uint8_t *readings = &stimulus->payload[STIMULUS_HEAD_SIZE];
    const uint8_t *told = &sensors->payload[SENSORS_HEAD_SIZE + readings_of(fuzz)];
    if (sensors->payload_size != SENSORS_HEAD_SIZE + readings_of(fuzz) + 2 * drawn->driven ||
        actuation->payload_size != ACTUATION_HEAD_SIZE + 2 * drawn->outputs + 2 + COUNTER) {
        fail("a packet has not the size that its layout says");
    }
    if (memcmp(&sensors->payload[SENSORS_HEAD_SIZE], readings, readings_of(fuzz)) != 0) {
        fail("the readings are not those of the stimulus");
    }
    for (size_t i = 0; i < drawn->outputs; i++) {
        const Output *output = &drawn->output[i];
        const uint8_t *at = &actuation->payload[ACTUATION_HEAD_SIZE + 2 * i];
        const int32_t value = output->type == OUTPUT_TYPE_PULSE ? get_u16(at) : get_i16(at);
        if (value != expected_output(output, enabled, &command->payload[COMMAND_HEAD_SIZE + 2 * i], readings)) {
            fail("an output is not what its limits and the command say");
        }
        if (output->type == OUTPUT_TYPE_DRIVEN) {
            if (get_i16(told) != value) {
                fail("what is driven is not what is told");
            }
            told += 2;
        }
    }
    const unsigned duty = get_u16(&actuation->payload[ACTUATION_HEAD_SIZE + 2 * drawn->outputs]);
    if (duty != (enabled ? get_u16(&drawn->config.payload[ADCS_CONFIG_DUTY_PERMILLE]) : 0)) {
        fail("the duty is not what was configured");
    }
}

/* `later_ns` after the last one: in an exchange, sooner than any watchdog that random octets configured. */
static Packet make_stimulus(Fuzz *fuzz, uint64_t later_ns)
{
    Packet stimulus =
        make(fuzz, APID_STIMULUS, PACKET_TELEMETRY, STIMULUS_HEAD_SIZE + readings_of(fuzz) + COUNTER);
    const BoardLife *life = &fuzz->board.life;
    fuzz->time_ns = (life->cycles != 0 ? (uint64_t)life->cycle_ns : fuzz->time_ns) + later_ns;
    put_u64(&stimulus.payload[STIMULUS_HEAD_BOARD_TIME_NS], fuzz->time_ns);
    return stimulus;
}

static Packet make_command(Fuzz *fuzz)
{
    const size_t size = is_adcs(fuzz) ? COMMAND_HEAD_SIZE + 2 * fuzz->drawn.outputs : EPS_COMMAND_SIZE;
    Packet command = make(fuzz, APID_COMMAND, PACKET_TELECOMMAND, size);
    put_u16(&command.payload[COMMAND_HEAD_FLAGS], draw(fuzz, 3) ? COMMAND_FLAG_OUTPUTS_ENABLED : 0);
    return command;
}

/* A random command and a stimulus, by the layout in force; the answer is checked. */
static void cycle(Fuzz *fuzz)
{
    const Packet command = make_command(fuzz);
    const Packet stimulus = make_stimulus(fuzz, 1000);
    give(fuzz, PORT_BUS, &command);
    collect(fuzz, PORT_BUS);
    give(fuzz, PORT_STIMULUS, &stimulus);
    fuzz->last[PORT_STIMULUS].apid = 0;
    collect(fuzz, PORT_BUS);
    collect(fuzz, PORT_STIMULUS);
    const Packet *actuation = &fuzz->last[PORT_STIMULUS];
    if (actuation->apid != APID_ACTUATION + fuzz->offset ||
        get_u64(&actuation->payload[ACTUATION_HEAD_BOARD_TIME_NS]) != fuzz->time_ns) {
        fail("a valid stimulus was not answered");
    }
    if (is_adcs(fuzz)) {
        check_outputs(fuzz, &command, &stimulus);
    }
}

/* A layout that is none: it is refused, and changes nothing. */
static void refuse(Fuzz *fuzz)
{
    Drawn none = draw_layout(fuzz);
    const uint16_t rejected = fuzz->board.life.commands_rejected;
    layout_spoil(&fuzz->random, &none);
    give(fuzz, PORT_BUS, &none.config);
    if (fuzz->board.life.commands_rejected != (uint16_t)(rejected + 1u)) {
        fail("a configuration that is none was accepted");
    }
    fuzz->refused += 1;
}

/* A good exchange after whatever came before: configuration, command, stimulus. */
static void exchange(Fuzz *fuzz)
{
    settle(fuzz);
    fuzz->drawn = draw_layout(fuzz);
    const uint16_t accepted = fuzz->board.life.commands_accepted;
    give(fuzz, PORT_BUS, &fuzz->drawn.config);
    if (fuzz->board.life.commands_accepted != (uint16_t)(accepted + 1u)) {
        fail("a valid configuration was refused");
    }
    collect(fuzz, PORT_BUS);
    cycle(fuzz);
    for (uint32_t n = is_adcs(fuzz) ? draw(fuzz, 4) : 0; n > 0; n--) {
        refuse(fuzz);
        cycle(fuzz);
    }
}

/* Bits of the board's configuration and commands flip; it goes on to answer, with anything, until it starts anew. */
static void flip_bits(Fuzz *fuzz)
{
    for (uint32_t n = 1 + draw(fuzz, 20); n > 0; n--) {
        for (uint32_t k = draw(fuzz, 30); k > 0; k--) {
            if (!host_flip_bit(&fuzz->board, draw(fuzz, sizeof fuzz->board.life.state), draw(fuzz, 8))) {
                fail("a bit that is there cannot flip");
            }
        }
        const Packet command = make_command(fuzz);
        const Packet stimulus = make_stimulus(fuzz, 100000000);
        if (draw(fuzz, 2)) {
            give(fuzz, PORT_BUS, &command);
        }
        if (draw(fuzz, 4) == 0) {
            give(fuzz, PORT_BUS, &fuzz->drawn.config);
        }
        give(fuzz, PORT_STIMULUS, &stimulus);
        fuzz->last[PORT_STIMULUS].apid = 0;
        collect(fuzz, PORT_BUS);
        collect(fuzz, PORT_STIMULUS);
        if (fuzz->last[PORT_STIMULUS].apid != APID_ACTUATION + fuzz->offset) {
            fail("a stimulus after flipped bits was not answered");
        }
    }
}

/* A packet with random contents, of a size that the board expects or any; a configuration with some octets changed. */
static Packet make_packet(Fuzz *fuzz)
{
    static const uint16_t APIDS[] = {APID_COMMAND, APID_CONFIG, APID_IDENTIFY, APID_STIMULUS, APID_SENSORS, 0x7FF};
    const BoardSizes *sizes = &fuzz->board.life.sizes;
    const size_t expected[] = {COMMAND_HEAD_SIZE + sizes->command, 0,
                               STIMULUS_HEAD_SIZE + (sizes->readings % ANY_SIZE) + COUNTER,
                               draw(fuzz, PACKET_PAYLOAD_MAX + 1)};
    if (draw(fuzz, 3) == 0) {
        Packet config = draw_layout(fuzz).config;
        for (uint32_t n = draw(fuzz, 4); n > 0; n--) {
            config.payload[draw(fuzz, config.payload_size)] = (uint8_t)draw(fuzz, 256);
        }
        return config;
    }
    Packet packet = make(fuzz, APIDS[draw(fuzz, 6)], (uint8_t)draw(fuzz, 2), expected[draw(fuzz, 4)]);
    if (draw(fuzz, 2) && packet.payload_size > 8) {
        packet.payload[7] &= 0x0F; /* a board time that can be accepted */
        packet.payload[3] = 0;     /* flags that can be accepted */
        packet.payload[2] &= 1;
    }
    return packet;
}

/* Random octets, or a packet, sometimes with one octet changed or its end cut off. */
static void disturb(Fuzz *fuzz)
{
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
        const Packet packet = make_packet(fuzz);
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
        const bool flips = draw(&fuzz, 4) == 0;
        if (flips) {
            flip_bits(&fuzz);
        }
        if (flips || draw(&fuzz, 4) == 0) {
            host_start(&fuzz.board, kind, RESET_REASON_SOFTWARE);
        }
    }
    printf("%lu %lu %lu\n", cycles, bad, fuzz.refused);
    return 0;
}
