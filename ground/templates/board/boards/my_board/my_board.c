#include "my_board.h"

#include "board.h"
#include "octets.h"

#define LEVEL_MAX 1000u /* permille */

static bool take_level(uint16_t *level, const uint8_t *octets)
{
    const uint16_t found = get_u16(octets);
    if (found > LEVEL_MAX) {
        return false;
    }
    *level = found;
    return true;
}

static bool my_board_command(Board *board, const uint8_t *payload)
{
    return take_level(&board->life.state.my_board.level, payload + MY_BOARD_COMMAND_LEVEL);
}

static bool my_board_configure(Board *board, const uint8_t *payload)
{
    return take_level(&board->life.state.my_board.level_safe, payload + MY_BOARD_CONFIG_LEVEL_SAFE);
}

/* Before the first configuration `level_safe` is 0: off. */
static uint16_t my_board_cycle(Board *board, const Cycle *cycle, uint8_t *sensors, uint8_t *actuation)
{
    const struct my_board *state = &board->life.state.my_board;
    const uint16_t level = cycle->enabled ? state->level : state->level_safe;
    put_u16(sensors + MY_BOARD_SENSORS_TEMPERATURE, get_u16(cycle->stimulus + MY_BOARD_STIMULUS_TEMPERATURE));
    put_u16(sensors + MY_BOARD_SENSORS_LEVEL, level);
    put_u16(actuation + MY_BOARD_ACTUATION_LEVEL, level);
    return 0;
}

const BoardOps MY_BOARD_OPS = {
    .kind = BOARD_MY_BOARD,
    .apid_offset = APID_MY_BOARD_OFFSET,
    .command_size = MY_BOARD_COMMAND_SIZE,
    .config_size = MY_BOARD_CONFIG_SIZE,
    .stimulus_size = MY_BOARD_STIMULUS_SIZE,
    .bus_octets_at = MY_BOARD_STIMULUS_BUS_OCTETS,
    .cycle_at = MY_BOARD_SENSORS_CYCLE,
    .health_at = MY_BOARD_SENSORS_HEALTH,
    .sensors_size = MY_BOARD_SENSORS_SIZE,
    .actuation_size = MY_BOARD_ACTUATION_SIZE,
    .command = my_board_command,
    .configure = my_board_configure,
    .cycle = my_board_cycle,
};
