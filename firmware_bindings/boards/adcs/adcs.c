#include "adcs.h"

#include <string.h>

#include "board.h"
#include "octets.h"

enum { DUTY_SIZE = 2 /* of the duty, which follows the outputs in ACTUATION */ };

/* A number of the configuration; wherever `at` points to, there is one. */
static int16_t setting(const Adcs *adcs, size_t at)
{
    return get_i16(&adcs->config[at % (CONFIG_ROOM - 2)]);
}

/* A number of the readings, or 0 beyond their end. */
static int16_t reading(const Readings *readings, size_t at)
{
    return at + 2 <= readings->size ? get_i16(&readings->octets[at]) : (int16_t)0;
}

static bool adcs_command(Board *board, const uint8_t *outputs)
{
    Adcs *adcs = &board->life.state.adcs;
    for (size_t i = 0; i < MAX_OUTPUTS && 2 * i < board->life.sizes.command; i++) {
        adcs->value[i] = get_i16(outputs + 2 * i);
    }
    return true;
}

static bool adcs_configure(Board *board, const uint8_t *payload, size_t size)
{
    Adcs *adcs = &board->life.state.adcs;
    Layout layout;
    if (!layout_read(&layout, payload, size)) {
        return false;
    }
    const bool same = adcs->period_ms != 0 && memcmp(&layout, &adcs->layout, sizeof layout) == 0;
    if (!same) { /* other devices: nothing is known of them, nothing was commanded */
        memset(adcs->value, 0, sizeof adcs->value);
        memset(adcs->field, 0, sizeof adcs->field);
    }
    adcs->layout = layout;
    memcpy(adcs->config, payload, size);
    adcs->period_ms = get_u16(payload + CONFIG_HEAD_PERIOD_MS);
    adcs->duty_permille = get_u16(payload + ADCS_CONFIG_DUTY_PERMILLE);
    adcs->reflex_after_ms = get_u16(payload + ADCS_CONFIG_REFLEX_AFTER_MS);
    board->life.sizes = (BoardSizes){
        .command = (uint8_t)(2u * layout.outputs),
        .readings = layout.readings,
        .sensors = (uint8_t)(layout.readings + 2u * layout.driven),
        .outputs = (uint8_t)(2u * layout.outputs + DUTY_SIZE),
    };
    sources_configure(board, payload + layout.sources_at, layout.sources);
    return true;
}

static int16_t clamp(int32_t value, int32_t limit)
{
    return (int16_t)(value > limit ? limit : value < -limit ? -limit : value);
}

/* What a COUNT output gives: within its limit; when its guard is beyond the guard's limit, only against its sign. */
static int16_t guarded(const Adcs *adcs, const OutputGroup *group, size_t i, int16_t value, const Readings *readings)
{
    const int32_t limit = setting(adcs, group->limits + 2 * i);
    if (group->at != NOWHERE) {
        const int32_t guard = reading(readings, group->at + 2 * i);
        const int32_t most = setting(adcs, group->more + 2 * i);
        if ((guard > most && value > 0) || (guard < -most && value < 0)) {
            return 0;
        }
    }
    return clamp(value, limit);
}

/* B-dot (Stickler and Alfriend 1976): an output against the field's change since the last cycle. */
static int16_t reflex(const Adcs *adcs, const OutputGroup *group, size_t i, const Field *before, const Field *now)
{
    int64_t sixteenths = 0;
    for (size_t j = 0; j < 3; j++) {
        const int64_t gain = setting(adcs, group->more + 2 * (3 * i + j));
        sixteenths -= gain * (now->counts[j] - before->counts[j]);
    }
    const int64_t counts = sixteenths / 16;
    const int64_t limit = setting(adcs, group->limits + 2 * i);
    return (int16_t)(counts > limit ? limit : counts < -limit ? -limit : counts);
}

/* The field that a group acts against, now. A count at the end of its range is no measurement. */
static Field measured(const OutputGroup *group, const Readings *readings)
{
    Field now = {.known = group->type == OUTPUT_TYPE_DRIVEN && group->at != NOWHERE};
    for (size_t j = 0; j < 3; j++) {
        now.counts[j] = reading(readings, group->at + 2 * j);
        now.known = now.known && now.counts[j] != INT16_MIN && now.counts[j] != INT16_MAX;
    }
    return now;
}

/* What an output does in this cycle; `acts`: by reflex. A pulse is given once. */
static int16_t choose(Adcs *adcs, const OutputGroup *group, size_t i, int16_t *value, const Cycle *cycle)
{
    const int16_t safe = setting(adcs, group->safes + 2 * i);
    if (!cycle->enabled) {
        return safe;
    }
    if (group->type == OUTPUT_TYPE_PULSE) {
        const uint16_t asked = (uint16_t)*value;
        const uint16_t limit = (uint16_t)setting(adcs, group->limits + 2 * i);
        *value = safe;
        return (int16_t)(asked < limit ? asked : limit);
    }
    return group->type == OUTPUT_TYPE_COUNT ? guarded(adcs, group, i, *value, cycle->readings)
                                            : clamp(*value, setting(adcs, group->limits + 2 * i));
}

/* The DRIVEN outputs of the last cycle ended after its duty, so that their field has decayed when this cycle starts
 * with the sample; then they are driven again. Until there is a layout, what was read is passed on as it came. */
static uint16_t adcs_cycle(Board *board, const Cycle *cycle, const Answer *answer)
{
    Adcs *adcs = &board->life.state.adcs;
    const Readings *readings = cycle->readings;
    const bool silent = adcs->reflex_after_ms != 0 && cycle->silence_ms >= adcs->reflex_after_ms;
    const size_t passed = readings->size < answer->sensors_size ? readings->size : answer->sensors_size;
    size_t told = passed;
    size_t n = 0;
    unsigned flags = 0;
    memcpy(answer->sensors, readings->octets, passed);
    for (size_t g = 0; g < adcs->layout.groups && g < MAX_GROUPS; g++) {
        const OutputGroup *group = &adcs->layout.group[g];
        const Field now = measured(group, readings);
        const bool acts = !cycle->enabled && silent && now.known && adcs->field[g].known;
        for (size_t i = 0; i < group->count && n < MAX_OUTPUTS && 2 * n + DUTY_SIZE < answer->outputs_size; i++, n++) {
            const int16_t output =
                acts ? reflex(adcs, group, i, &adcs->field[g], &now) : choose(adcs, group, i, &adcs->value[n], cycle);
            put_i16(answer->outputs + 2 * n, output);
            if (group->type == OUTPUT_TYPE_DRIVEN && told + 2 <= answer->sensors_size) {
                put_i16(answer->sensors + told, output);
                told += 2;
            }
        }
        flags |= acts ? SENSOR_FLAG_REFLEX : 0u;
        adcs->field[g] = now;
    }
    if (answer->outputs_size >= DUTY_SIZE) {
        const bool driven = cycle->enabled || flags != 0;
        put_u16(answer->outputs + answer->outputs_size - DUTY_SIZE, driven ? adcs->duty_permille : 0);
    }
    return (uint16_t)flags;
}

const BoardOps ADCS_OPS = {
    .kind = BOARD_KIND_ADCS,
    .apid_offset = 0,
    .config_size = ANY_SIZE,
    .sizes = {.readings = ANY_SIZE, .outputs = DUTY_SIZE},
    .command = adcs_command,
    .configure = adcs_configure,
    .cycle = adcs_cycle,
    .sample = adcs_sample,
    .fill = adcs_fill,
    .drive = adcs_drive,
};
