/* PNI RM3100 magnetometer: single measurements of all three axes, started when the caller says that the field is quiet.
 *
 * One count is 1/75 uT = 1.3333e-8 T (cycle count 200). Results beyond 16 bits (437 uT; the Earth's field is below
 * 66 uT) are clamped to INT16_MIN or INT16_MAX.
 *
 * Nothing here waits: `step` does what is due and returns. All times are milliseconds of one clock that may wrap. */
#ifndef SMARTSAT_RM3100_H
#define SMARTSAT_RM3100_H
#include "registers.h"

enum {
    RM3100_MEASURE_MS = 6,  /* no result is looked for earlier: three axes take 6.8 ms (147 Hz) */
    RM3100_READY_MS = 10,   /* a result is there by then, with the oscillator's tolerance */
    RM3100_TIMEOUT_MS = 20, /* no result by then: the device failed */
    RM3100_RETRY_MS = 200   /* pause after a failure, then identification and configuration anew */
};

typedef enum Rm3100State {
    RM3100_PAUSED,    /* not started, or failed: to be configured RM3100_RETRY_MS after `since_ms` */
    RM3100_IDLE,
    RM3100_MEASURING, /* since `since_ms` */
    RM3100_READY      /* `counts` waits to be taken */
} Rm3100State;

typedef struct Rm3100 {
    RegisterBus bus;
    uint32_t since_ms;
    int16_t counts[3];
    uint16_t failures; /* no answer, wrong id, lost configuration, no result; wraps */
    uint8_t state;     /* Rm3100State */
    uint8_t unwanted;  /* not 0: nobody waits any more for the measurement under way */
} Rm3100;

/* Begin; the device is configured by the first `step`. */
void rm3100_start(Rm3100 *self, const RegisterBus *bus, uint32_t now_ms);

/* Do what is due: configure, look for a result. To be called every millisecond or so. */
void rm3100_step(Rm3100 *self, uint32_t now_ms);

/* Start a measurement of the field; a result that was not taken is dropped. False: the device is not ready for one. */
bool rm3100_measure(Rm3100 *self, uint32_t now_ms);

/* The result of the last `measure`, once. False when there is none (`counts` is then 0); a measurement that is still
 * under way is dropped, for the field may not be quiet any more. */
bool rm3100_take(Rm3100 *self, uint32_t now_ms, int16_t counts[3]);

#endif
