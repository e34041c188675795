/* The image of one board, whose BOARD_OPS firmware.mk names. All state is `board`, and what crash.c keeps over a reset. */
#include "board.h"
#include "system.h"

static Board board;

/* Where a debugger finds the board's configuration and commands in it. */
__attribute__((used, section(".keep"))) const uint32_t board_state_at = offsetof(Board, life.state);

void systick_entry(void)
{
    port_tick(&board.port);
}

void usart1_entry(void)
{
    usart_interrupt(&board.port.usart[PORT_BUS]);
}

void usart2_entry(void)
{
    usart_interrupt(&board.port.usart[PORT_STIMULUS]);
}

int main(void)
{
    const uint8_t reason = port_start(&board.port);
    board_start(&board, &BOARD_OPS, reason);
    port_run(&board.port);
    for (;;) {
        board_poll(&board);
        port_idle(&board.port);
    }
}
