#include "adcs.h"

#include "board.h"
#include "octets.h"

/* One sample of every device, as raw counts. */
typedef struct AdcsSample {
    int32_t gyro[3];
    int16_t mag[3];
    uint16_t css[MAX_SUN_SENSORS];
    int16_t wheel[MAX_WHEELS];
} AdcsSample;

static bool at_rail(int16_t count)
{
    return count >= ADCS_RAIL_COUNTS || count < -ADCS_RAIL_COUNTS;
}

/* Read one sample; return the flags of the devices whose converters are not at a rail. */
static uint16_t sample(AdcsSample *out, const uint8_t *stimulus)
{
    unsigned flags = SENSOR_FLAG_GYRO_VALID | SENSOR_FLAG_MAG_VALID | SENSOR_FLAG_CSS_VALID | SENSOR_FLAG_WHEELS_VALID;
    for (int i = 0; i < 3; i++) {
        out->gyro[i] = get_i32(stimulus + ADCS_STIMULUS_GYRO_COUNTS + 4 * i);
        out->mag[i] = get_i16(stimulus + ADCS_STIMULUS_MAG_COUNTS + 2 * i);
        if (out->gyro[i] == INT32_MIN || out->gyro[i] == INT32_MAX) {
            flags &= ~(unsigned)SENSOR_FLAG_GYRO_VALID;
        }
        if (at_rail(out->mag[i])) {
            flags &= ~(unsigned)SENSOR_FLAG_MAG_VALID;
        }
    }
    for (int i = 0; i < MAX_SUN_SENSORS; i++) {
        out->css[i] = get_u16(stimulus + ADCS_STIMULUS_CSS_COUNTS + 2 * i);
        if (out->css[i] == UINT16_MAX) {
            flags &= ~(unsigned)SENSOR_FLAG_CSS_VALID;
        }
    }
    for (int i = 0; i < MAX_WHEELS; i++) {
        out->wheel[i] = get_i16(stimulus + ADCS_STIMULUS_WHEEL_COUNTS + 2 * i);
        if (at_rail(out->wheel[i])) {
            flags &= ~(unsigned)SENSOR_FLAG_WHEELS_VALID;
        }
    }
    return (uint16_t)flags;
}

static int16_t clamp(int16_t value, int16_t limit)
{
    if (value > limit) {
        return limit;
    }
    return value < -limit ? (int16_t)-limit : value;
}

/* Torque within its limit; above the speed limit only torque against the spin passes. */
static int16_t wheel_torque(int16_t torque, int16_t torque_limit, int16_t speed, int16_t speed_limit)
{
    const bool speeds_up = (speed > speed_limit && torque > 0) || (speed < -speed_limit && torque < 0);
    return speeds_up ? 0 : clamp(torque, torque_limit);
}

static bool adcs_command(Board *board, const uint8_t *payload)
{
    Adcs *adcs = &board->life.state.adcs;
    for (int i = 0; i < MAX_WHEELS; i++) {
        adcs->torque[i] = get_i16(payload + ADCS_COMMAND_WHEEL_TORQUE_COUNTS + 2 * i);
    }
    for (int i = 0; i < MAX_TORQUERS; i++) {
        adcs->dipole[i] = get_i16(payload + ADCS_COMMAND_DIPOLE_COUNTS + 2 * i);
    }
    return true;
}

static bool adcs_configure(Board *board, const uint8_t *payload)
{
    Adcs next = board->life.state.adcs;
    bool valid = true;
    next.period_ms = get_u16(payload + ADCS_CONFIG_PERIOD_MS);
    next.duty_permille = get_u16(payload + ADCS_CONFIG_DUTY_PERMILLE);
    valid = valid && next.duty_permille <= ADCS_DUTY_MAX_PERMILLE;
    next.reflex_after_ms = get_u16(payload + ADCS_CONFIG_REFLEX_AFTER_MS);
    for (int i = 0; i < MAX_WHEELS; i++) {
        next.torque_limit[i] = get_i16(payload + ADCS_CONFIG_TORQUE_LIMIT_COUNTS + 2 * i);
        next.speed_limit[i] = get_i16(payload + ADCS_CONFIG_SPEED_LIMIT_COUNTS + 2 * i);
        valid = valid && next.torque_limit[i] >= 0 && next.speed_limit[i] >= 0;
    }
    for (int i = 0; i < MAX_TORQUERS; i++) {
        next.dipole_limit[i] = get_i16(payload + ADCS_CONFIG_DIPOLE_LIMIT_COUNTS + 2 * i);
        valid = valid && next.dipole_limit[i] >= 0;
        for (int j = 0; j < 3; j++) {
            next.reflex_gain[i][j] = get_i16(payload + ADCS_CONFIG_REFLEX_GAIN + 2 * (3 * i + j));
        }
    }
    if (valid) {
        board->life.state.adcs = next;
    }
    return valid;
}

/* B-dot (Stickler and Alfriend 1976): dipoles against the field's change since the last cycle. */
static void reflex(const Adcs *adcs, const int16_t *mag, int16_t *dipole)
{
    for (int i = 0; i < MAX_TORQUERS; i++) {
        int64_t sixteenths = 0;
        for (int j = 0; j < 3; j++) {
            sixteenths -= (int64_t)adcs->reflex_gain[i][j] * (mag[j] - adcs->mag[j]);
        }
        const int64_t counts = sixteenths / 16;
        const int64_t limit = adcs->dipole_limit[i];
        dipole[i] = (int16_t)(counts > limit ? limit : counts < -limit ? -limit : counts);
    }
}

/* The dipoles of this cycle: as commanded, by reflex after a long silence, or none. Returns SENSOR_FLAG_REFLEX or 0. */
static unsigned choose_dipoles(Adcs *adcs, const Cycle *cycle, const AdcsSample *now, unsigned flags, int16_t *dipole)
{
    const bool silent = adcs->reflex_after_ms != 0 && cycle->silence_ms >= adcs->reflex_after_ms;
    const bool field = (flags & SENSOR_FLAG_MAG_VALID) != 0;
    const bool acts = !cycle->enabled && silent && field && adcs->mag_known;
    for (int i = 0; i < MAX_TORQUERS; i++) {
        dipole[i] = cycle->enabled ? clamp(adcs->dipole[i], adcs->dipole_limit[i]) : 0;
    }
    if (acts) {
        reflex(adcs, now->mag, dipole);
    }
    for (int i = 0; i < 3; i++) {
        adcs->mag[i] = now->mag[i];
    }
    adcs->mag_known = field;
    return acts ? SENSOR_FLAG_REFLEX : 0u;
}

/* The torquers' drive of the last cycle ended after its duty, so that their field has decayed when this cycle starts
 * with the sample; then they are driven again. */
static uint16_t adcs_cycle(Board *board, const Cycle *cycle, uint8_t *sensors, uint8_t *actuation)
{
    Adcs *adcs = &board->life.state.adcs;
    const bool enabled = cycle->enabled;
    int16_t dipoles[MAX_TORQUERS];
    AdcsSample now;
    unsigned flags = sample(&now, cycle->stimulus);
    flags |= choose_dipoles(adcs, cycle, &now, flags, dipoles);
    if (board->life.cycles == 0) { /* the increment began before this life of the board */
        flags &= ~(unsigned)SENSOR_FLAG_GYRO_VALID;
    }
    for (int i = 0; i < 3; i++) {
        put_i32(sensors + ADCS_SENSORS_GYRO_COUNTS + 4 * i, now.gyro[i]);
        put_i16(sensors + ADCS_SENSORS_MAG_COUNTS + 2 * i, now.mag[i]);
    }
    for (int i = 0; i < MAX_SUN_SENSORS; i++) {
        put_u16(sensors + ADCS_SENSORS_CSS_COUNTS + 2 * i, now.css[i]);
    }
    for (int i = 0; i < MAX_WHEELS; i++) {
        const int16_t torque =
            wheel_torque(adcs->torque[i], adcs->torque_limit[i], now.wheel[i], adcs->speed_limit[i]);
        put_i16(sensors + ADCS_SENSORS_WHEEL_COUNTS + 2 * i, now.wheel[i]);
        put_i16(actuation + ADCS_ACTUATION_WHEEL_TORQUE_COUNTS + 2 * i, enabled ? torque : 0);
    }
    for (int i = 0; i < MAX_TORQUERS; i++) {
        put_i16(sensors + ADCS_SENSORS_DIPOLE_COUNTS + 2 * i, dipoles[i]);
        put_i16(actuation + ADCS_ACTUATION_DIPOLE_COUNTS + 2 * i, dipoles[i]);
    }
    const bool driven = enabled || (flags & SENSOR_FLAG_REFLEX) != 0;
    put_u16(actuation + ADCS_ACTUATION_DUTY_PERMILLE, driven ? adcs->duty_permille : 0);
    return (uint16_t)flags;
}

const BoardOps ADCS_OPS = {
    .kind = BOARD_KIND_ADCS,
    .apid_offset = 0,
    .command_size = ADCS_COMMAND_SIZE,
    .config_size = ADCS_CONFIG_SIZE,
    .stimulus_size = ADCS_STIMULUS_SIZE,
    .bus_octets_at = ADCS_STIMULUS_BUS_OCTETS,
    .cycle_at = ADCS_SENSORS_CYCLE,
    .health_at = ADCS_SENSORS_FLAGS,
    .sensors_size = ADCS_SENSORS_SIZE,
    .actuation_size = ADCS_ACTUATION_SIZE,
    .command = adcs_command,
    .configure = adcs_configure,
    .cycle = adcs_cycle,
    .sample = adcs_sample,
    .drive = adcs_drive,
};
