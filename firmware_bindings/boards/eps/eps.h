/* Power board: battery and array gauges, load switches. */
#ifndef SMARTSAT_EPS_H
#define SMARTSAT_EPS_H
#include <stdint.h>

/* Safe state from CONFIG, and the newest command (SWITCH_*). */
typedef struct Eps {
    uint16_t switches_safe;
    uint16_t switches;
} Eps;

extern const struct BoardOps EPS_OPS;

#endif
