/* The core clock, and the board's own time from SysTick. */
#ifndef SMARTSAT_CLOCK_H
#define SMARTSAT_CLOCK_H
#include <stdbool.h>
#include <stdint.h>

/* Frequency of the board's crystal [MHz]; a build may say -DHSE_MHZ=25. */
#ifndef HSE_MHZ
#define HSE_MHZ 8u
#endif

/* What drives the core. */
typedef enum ClockSource {
    CLOCK_EMULATED, /* an emulator, whose clocks need no set-up: 168 MHz */
    CLOCK_CRYSTAL,  /* crystal and PLL: 168 MHz */
    CLOCK_RC_PLL,   /* the crystal did not start: RC oscillator and PLL, 168 MHz within 1 % */
    CLOCK_RC        /* the PLL did not lock either: RC oscillator, 16 MHz */
} ClockSource;

typedef struct Clock {
    ClockSource source;
    uint32_t core_mhz;
    uint32_t apb1_hz; /* clock of USART2 */
    uint32_t apb2_hz; /* clock of USART1 */
    volatile uint32_t ms;      /* since clock_start(), modulo 2^32 */
    volatile uint32_t ms_high; /* times that `ms` wrapped */
} Clock;

/* Choose the fastest clock that starts; every wait is bounded. */
void clock_init(Clock *clock);

/* Start the board's own time at 0. */
void clock_start(Clock *clock);

/* One millisecond passed (from SysTick). */
void clock_tick(Clock *clock);

/* The board's own time [ns]. */
int64_t clock_now(const Clock *clock);

#endif
