/* What the device emulators share: time, faults of bus and chip, and what a test may ask of a driver's transfers. */
#ifndef SMARTSAT_TEST_FAULTS_H
#define SMARTSAT_TEST_FAULTS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum Fault {
    FAULT_NONE,
    FAULT_NO_ACKNOWLEDGE, /* every transfer fails */
    FAULT_READS_ZERO,     /* transfers complete, all octets read as 0x00, nothing is written */
    FAULT_READS_ONES,     /* the same with 0xFF */
    FAULT_WRONG_ID,       /* another chip: all else works */
    FAULT_FLAKY,          /* a transfer fails now and then; what it did before it failed is done */
    FAULT_FROZEN,         /* registers work, but no sample or result comes any more */
    FAULTS
} Fault;

typedef struct Wire {
    Fault fault;
    uint64_t random;
    uint64_t now_us;
    uint32_t us_per_octet; /* what a transfer takes of the emulated time */
    unsigned transfers;    /* since the test cleared them */
    unsigned octets;
    unsigned violations;   /* what a data sheet forbids, e.g. an access while the chip resets */
} Wire;

static inline uint32_t wire_draw(uint64_t *random, uint32_t below)
{
    *random ^= *random << 13;
    *random ^= *random >> 7;
    *random ^= *random << 17;
    return (uint32_t)(*random >> 32) % below;
}

/* Let the time of one transfer pass; how many of its octets are done, `size` + 1 when all are and it succeeds. */
static inline size_t wire_transfer(Wire *wire, size_t size)
{
    wire->transfers += 1;
    wire->octets += (unsigned)size + 1;
    wire->now_us += (uint64_t)wire->us_per_octet * (size + 1);
    if (wire->fault == FAULT_NO_ACKNOWLEDGE) {
        return 0;
    }
    if (wire->fault == FAULT_FLAKY && wire_draw(&wire->random, 8) == 0) {
        return wire_draw(&wire->random, (uint32_t)size + 1);
    }
    return size + 1;
}

static inline bool wire_is_dead(const Wire *wire)
{
    return wire->fault == FAULT_READS_ZERO || wire->fault == FAULT_READS_ONES;
}

static inline uint8_t wire_dead_octet(const Wire *wire)
{
    return wire->fault == FAULT_READS_ONES ? 0xFF : 0x00;
}

#endif
