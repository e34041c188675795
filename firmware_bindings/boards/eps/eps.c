#include "eps.h"

#include "board.h"
#include "octets.h"

#define SWITCHES_ALL ((unsigned)EPS_SWITCH_RADIO_TX | EPS_SWITCH_PAYLOAD | EPS_SWITCH_WHEELS)

static bool eps_command(Board *board, const uint8_t *payload)
{
    const uint16_t switches = get_u16(payload + EPS_COMMAND_SWITCHES);
    if ((switches & ~SWITCHES_ALL) != 0) {
        return false;
    }
    board->life.state.eps.switches = switches;
    return true;
}

static bool eps_configure(Board *board, const uint8_t *payload)
{
    const uint16_t switches = get_u16(payload + EPS_CONFIG_SWITCHES_SAFE);
    if ((switches & ~SWITCHES_ALL) != 0) {
        return false;
    }
    board->life.state.eps.switches_safe = switches;
    return true;
}

/* Before the first configuration `switches_safe` is 0: all loads off. */
static uint16_t eps_cycle(Board *board, const Cycle *cycle, uint8_t *sensors, uint8_t *actuation)
{
    const Eps *eps = &board->life.state.eps;
    const uint8_t *stimulus = cycle->stimulus;
    const uint16_t switches = cycle->enabled ? eps->switches : eps->switches_safe;
    put_u16(sensors + EPS_SENSORS_BUS_MV, get_u16(stimulus + EPS_STIMULUS_BUS_MV));
    put_i16(sensors + EPS_SENSORS_BATTERY_MA, get_i16(stimulus + EPS_STIMULUS_BATTERY_MA));
    put_u16(sensors + EPS_SENSORS_ARRAY_CW, get_u16(stimulus + EPS_STIMULUS_ARRAY_CW));
    put_u16(sensors + EPS_SENSORS_LOAD_CW, get_u16(stimulus + EPS_STIMULUS_LOAD_CW));
    put_u16(sensors + EPS_SENSORS_SOC_COUNTS, get_u16(stimulus + EPS_STIMULUS_SOC_COUNTS));
    put_u16(sensors + EPS_SENSORS_TEMPERATURE_CK, get_u16(stimulus + EPS_STIMULUS_TEMPERATURE_CK));
    put_u16(sensors + EPS_SENSORS_SWITCHES, switches);
    put_u16(actuation + EPS_ACTUATION_SWITCHES, switches);
    return 0;
}

const BoardOps EPS_OPS = {
    .kind = BOARD_KIND_EPS,
    .apid_offset = EPS_OFFSET,
    .command_size = EPS_COMMAND_SIZE,
    .config_size = EPS_CONFIG_SIZE,
    .stimulus_size = EPS_STIMULUS_SIZE,
    .bus_octets_at = EPS_STIMULUS_BUS_OCTETS,
    .cycle_at = EPS_SENSORS_CYCLE,
    .health_at = EPS_SENSORS_FLAGS,
    .sensors_size = EPS_SENSORS_SIZE,
    .actuation_size = EPS_ACTUATION_SIZE,
    .command = eps_command,
    .configure = eps_configure,
    .cycle = eps_cycle,
};
