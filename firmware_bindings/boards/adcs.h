/* Attitude board: gyro, magnetometer, coarse Sun sensors, four wheels, three magnetorquers. */
#ifndef SMARTSAT_ADCS_H
#define SMARTSAT_ADCS_H
#include <stdint.h>

#include "wire.h"

/* The largest torquer duty: the rest of the period is for the field to decay before the magnetometer is sampled. */
#define ADCS_DUTY_MAX_PERMILLE 950u

/* Limits from CONFIG, and the newest command; all in counts. */
typedef struct Adcs {
    int16_t torque_limit[MAX_WHEELS];
    int16_t dipole_limit[MAX_TORQUERS];
    int16_t speed_limit[MAX_WHEELS];
    uint16_t duty_permille;
    int16_t torque[MAX_WHEELS];
    int16_t dipole[MAX_TORQUERS];
} Adcs;

extern const struct BoardOps ADCS_OPS;

#endif
