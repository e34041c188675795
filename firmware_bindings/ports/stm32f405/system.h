/* What the port offers to main() and to the vector table, beside core/port.h. */
#ifndef SMARTSAT_SYSTEM_H
#define SMARTSAT_SYSTEM_H
#include "port.h"

/* The stack is painted at start-up from `_stack_bottom` up to where it is in use; the lowest word that has another
 * value afterwards is its high-water mark. `_stack_top` is its end. */
#define STACK_PAINT 0xA5A5A5A5u
#define STACK_UNPAINTED 64u /* octets below the frame that paints */

/* Start clock, serial ports and watchdog; returns why the board started (RESET_*). Time stands at 0 and no interrupt
 * comes until port_run(). */
uint8_t port_start(Port *port);

/* Let time and interrupts run. */
void port_run(Port *port);

/* The end of one pass of the main loop: kick the hardware's watchdog when due, sleep until something happens. */
void port_idle(Port *port);

/* Interrupts. */
void port_tick(Port *port);
void systick_entry(void);
void usart1_entry(void);
void usart2_entry(void);

#endif
