#include "devices.h"

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

static void start(Board *board, AdcsDevices *devices, uint32_t now_ms)
{
    const RegisterBus gyro = port_open_device(&board->port, PORT_GYRO);
    const RegisterBus mag = port_open_device(&board->port, PORT_MAGNETOMETER);
    bmi088_gyro_start(&devices->gyro, &gyro, now_ms);
    rm3100_start(&devices->mag, &mag, now_ms);
    devices->due_ms = now_ms + ADCS_ALONE_AFTER_MS;
    devices->quiet_ms = now_ms;
    devices->started = true;
}

/* What the sensors measured; what is not valid or not there is at its rail. */
static void write_sample(AdcsDevices *devices, uint32_t now_ms, uint8_t *stimulus)
{
    int32_t gyro[3];
    int16_t mag[3];
    const bool gyro_valid = bmi088_gyro_take(&devices->gyro, now_ms, gyro);
    const bool mag_valid = rm3100_take(&devices->mag, now_ms, mag);
    for (int i = 0; i < 3; i++) {
        put_i32(stimulus + ADCS_STIMULUS_GYRO_COUNTS + 4 * i, gyro_valid ? gyro[i] : INT32_MIN);
        put_i16(stimulus + ADCS_STIMULUS_MAG_COUNTS + 2 * i, mag_valid ? mag[i] : INT16_MIN);
    }
    for (int i = 0; i < MAX_SUN_SENSORS; i++) {
        put_u16(stimulus + ADCS_STIMULUS_CSS_COUNTS + 2 * i, UINT16_MAX);
    }
    for (int i = 0; i < MAX_WHEELS; i++) {
        put_i16(stimulus + ADCS_STIMULUS_WHEEL_COUNTS + 2 * i, INT16_MIN);
    }
}

bool adcs_sample(Board *board, uint8_t *stimulus)
{
    const Adcs *adcs = &board->life.state.adcs;
    AdcsDevices *devices = &board->life.state.adcs.devices;
    const uint32_t now_ms = own_ms(board);
    if (!devices->started) {
        start(board, devices, now_ms);
    }
    bmi088_gyro_step(&devices->gyro, now_ms);
    rm3100_step(&devices->mag, now_ms);
    if (!devices->asked && reached(now_ms, devices->quiet_ms) && reached(now_ms, devices->due_ms - RM3100_READY_MS)) {
        devices->asked = rm3100_measure(&devices->mag, now_ms);
    }
    if (!reached(now_ms, devices->due_ms)) {
        return false;
    }
    devices->due_ms += period_ms(adcs);
    if (reached(now_ms, devices->due_ms)) { /* more than a period late */
        devices->due_ms = now_ms + period_ms(adcs);
    }
    devices->asked = false;
    write_sample(devices, now_ms, stimulus);
    return true;
}

/* The configured limit of a dipole is what the torquer gives at full drive. */
void adcs_drive(Board *board, const uint8_t *actuation)
{
    const Adcs *adcs = &board->life.state.adcs;
    AdcsDevices *devices = &board->life.state.adcs.devices;
    const uint32_t period = period_ms(adcs);
    const uint32_t longest = period > ADCS_QUIET_MS ? period - ADCS_QUIET_MS : 0;
    const uint32_t wanted = period * get_u16(actuation + ADCS_ACTUATION_DUTY_PERMILLE) / 1000u;
    const uint32_t duration = wanted < longest ? wanted : longest;
    int16_t permille[MAX_TORQUERS];
    for (int i = 0; i < MAX_TORQUERS; i++) {
        const int32_t dipole = get_i16(actuation + ADCS_ACTUATION_DIPOLE_COUNTS + 2 * i);
        const int32_t limit = adcs->dipole_limit[i];
        permille[i] = (int16_t)(limit > 0 ? dipole * 1000 / limit : 0);
    }
    port_drive_torquers(&board->port, permille, (uint16_t)duration);
    devices->quiet_ms = own_ms(board) + duration + ADCS_SETTLE_MS + 1u;
}
