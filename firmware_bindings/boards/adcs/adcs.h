/* Attitude board: reads and drives whatever its configuration says (layout.h). */
#ifndef SMARTSAT_ADCS_H
#define SMARTSAT_ADCS_H
#include <stdbool.h>
#include <stdint.h>

#include "layout.h"
#include "sources.h"
#include "wire.h"

/* The field that a group of DRIVEN outputs acts against, in the last cycle. */
typedef struct Field {
    int16_t counts[3];
    uint8_t known; /* not 0: they are of the last cycle, a period ago */
} Field;

/* Layout, configuration and the newest command, in counts. A flipped bit leaves every octet of it a number: no bool. */
typedef struct Adcs {
    uint8_t config[CONFIG_ROOM]; /* as it came */
    Layout layout;
    uint16_t period_ms;          /* 0: no configuration yet */
    uint16_t duty_permille;
    uint16_t reflex_after_ms;
    int16_t value[MAX_OUTPUTS];  /* commanded; of PULSE outputs unsigned */
    Field field[MAX_GROUPS];
    Sources sources;
} Adcs;

extern const struct BoardOps ADCS_OPS;

#endif
