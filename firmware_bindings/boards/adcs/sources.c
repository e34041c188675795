#include "sources.h"

#include <string.h>

#include "board.h"
#include "octets.h"

#define NS_PER_MS 1000000

static uint32_t own_ms(const Board *board)
{
    return (uint32_t)((uint64_t)port_now(&board->port) / NS_PER_MS);
}

/* True from `due_ms` on, for 24 days, on a clock that wraps. */
static bool reached(uint32_t now_ms, uint32_t due_ms)
{
    return now_ms - due_ms <= INT32_MAX;
}

static uint32_t period_ms(const Adcs *adcs)
{
    return adcs->period_ms != 0 ? adcs->period_ms : ADCS_ALONE_PERIOD_MS;
}

static void open_source(Board *board, Source *source, const uint8_t *octets)
{
    RegisterBus bus;
    const uint8_t chip = octets[SOURCE_CONFIG_CHIP];
    const uint8_t type = octets[SOURCE_CONFIG_BUS];
    const uint8_t address = octets[SOURCE_CONFIG_ADDRESS];
    source->at = octets[SOURCE_CONFIG_AT];
    if (!port_open_device(&board->port, type, address, &bus)) {
        return;
    }
    if (chip == CHIP_BMI088_GYRO) {
        bmi088_gyro_start(&source->device.gyro, &bus, own_ms(board));
        source->chip = chip;
    } else if (chip == CHIP_RM3100) {
        rm3100_start(&source->device.mag, &bus, own_ms(board));
        source->chip = chip;
    }
}

void sources_configure(Board *board, const uint8_t *octets, uint8_t count)
{
    Sources *sources = &board->life.state.adcs.sources;
    const size_t size = (size_t)SOURCE_CONFIG_SIZE * count;
    if (sources->count == count && memcmp(sources->config, octets, size) == 0) {
        return;
    }
    sources->count = count;
    memcpy(sources->config, octets, size);
    memset(sources->source, 0, sizeof sources->source);
    port_close_devices(&board->port);
    for (size_t i = 0; i < count; i++) {
        open_source(board, &sources->source[i], octets + SOURCE_CONFIG_SIZE * i);
    }
}

/* Whether a source is a chip of that kind, with a bus. */
static bool is(const Source *source, uint8_t chip)
{
    return source->chip == chip && (chip == CHIP_RM3100 ? source->device.mag.bus : source->device.gyro.bus).read != NULL;
}

static void step(Sources *sources, uint32_t now_ms)
{
    for (size_t i = 0; i < MAX_SOURCES; i++) {
        Source *source = &sources->source[i];
        if (is(source, CHIP_BMI088_GYRO)) {
            bmi088_gyro_step(&source->device.gyro, now_ms);
        } else if (is(source, CHIP_RM3100)) {
            rm3100_step(&source->device.mag, now_ms);
        }
    }
}

/* Let all magnetometers measure; true when one does. */
static bool measure(Sources *sources, uint32_t now_ms)
{
    bool any = false;
    for (size_t i = 0; i < MAX_SOURCES; i++) {
        Source *source = &sources->source[i];
        any = (is(source, CHIP_RM3100) && rm3100_measure(&source->device.mag, now_ms)) || any;
    }
    return any;
}

/* What a gyro gave since the last cycle; when not valid, counts at the end of their range. */
static void take_gyro(Bmi088Gyro *gyro, uint32_t now_ms, uint8_t *at)
{
    int32_t angles[3];
    const bool valid = bmi088_gyro_take(gyro, now_ms, angles);
    for (size_t j = 0; j < 3; j++) {
        put_i32(at + 4 * j, valid ? angles[j] : INT32_MIN);
    }
}

/* What a magnetometer measured; when not valid, counts at the end of their range. */
static void take_mag(Rm3100 *mag, uint32_t now_ms, uint8_t *at)
{
    int16_t field[3];
    const bool valid = rm3100_take(mag, now_ms, field);
    for (size_t j = 0; j < 3; j++) {
        put_i16(at + 2 * j, valid ? field[j] : INT16_MIN);
    }
}

/* Put what the chips measured into the readings. */
static void take(Sources *sources, uint32_t now_ms, Readings *readings)
{
    for (size_t i = 0; i < MAX_SOURCES; i++) {
        Source *source = &sources->source[i];
        uint8_t *at = readings->octets + (source->at < READINGS_MAX ? source->at : 0);
        if (is(source, CHIP_BMI088_GYRO) && source->at + 12u <= readings->size) {
            take_gyro(&source->device.gyro, now_ms, at);
        } else if (is(source, CHIP_RM3100) && source->at + 6u <= readings->size) {
            take_mag(&source->device.mag, now_ms, at);
        }
    }
}

/* Readings of which nothing was measured: every count at the end of its range. */
static void clear(const Adcs *adcs, Readings *readings)
{
    size_t at = 0;
    readings->size = adcs->layout.readings <= READINGS_MAX ? adcs->layout.readings : 0;
    for (size_t i = 0; i < adcs->layout.inputs && i < MAX_INPUTS; i++) {
        const uint8_t *input = &adcs->config[ADCS_CONFIG_SIZE + INPUT_CONFIG_SIZE * i];
        const uint8_t size = layout_count_size(input[INPUT_CONFIG_TYPE]);
        at = size == 4 ? (at + 3) / 4 * 4 : at;
        for (size_t k = 0; k < input[INPUT_CONFIG_COUNT] && at + size <= readings->size; k++, at += size) {
            if (size == 4) {
                put_i32(&readings->octets[at], INT32_MIN);
            } else {
                put_u16(&readings->octets[at], input[INPUT_CONFIG_TYPE] == COUNT_TYPE_U2 ? UINT16_MAX : 0x8000u);
            }
        }
    }
}

bool adcs_sample(Board *board, Readings *readings)
{
    const Adcs *adcs = &board->life.state.adcs;
    Sources *sources = &board->life.state.adcs.sources;
    const uint32_t now_ms = own_ms(board);
    if (!sources->started) {
        sources->started = true;
        sources->due_ms = now_ms + ADCS_ALONE_AFTER_MS;
        sources->quiet_ms = now_ms;
    }
    step(sources, now_ms);
    if (!sources->asked && reached(now_ms, sources->quiet_ms) && reached(now_ms, sources->due_ms - RM3100_READY_MS)) {
        sources->asked = measure(sources, now_ms);
    }
    if (!reached(now_ms, sources->due_ms)) {
        return false;
    }
    sources->due_ms += period_ms(adcs);
    if (reached(now_ms, sources->due_ms)) { /* more than a period late */
        sources->due_ms = now_ms + period_ms(adcs);
    }
    sources->asked = false;
    memset(readings, 0, sizeof *readings);
    clear(adcs, readings);
    take(sources, now_ms, readings);
    return true;
}

void adcs_fill(Board *board, Readings *readings)
{
    Sources *sources = &board->life.state.adcs.sources;
    const uint32_t now_ms = own_ms(board);
    step(sources, now_ms);
    take(sources, now_ms, readings);
    (void)measure(sources, now_ms);
}

/* The configured limit of a DRIVEN output is what its torquer gives at full drive. The first of them are the port's. */
void adcs_drive(Board *board, const uint8_t *outputs)
{
    const Adcs *adcs = &board->life.state.adcs;
    Sources *sources = &board->life.state.adcs.sources;
    const size_t size = board->life.sizes.outputs;
    const uint32_t period = period_ms(adcs);
    const uint32_t longest = period > ADCS_QUIET_MS ? period - ADCS_QUIET_MS : 0;
    const uint32_t wanted = period * get_u16(outputs + size - 2) / 1000u;
    const uint32_t duration = wanted < longest ? wanted : longest;
    int16_t permille[PORT_TORQUERS] = {0};
    size_t n = 0;
    size_t driven = 0;
    for (size_t g = 0; g < adcs->layout.groups && g < MAX_GROUPS; g++) {
        const OutputGroup *group = &adcs->layout.group[g];
        for (size_t i = 0; i < group->count && 2 * n + 2 < size; i++, n++) {
            if (group->type == OUTPUT_TYPE_DRIVEN && driven < PORT_TORQUERS) {
                const int32_t dipole = get_i16(outputs + 2 * n);
                const int32_t limit = get_i16(&adcs->config[(group->limits + 2 * i) % (CONFIG_ROOM - 2)]);
                permille[driven++] = (int16_t)(limit > 0 ? dipole * 1000 / limit : 0);
            }
        }
    }
    port_drive_torquers(&board->port, permille, (uint16_t)duration);
    sources->quiet_ms = own_ms(board) + duration + ADCS_SETTLE_MS + 1u;
}
