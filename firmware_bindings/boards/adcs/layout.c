#include "layout.h"

#include <string.h>

#include "board.h"
#include "octets.h"

/* The largest duty: the rest of the period is for the field to decay before the magnetometer is sampled. */
#define DUTY_MAX_PERMILLE 950u

uint8_t layout_count_size(uint8_t type)
{
    return type == COUNT_TYPE_I4 ? 4 : type == COUNT_TYPE_I2 || type == COUNT_TYPE_U2 ? 2 : 0;
}

/* Octets of the readings of all inputs, naturally aligned; ANY_SIZE when they are not what they should be. */
static size_t readings_size(const uint8_t *inputs, uint8_t count)
{
    size_t end = 0;
    for (size_t i = 0; i < count; i++) {
        const uint8_t size = layout_count_size(inputs[INPUT_CONFIG_SIZE * i + INPUT_CONFIG_TYPE]);
        const uint8_t counts = inputs[INPUT_CONFIG_SIZE * i + INPUT_CONFIG_COUNT];
        if (size == 0 || counts == 0) {
            return ANY_SIZE;
        }
        end = (end + size - 1u) / size * size + (size_t)size * counts;
    }
    return end <= READINGS_MAX ? end : ANY_SIZE;
}

/* Octets of the configuration that one output of a type has, 0 for no type. */
static size_t output_size(uint8_t type)
{
    switch (type) {
    case OUTPUT_TYPE_COUNT:
        return 6; /* limit, safe value, limit of the guard */
    case OUTPUT_TYPE_DRIVEN:
        return 10; /* limit, safe value, three gains */
    case OUTPUT_TYPE_PULSE:
        return 4; /* limit, safe value */
    default:
        return 0;
    }
}

/* The readings hold `size` octets from `at` on, or nothing is wanted of them. */
static bool is_there(const Layout *layout, uint8_t at, size_t size)
{
    return at == NOWHERE || at + size <= layout->readings;
}

/* No limit is negative, and no safe value is beyond its limit. */
static bool outputs_are_sound(const OutputGroup *group, const uint8_t *config)
{
    for (size_t i = 0; i < group->count; i++) {
        const int32_t limit = get_i16(config + group->limits + 2 * i);
        const int32_t safe = get_i16(config + group->safes + 2 * i);
        const bool pulse = group->type == OUTPUT_TYPE_PULSE;
        if (pulse ? (safe & 0xFFFF) > (limit & 0xFFFF) : limit < 0 || safe > limit || safe < -limit) {
            return false;
        }
        if (group->type == OUTPUT_TYPE_COUNT && get_i16(config + group->more + 2 * i) < 0) {
            return false;
        }
    }
    return true;
}

/* Read one group of outputs that begins at `*at`, and move on to what follows it. */
static bool read_group(Layout *layout, const uint8_t *config, size_t size, size_t *at)
{
    OutputGroup *group = &layout->group[layout->groups];
    if (*at + OUTPUT_CONFIG_SIZE > size) {
        return false;
    }
    group->type = config[*at + OUTPUT_CONFIG_TYPE];
    group->count = config[*at + OUTPUT_CONFIG_COUNT];
    group->at = config[*at + OUTPUT_CONFIG_AT];
    *at += OUTPUT_CONFIG_SIZE;
    const size_t each = output_size(group->type);
    if (each == 0 || group->count == 0 || *at + each * group->count > size ||
        layout->outputs + group->count > MAX_OUTPUTS) {
        return false;
    }
    group->limits = (uint8_t)*at;
    group->safes = (uint8_t)(*at + 2u * group->count);
    group->more = (uint8_t)(*at + 4u * group->count);
    *at += each * group->count;
    const size_t watched = group->type == OUTPUT_TYPE_DRIVEN ? 6u : 2u * group->count;
    layout->groups = (uint8_t)(layout->groups + 1);
    layout->outputs = (uint8_t)(layout->outputs + group->count);
    layout->driven = (uint8_t)(layout->driven + (group->type == OUTPUT_TYPE_DRIVEN ? group->count : 0));
    return is_there(layout, group->at, watched) && outputs_are_sound(group, config);
}

bool layout_read(Layout *layout, const uint8_t *config, size_t size)
{
    if (size < ADCS_CONFIG_SIZE || get_u16(config + ADCS_CONFIG_DUTY_PERMILLE) > DUTY_MAX_PERMILLE) {
        return false;
    }
    memset(layout, 0, sizeof *layout);
    layout->readings = config[ADCS_CONFIG_READINGS];
    layout->inputs = config[ADCS_CONFIG_INPUTS];
    layout->sources = config[ADCS_CONFIG_SOURCES];
    const uint8_t groups = config[ADCS_CONFIG_GROUPS];
    size_t at = ADCS_CONFIG_SIZE + (size_t)INPUT_CONFIG_SIZE * layout->inputs;
    if (layout->inputs > MAX_INPUTS || groups > MAX_GROUPS || layout->sources > MAX_SOURCES || at > size ||
        layout->readings >= ANY_SIZE || readings_size(config + ADCS_CONFIG_SIZE, layout->inputs) != layout->readings) {
        return false;
    }
    for (uint8_t i = 0; i < groups; i++) {
        if (!read_group(layout, config, size, &at)) {
            return false;
        }
    }
    layout->sources_at = (uint8_t)at;
    return at + (size_t)SOURCE_CONFIG_SIZE * layout->sources == size &&
           layout->readings + 2u * layout->driven <= READINGS_MAX;
}
