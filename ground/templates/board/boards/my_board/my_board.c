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

static bool my_board_command(Board *board, const uint8_t *outputs)
{
    return take_level(&board->life.state.my_board.level, outputs + MY_BOARD_COMMAND_LEVEL);
}

static bool my_board_configure(Board *board, const uint8_t *payload, size_t size)
{
    (void)size; /* always MY_BOARD_CONFIG_SIZE */
    return take_level(&board->life.state.my_board.level_safe, payload + MY_BOARD_CONFIG_LEVEL_SAFE);
}

/* Before the first configuration `level_safe` is 0: off. */
static uint16_t my_board_cycle(Board *board, const Cycle *cycle, const Answer *answer)
{
    const struct my_board *state = &board->life.state.my_board;
    const uint16_t level = cycle->enabled ? state->level : state->level_safe;
    const uint16_t temperature = get_u16(&cycle->readings->octets[MY_BOARD_STIMULUS_TEMPERATURE]);
    put_u16(answer->sensors + MY_BOARD_SENSORS_TEMPERATURE, temperature);
    put_u16(answer->sensors + MY_BOARD_SENSORS_LEVEL, level);
    put_u16(answer->outputs + MY_BOARD_ACTUATION_LEVEL, level);
    return 0;
}

const BoardOps MY_BOARD_OPS = {
    .kind = BOARD_MY_BOARD,
    .apid_offset = APID_MY_BOARD_OFFSET,
    .config_size = MY_BOARD_CONFIG_SIZE,
    .sizes =
        {
            .command = MY_BOARD_COMMAND_END,
            .readings = MY_BOARD_STIMULUS_END,
            .sensors = MY_BOARD_SENSORS_END,
            .outputs = MY_BOARD_ACTUATION_END,
        },
    .command = my_board_command,
    .configure = my_board_configure,
    .cycle = my_board_cycle,
};
