/* What outlives a reset in RAM: the record of a fault, and when the main loop last ran. */
#ifndef SMARTSAT_CRASH_H
#define SMARTSAT_CRASH_H
#include <stdint.h>

#include "port.h"

/* Why the board started (RESET_*), and the record of the fault when that was why, else zeros. Reads and clears the
 * reset flags and the record: call it once, first of all. */
uint8_t crash_reset_reason(PortCrash *crash);

/* A millisecond passed (from SysTick: it counts on while the main loop hangs). */
void crash_tick(void);

/* The main loop ran and kicked the watchdog. */
void crash_kicked(void);

/* Where every fault and every unexpected interrupt ends: keep the record, reset. Only the vector table refers to it. */
void fault_entry(void);

#endif
