/* The gyroscope half of a BMI088, register by register, behind a RegisterBus. Samples are pseudo-random but known:
 * sample k is a function of k, so that a test can sum any range of them. */
#ifndef SMARTSAT_TEST_BMI088_H
#define SMARTSAT_TEST_BMI088_H
#include "../../../firmware_bindings/devices/registers.h"
#include "faults.h"

enum { BMI088_FIFO_FRAMES = 100 };

typedef struct Bmi088Emulator {
    Wire wire;
    uint8_t range;
    uint8_t bandwidth;
    uint8_t fifo_mode;
    bool overrun;
    uint32_t saturated[2];   /* from and up to which sample some are at the end of the range */
    bool commanded;          /* the reset under way was commanded: whoever did that must leave the chip alone */
    bool hung;               /* after FAULT_FROZEN only a reset makes it sample again */
    uint64_t ready_us;       /* end of the reset under way */
    uint64_t sample_us;      /* when the next sample comes */
    uint32_t period_us;      /* of the samples: the chip's own oscillator */
    uint32_t produced;       /* samples so far */
    uint32_t read;           /* samples that were read or lost */
    uint32_t lost;           /* samples that nobody can read any more */
    uint32_t unread_frames;  /* in the FIFO: the samples before number `produced`, unless some were lost meanwhile */
} Bmi088Emulator;

/* Switch on: the chip is as after a reset. */
void bmi088_emulator_start(Bmi088Emulator *self, uint64_t random);

/* A bus that leads to this chip. */
RegisterBus bmi088_emulator_bus(Bmi088Emulator *self);

/* Let time pass up to `wire.now_us`. */
void bmi088_emulator_run(Bmi088Emulator *self);

/* A brown-out: as after switching on, 30 ms without an answer. */
void bmi088_emulator_brown_out(Bmi088Emulator *self);

/* Sample number `k` on `axis`. */
int16_t bmi088_emulator_sample(const Bmi088Emulator *self, uint32_t k, int axis);

#endif
