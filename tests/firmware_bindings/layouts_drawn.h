/* Random layouts of the attitude board, valid ones and such as are none, with what they mean. */
#ifndef SMARTSAT_TEST_LAYOUTS_DRAWN_H
#define SMARTSAT_TEST_LAYOUTS_DRAWN_H
#include "emulators/faults.h"
#include "layouts.h"

enum { DUTY_MAX = 950 };

/* What one output may do. */
typedef struct Output {
    uint8_t type;
    int32_t limit;
    int32_t safe;
    int32_t guard; /* beyond which only outputs against its sign pass */
    int at;        /* octet of the readings, or NOWHERE */
} Output;

/* A valid configuration, and what it means. */
typedef struct Drawn {
    Packet config;
    uint8_t group_at; /* octet of the first group of outputs, or 0 */
    size_t outputs;
    size_t driven;
    Output output[MAX_OUTPUTS];
} Drawn;

/* A random even octet of the readings with `size` octets from there on, or NOWHERE. */
static inline uint8_t draw_place(uint64_t *random, const Packet *config, unsigned size)
{
    const unsigned readings = config->payload[ADCS_CONFIG_READINGS];
    return size > readings || wire_draw(random, 4) == 0 ? NOWHERE : (uint8_t)(2 * wire_draw(random, (readings - size) / 2 + 1));
}

/* Add one random device with outputs, when there is room for it. */
static inline void draw_group(uint64_t *random, Drawn *drawn)
{
    static const unsigned EACH[] = {[OUTPUT_TYPE_COUNT] = 6, [OUTPUT_TYPE_DRIVEN] = 10, [OUTPUT_TYPE_PULSE] = 4};
    Packet *config = &drawn->config;
    const uint8_t type = (uint8_t)(OUTPUT_TYPE_COUNT + wire_draw(random, 3));
    const uint8_t count = (uint8_t)(1 + wire_draw(random, wire_draw(random, 4) ? 4 : 20));
    const size_t driven = drawn->driven + (type == OUTPUT_TYPE_DRIVEN ? count : 0);
    if (config->payload_size + OUTPUT_CONFIG_SIZE + EACH[type] * count > BOARD_PAYLOAD_MAX ||
        drawn->outputs + count > MAX_OUTPUTS || config->payload[ADCS_CONFIG_READINGS] + 2 * driven > READINGS_MAX) {
        return;
    }
    const uint8_t at = draw_place(random, config, type == OUTPUT_TYPE_DRIVEN ? 6 : 2u * count);
    Output *output = &drawn->output[drawn->outputs];
    drawn->group_at = drawn->group_at ? drawn->group_at : config->payload_size;
    layout_outputs(config, type, count, at);
    for (int i = 0; i < count; i++) {
        output[i].type = type;
        output[i].limit = (int32_t)wire_draw(random, type == OUTPUT_TYPE_PULSE ? 0x10000 : 0x8000);
        output[i].at = type != OUTPUT_TYPE_COUNT || at == NOWHERE ? NOWHERE : at + 2 * i;
        layout_number(config, (int16_t)output[i].limit);
    }
    for (int i = 0; i < count; i++) {
        output[i].safe = (int32_t)wire_draw(random, (uint32_t)output[i].limit + 1);
        output[i].safe = type != OUTPUT_TYPE_PULSE && wire_draw(random, 2) ? -output[i].safe : output[i].safe;
        layout_number(config, (int16_t)output[i].safe);
    }
    for (int i = 0; type == OUTPUT_TYPE_COUNT && i < count; i++) {
        output[i].guard = (int32_t)wire_draw(random, 0x8000);
        layout_number(config, (int16_t)output[i].guard);
    }
    for (int i = 0; type == OUTPUT_TYPE_DRIVEN && i < 3 * count; i++) {
        layout_number(config, (int16_t)wire_draw(random, 0x10000));
    }
    drawn->outputs += count;
    drawn->driven = driven;
}

static inline void draw_input(uint64_t *random, Packet *config)
{
    const uint8_t type = (uint8_t)(COUNT_TYPE_I2 + wire_draw(random, 3));
    const uint8_t count = (uint8_t)(1 + wire_draw(random, wire_draw(random, 4) ? 4 : 30));
    if (config->payload[ADCS_CONFIG_READINGS] + 3 + layout_count_octets(type) * count <= READINGS_MAX) {
        (void)layout_input(config, type, count);
    }
}

/* A random valid configuration; sources on a board without devices change nothing. */
static inline Drawn layout_draw(uint64_t *random)
{
    Drawn drawn = {.config = layout_begin(100, 1000, 60000)};
    put_u16(&drawn.config.payload[ADCS_CONFIG_DUTY_PERMILLE], (uint16_t)wire_draw(random, DUTY_MAX + 1));
    put_u16(&drawn.config.payload[ADCS_CONFIG_REFLEX_AFTER_MS], (uint16_t)(wire_draw(random, 2) * wire_draw(random, 5000)));
    for (uint32_t n = wire_draw(random, MAX_INPUTS + 1); n > 0; n--) {
        draw_input(random, &drawn.config);
    }
    for (uint32_t n = wire_draw(random, MAX_GROUPS + 1); n > 0; n--) {
        draw_group(random, &drawn);
    }
    for (uint32_t n = wire_draw(random, MAX_SOURCES + 1); n > 0; n--) {
        if (drawn.config.payload_size + SOURCE_CONFIG_SIZE <= BOARD_PAYLOAD_MAX) {
            layout_source(&drawn.config, (uint8_t)wire_draw(random, 4), (uint8_t)wire_draw(random, 256), (uint8_t)wire_draw(random, 4), 5);
        }
    }
    return drawn;
}

/* Spoil a valid configuration so that it is none. */
static inline void layout_spoil(uint64_t *random, Drawn *drawn)
{
    uint8_t *payload = drawn->config.payload;
    uint8_t *group = &payload[drawn->group_at];
    const bool guarded = group[OUTPUT_CONFIG_TYPE] == OUTPUT_TYPE_COUNT;
    const bool pulse = group[OUTPUT_CONFIG_TYPE] == OUTPUT_TYPE_PULSE;
    uint8_t *numbers = group + OUTPUT_CONFIG_SIZE;
    switch (wire_draw(random, drawn->group_at ? 14 : 8)) {
    case 0:
        drawn->config.payload_size = (uint8_t)wire_draw(random, drawn->config.payload_size);
        break;
    case 1:
        put_u16(&payload[ADCS_CONFIG_DUTY_PERMILLE], (uint16_t)(DUTY_MAX + 1 + wire_draw(random, 64000)));
        break;
    case 2:
        payload[ADCS_CONFIG_READINGS] = (uint8_t)(payload[ADCS_CONFIG_READINGS] + 1 + wire_draw(random, 255));
        break;
    case 3:
        payload[ADCS_CONFIG_INPUTS] = (uint8_t)(MAX_INPUTS + 1 + wire_draw(random, 255 - MAX_INPUTS));
        break;
    case 4:
        payload[ADCS_CONFIG_GROUPS] = (uint8_t)(MAX_GROUPS + 1 + wire_draw(random, 255 - MAX_GROUPS));
        break;
    case 5:
        payload[ADCS_CONFIG_SOURCES] = (uint8_t)(payload[ADCS_CONFIG_SOURCES] + 1 + wire_draw(random, 255));
        break;
    case 6:
        put_u16(&payload[ADCS_CONFIG_PERIOD_MS], 0);
        break;
    case 7:
        put_u16(&payload[ADCS_CONFIG_COMMAND_TIMEOUT_MS], 99);
        break;
    case 8:
        group[OUTPUT_CONFIG_TYPE] = wire_draw(random, 2) ? 0 : (uint8_t)(OUTPUT_TYPE_PULSE + 1 + wire_draw(random, 250));
        break;
    case 9:
        group[OUTPUT_CONFIG_COUNT] = wire_draw(random, 2) ? 0 : (uint8_t)(MAX_OUTPUTS + 1 + wire_draw(random, 200));
        break;
    case 10:
        group[OUTPUT_CONFIG_AT] = payload[ADCS_CONFIG_READINGS]; /* beyond the end, or an octet too far */
        if (payload[ADCS_CONFIG_READINGS] != 0 && wire_draw(random, 2)) {
            group[OUTPUT_CONFIG_AT] = (uint8_t)(payload[ADCS_CONFIG_READINGS] - 1);
        }
        break;
    case 11: /* a negative limit; of a pulse, one below what is safe */
        put_i16(numbers, pulse ? 0 : -1);
        put_i16(numbers + 2 * group[OUTPUT_CONFIG_COUNT], pulse ? 1 : 0);
        break;
    case 12: /* what is safe is beyond the limit */
        put_i16(numbers, 1000);
        put_i16(numbers + 2 * group[OUTPUT_CONFIG_COUNT], 1001);
        break;
    default: /* a negative guard, or a type whose numbers are too few */
        group[OUTPUT_CONFIG_TYPE] = guarded ? OUTPUT_TYPE_COUNT : 0;
        put_i16(numbers + 4 * group[OUTPUT_CONFIG_COUNT], -1);
        break;
    }
}

#endif
