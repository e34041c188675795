/* Attitude board: gyro, magnetometer, coarse Sun sensors, four wheels, three magnetorquers. */
#ifndef SMARTSAT_ADCS_H
#define SMARTSAT_ADCS_H
#include <stdbool.h>
#include <stdint.h>

#include "wire.h"

/* The largest torquer duty: the rest of the period is for the field to decay before the magnetometer is sampled. */
#define ADCS_DUTY_MAX_PERMILLE 950u

/* A 16-bit converter that reads this is at its rail; a build for another converter may say otherwise. */
#ifndef ADCS_RAIL_COUNTS
#define ADCS_RAIL_COUNTS INT16_MAX
#endif

/* Configuration, the newest command, and the field of the last cycle; all in counts. */
typedef struct Adcs {
    int16_t torque_limit[MAX_WHEELS];
    int16_t dipole_limit[MAX_TORQUERS];
    int16_t speed_limit[MAX_WHEELS];
    uint16_t duty_permille;
    uint16_t reflex_after_ms;
    int16_t reflex_gain[MAX_TORQUERS][3]; /* dipole counts in 1/16, against the field's change in a cycle */
    int16_t torque[MAX_WHEELS];
    int16_t dipole[MAX_TORQUERS];
    int16_t mag[3];
    bool mag_known; /* `mag` is the field of the last cycle, a period ago */
} Adcs;

extern const struct BoardOps ADCS_OPS;

#endif
