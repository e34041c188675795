/* Bosch BMI088, the gyroscope half: angle increments as exact sums of every sample, through the chip's FIFO.
 *
 * One count of an increment is one LSB of rate for one sample period:
 *   500 deg/s / 32768 / 400 Hz = 3.8147e-5 deg = 6.6579e-7 rad
 * The sample period comes from the chip's own oscillator; its error is a scale factor, to be calibrated with the rest.
 *
 * Nothing here waits: `step` does what is due and returns. All times are milliseconds of one clock that may wrap. */
#ifndef SMARTSAT_BMI088_GYRO_H
#define SMARTSAT_BMI088_GYRO_H
#include "registers.h"

enum {
    BMI088_RESET_MS = 32,  /* 30 ms; one more for a clock that shows whole ones, one for the transfer of the command */
    BMI088_DRAIN_MS = 20,  /* how often `step` empties the FIFO: 8 of its 100 frames */
    BMI088_STALL_MS = 25,  /* 10 sample periods without a sample: the chip does not sample */
    BMI088_RETRY_MS = 200  /* pause after a failure, then everything starts with a reset of the chip */
};

typedef enum Bmi088State {
    BMI088_PAUSED,    /* not started, or failed: a reset is due BMI088_RETRY_MS after `since_ms` */
    BMI088_RESETTING, /* the chip was told to reset at `since_ms` */
    BMI088_SAMPLING   /* the FIFO fills; the last sample came at `since_ms` */
} Bmi088State;

typedef struct Bmi088Gyro {
    RegisterBus bus;
    uint32_t since_ms;
    uint32_t drained_ms;
    int32_t sum[3];       /* of the increment under way */
    uint16_t frames;      /* how many samples are in it */
    uint16_t failures;    /* no answer, wrong id, lost configuration, no samples; wraps */
    uint16_t overruns;    /* FIFO full: samples were lost; wraps */
    uint16_t saturations; /* samples at the end of the range; wraps */
    uint8_t state;        /* Bmi088State */
    uint8_t broken;       /* not 0: the increment under way lacks samples, or has saturated ones */
} Bmi088Gyro;

/* Begin; the chip is reset by the first `step`. */
void bmi088_gyro_start(Bmi088Gyro *self, const RegisterBus *bus, uint32_t now_ms);

/* Do what is due: reset, configure, empty the FIFO. To be called at least every 200 ms, better every millisecond. */
void bmi088_gyro_step(Bmi088Gyro *self, uint32_t now_ms);

/* End the increment that began with the last `take`, and give it out. False when it is not valid (`sum` is then 0):
 * no chip, samples lost or saturated, or it began before the chip sampled. */
bool bmi088_gyro_take(Bmi088Gyro *self, uint32_t now_ms, int32_t sum[3]);

#endif
