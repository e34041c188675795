/* An RM3100 magnetometer, register by register, behind a RegisterBus. Measurement k gives numbers that are a function
 * of k, so that a test knows which measurement a result is from. */
#ifndef SMARTSAT_TEST_RM3100_H
#define SMARTSAT_TEST_RM3100_H
#include "../../../firmware_bindings/devices/registers.h"
#include "faults.h"

typedef struct Rm3100Emulator {
    Wire wire;
    uint8_t registers[0x37];
    bool measuring;
    bool hung;           /* after FAULT_FROZEN only a power cycle makes it measure again */
    bool strong;         /* the field is far beyond 16 bits */
    uint64_t result_us;  /* when the measurement under way ends */
    uint64_t begun_us;   /* when the newest one began */
    uint32_t begun;      /* measurements so far: the newest is number `begun` */
} Rm3100Emulator;

/* Switch on, or switch off and on: the registers have their reset values. */
void rm3100_emulator_start(Rm3100Emulator *self, uint64_t random);

/* A bus that leads to this device. */
RegisterBus rm3100_emulator_bus(Rm3100Emulator *self);

/* A brown-out: registers as after switching on, no measurement under way. */
void rm3100_emulator_brown_out(Rm3100Emulator *self);

/* The field of measurement `k` on `axis`, 24 bits signed. */
int32_t rm3100_emulator_field(const Rm3100Emulator *self, uint32_t k, int axis);

#endif
