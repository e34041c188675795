/* Three magnetorquers on H-bridges, sign and magnitude: TIM3 gives the magnitude, one pin each the sign.
 *
 *   axis       0     1     2
 *   magnitude  PC6   PC7   PC8    to the bridge's enable; pulled down, so that it is off during a reset
 *   sign       PC9   PC10  PC11   to the bridge's phase; high is negative */
#ifndef SMARTSAT_TORQUERS_H
#define SMARTSAT_TORQUERS_H
#include <stdbool.h>
#include <stdint.h>

#define TORQUERS 3

typedef struct Torquers {
    volatile uint16_t left_ms; /* of the drive under way; 0: off */
    bool started;
} Torquers;

/* Connect the pins, all off, unless that is done; `timer_hz` is the clock of TIM3. Before the first drive they are
 * inputs. */
void torquers_start(Torquers *torquers, uint32_t timer_hz);

/* Drive for `duration_ms`, then off: each in permille of full drive, the sign is the direction. The end comes from the
 * millisecond's interrupt, whatever the main loop does. */
void torquers_drive(Torquers *torquers, const int16_t *permille, uint16_t duration_ms);

/* Off, now. */
void torquers_stop(Torquers *torquers);

/* A millisecond passed (from SysTick). */
void torquers_tick(Torquers *torquers);

#endif
