#include "eps.h"

#include <string.h>

#include "board.h"
#include "octets.h"

#define SWITCHES_ALL ((unsigned)EPS_SWITCH_RADIO_TX | EPS_SWITCH_PAYLOAD | EPS_SWITCH_WHEELS)

static bool eps_command(Board *board, const uint8_t *outputs)
{
    const uint16_t switches = get_u16(outputs + EPS_COMMAND_SWITCHES - COMMAND_HEAD_SIZE);
    if ((switches & ~SWITCHES_ALL) != 0) {
        return false;
    }
    board->life.state.eps.switches = switches;
    return true;
}

static bool eps_configure(Board *board, const uint8_t *payload, size_t size)
{
    (void)size;
    const uint16_t switches = get_u16(payload + EPS_CONFIG_SWITCHES_SAFE);
    if ((switches & ~SWITCHES_ALL) != 0) {
        return false;
    }
    board->life.state.eps.switches_safe = switches;
    return true;
}

/* The readings are those of SENSORS, in the same order; the switches follow. Before the first configuration
 * `switches_safe` is 0: all loads off. */
enum { READINGS = EPS_SENSORS_SWITCHES - SENSORS_HEAD_SIZE };
_Static_assert((int)READINGS == EPS_STIMULUS_BUS_OCTETS - STIMULUS_HEAD_SIZE, "readings");

static uint16_t eps_cycle(Board *board, const Cycle *cycle, const Answer *answer)
{
    const Eps *eps = &board->life.state.eps;
    const uint16_t switches = cycle->enabled ? eps->switches : eps->switches_safe;
    memcpy(answer->sensors, cycle->readings->octets, READINGS);
    put_u16(answer->sensors + READINGS, switches);
    put_u16(answer->outputs, switches);
    return 0;
}

const BoardOps EPS_OPS = {
    .kind = BOARD_KIND_EPS,
    .apid_offset = EPS_OFFSET,
    .config_size = EPS_CONFIG_SIZE,
    .sizes = {
        .command = EPS_COMMAND_SIZE - COMMAND_HEAD_SIZE,
        .readings = READINGS,
        .sensors = EPS_SENSORS_SIZE - SENSORS_HEAD_SIZE,
        .outputs = EPS_ACTUATION_BUS_OCTETS - ACTUATION_HEAD_SIZE,
    },
    .command = eps_command,
    .configure = eps_configure,
    .cycle = eps_cycle,
};
