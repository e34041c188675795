/* The attitude board's own sensors, which its configuration names, and its torquers.
 *
 * Alone, one period: the torquers are driven for their duty, then the field settles, the magnetometers measure, and the
 * cycle reads them and the gyros. The drive ends early enough for the measurement, whatever the duty. What has no
 * register driver is at the end of its range: no measurement.
 *
 * With a simulator attached, the stimulus is the clock: its time is what the drivers get. Then a magnetometer measures
 * from cycle to cycle, for the simulator's torquers make no field here. */
#ifndef SMARTSAT_ADCS_SOURCES_H
#define SMARTSAT_ADCS_SOURCES_H
#include <stdbool.h>
#include <stdint.h>

#include "../../devices/bmi088_gyro.h"
#include "../../devices/rm3100.h"
#include "wire.h"

enum {
    ADCS_ALONE_AFTER_MS = 1000, /* first cycle alone: a simulator that is attached has come by then */
    ADCS_ALONE_PERIOD_MS = 100, /* before the configuration */
    ADCS_SETTLE_MS = 5,         /* the torquers' field decays */
    ADCS_QUIET_MS = ADCS_SETTLE_MS + RM3100_READY_MS + 3 /* of each period; 3 for the steps of clock and polls */
};

/* One register driver. */
typedef struct Source {
    uint8_t chip; /* CHIP_*, 0: none */
    uint8_t at;   /* octet of the readings */
    union {
        Bmi088Gyro gyro;
        Rm3100 mag;
    } device;
} Source;

typedef struct Sources {
    Source source[MAX_SOURCES];
    uint8_t config[MAX_SOURCES * SOURCE_CONFIG_SIZE]; /* as it came */
    uint8_t count;
    uint32_t due_ms;   /* own time of the next cycle */
    uint32_t quiet_ms; /* own time from which the torquers' field has decayed */
    uint8_t started;   /* not 0: yes */
    uint8_t asked;     /* not 0: the magnetometers measure for the next cycle */
} Sources;

struct Board;
struct Readings;

/* Start the drivers of `count` SourceConfig at `octets`; those that run already, of the same chips, run on. A driver of
 * which the board does not have the bus leaves the stimulus in its place. */
void sources_configure(struct Board *board, const uint8_t *octets, uint8_t count);

/* The `sample`, `fill` and `drive` of BoardOps. */
bool adcs_sample(struct Board *board, struct Readings *readings);
void adcs_fill(struct Board *board, struct Readings *readings);
void adcs_drive(struct Board *board, const uint8_t *outputs);

#endif
