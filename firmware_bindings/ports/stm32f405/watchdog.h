/* The independent watchdog, in hardware: it resets the board when the main loop hangs. */
#ifndef SMARTSAT_WATCHDOG_H
#define SMARTSAT_WATCHDOG_H
#include <stdbool.h>

#define WATCHDOG_MS 500u     /* nominal: its RC oscillator makes it 340 to 940 ms (data sheet DS8626, 5.3.11) */
#define WATCHDOG_KICK_MS 50u /* kicks come no more often: an emulator's supervisor reads each one from a log */

/* Start it; only a reset stops it. On silicon it stands still while a debugger halts the core. */
void watchdog_start(bool emulated);

/* Start its period anew. */
void watchdog_kick(void);

#endif
