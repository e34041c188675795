/* The attitude board's own gyro, magnetometer and torquers, when no simulator is attached. Coarse Sun sensors and
 * wheels have no driver: they are at their rails, which flags them not valid.
 *
 * One period: the torquers are driven for their duty, then the field settles, the magnetometer measures, and the cycle
 * reads it and the gyro. The drive ends early enough for the measurement, whatever the duty. */
#ifndef SMARTSAT_ADCS_DEVICES_H
#define SMARTSAT_ADCS_DEVICES_H
#include <stdbool.h>
#include <stdint.h>

#include "../../devices/bmi088_gyro.h"
#include "../../devices/rm3100.h"

enum {
    ADCS_ALONE_AFTER_MS = 1000, /* first cycle alone: a simulator that is attached has come by then */
    ADCS_ALONE_PERIOD_MS = 100, /* before the configuration */
    ADCS_SETTLE_MS = 5,         /* the torquers' field decays */
    ADCS_QUIET_MS = ADCS_SETTLE_MS + RM3100_READY_MS + 3 /* of each period; 3 for the steps of clock and polls */
};

typedef struct AdcsDevices {
    Bmi088Gyro gyro;
    Rm3100 mag;
    uint32_t due_ms;   /* own time of the next cycle */
    uint32_t quiet_ms; /* own time from which the torquers' field has decayed */
    bool started;
    bool asked;        /* the magnetometer measures for the next cycle */
} AdcsDevices;

struct Board;

/* The `sample` and `drive` of BoardOps. */
bool adcs_sample(struct Board *board, uint8_t *stimulus);
void adcs_drive(struct Board *board, const uint8_t *actuation);

#endif
