/* The RM3100 driver on an emulated device with random timing and faults, to be run under the sanitizers.
 *
 *   mag_properties SEED ROUNDS    prints valid results, results not valid, failures, clamped axes
 *
 * Checked: a valid result is from the measurement that was asked for, begun after it was asked for, and clamped to 16
 * bits; without a disturbance each result comes in time; the driver comes back after every fault; no call does more
 * than a bounded number of transfers; no measurement is started while one is under way. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../firmware_bindings/devices/rm3100.h"
#include "emulators/rm3100.h"

enum {
    TRANSFERS_MAX = 5,
    OCTETS_MAX = 30,
    SLACK_MS = 10, /* steps are up to 2.2 ms apart, and transfers take up to 1 ms */
    RECOVERY_MS = RM3100_TIMEOUT_MS + RM3100_RETRY_MS + SLACK_MS
};

typedef struct Bench {
    Rm3100Emulator device;
    Rm3100 mag;
    uint64_t random;
    uint64_t disturbed_us; /* until when something was wrong */
    uint64_t busy_us;      /* until when the measurement before may take */
    uint32_t clock_ms;     /* what the driver's clock shows at time 0: it wraps in mid-test */
    unsigned long valid;
    unsigned long invalid;
    unsigned long clamped;
} Bench;

static void fail(const char *what)
{
    fprintf(stderr, "mag_properties: %s\n", what);
    exit(1);
}

static uint32_t now_ms(const Bench *bench)
{
    return bench->clock_ms + (uint32_t)(bench->device.wire.now_us / 1000u);
}

static void check_effort(Bench *bench)
{
    if (bench->device.wire.transfers > TRANSFERS_MAX || bench->device.wire.octets > OCTETS_MAX) {
        fail("one call took too many transfers");
    }
    bench->device.wire.transfers = 0;
    bench->device.wire.octets = 0;
}

static void pass_stepping(Bench *bench, uint32_t us)
{
    const uint64_t end_us = bench->device.wire.now_us + us;
    while (bench->device.wire.now_us < end_us) {
        rm3100_step(&bench->mag, now_ms(bench));
        check_effort(bench);
        bench->device.wire.now_us += 200 + wire_draw(&bench->random, 2000);
    }
}

static void check_result(Bench *bench, const int16_t *counts)
{
    for (int axis = 0; axis < 3; axis++) {
        const int32_t field = rm3100_emulator_field(&bench->device, bench->device.begun, axis);
        const int32_t expected = field > INT16_MAX ? INT16_MAX : field < INT16_MIN ? INT16_MIN : field;
        if (counts[axis] != expected) {
            fail("a result is not that of the newest measurement");
        }
        bench->clamped += expected != field;
    }
}

/* Ask for a measurement, wait, take the result. */
static void measure(Bench *bench)
{
    int16_t counts[3];
    const uint64_t asked_us = bench->device.wire.now_us;
    const uint32_t begun = bench->device.begun;
    const bool started = rm3100_measure(&bench->mag, now_ms(bench));
    check_effort(bench);
    if (started && bench->device.begun != begun + 1 && bench->device.wire.fault == FAULT_NONE) {
        fail("no measurement was started");
    }
    pass_stepping(bench, 1000 + wire_draw(&bench->random, 30000));
    const uint64_t waited_us = bench->device.wire.now_us - asked_us;
    const bool valid = rm3100_take(&bench->mag, now_ms(bench), counts);
    check_effort(bench);
    if (valid) {
        if (!started || bench->device.begun_us < asked_us || bench->device.begun != begun + 1) {
            fail("a result is older than the question");
        }
        if (bench->device.wire.fault != FAULT_NONE && bench->device.wire.fault != FAULT_FLAKY) {
            fail("a result is valid although the device does not answer as itself");
        }
        check_result(bench, counts);
    } else if (counts[0] != 0 || counts[1] != 0 || counts[2] != 0) {
        fail("a result that is not valid has a value");
    }
    const bool free = asked_us >= bench->busy_us && asked_us >= bench->disturbed_us + RECOVERY_MS * 1000u;
    if (!valid && free && waited_us >= RM3100_READY_MS * 1000u) {
        fail("no result although nothing was wrong");
    }
    bench->busy_us = asked_us + (RM3100_READY_MS + SLACK_MS) * 1000u;
    if (rm3100_take(&bench->mag, now_ms(bench), counts)) {
        fail("a result was given twice");
    }
    check_effort(bench);
    bench->valid += valid;
    bench->invalid += !valid;
}

static void begin_disturbance(Bench *bench)
{
    Rm3100Emulator *device = &bench->device;
    switch (wire_draw(&bench->random, 5)) {
    case 0:
        rm3100_emulator_brown_out(device);
        break;
    case 1:
        device->registers[0x05] = 30; /* a cycle count loses its contents, with the power */
        rm3100_emulator_brown_out(device);
        break;
    case 2: /* the board does something else */
        device->wire.now_us += wire_draw(&bench->random, 500000);
        break;
    default:
        device->wire.fault = (Fault)(1 + wire_draw(&bench->random, FAULTS - 1));
        break;
    }
}

static void end_disturbance(Bench *bench)
{
    if (bench->device.hung) {
        rm3100_emulator_brown_out(&bench->device); /* nothing else helps */
    }
    bench->device.wire.fault = FAULT_NONE;
    bench->disturbed_us = bench->device.wire.now_us;
}

/* A stretch of flight: measurements one after the other, with one disturbance or none. */
static void round_of(Bench *bench)
{
    const uint32_t begin = wire_draw(&bench->random, 10);
    const uint32_t end = begin + 1 + wire_draw(&bench->random, 10);
    const bool disturbed = wire_draw(&bench->random, 3) != 0;
    bench->device.strong = wire_draw(&bench->random, 2) == 0;
    bench->device.wire.us_per_octet = 10 + wire_draw(&bench->random, 40);
    for (uint32_t i = 0; i < 30; i++) {
        if (disturbed && i == begin) {
            bench->disturbed_us = UINT64_MAX / 2;
            begin_disturbance(bench);
        }
        if (disturbed && i == end) {
            end_disturbance(bench);
        }
        measure(bench);
        pass_stepping(bench, wire_draw(&bench->random, 80000));
    }
}

int main(int argc, char **argv)
{
    static Bench bench;
    if (argc != 3) {
        fprintf(stderr, "mag_properties: expected SEED ROUNDS\n");
        return 2;
    }
    bench.random = strtoull(argv[1], NULL, 10) * 2654435769u + 1u;
    bench.clock_ms = UINT32_MAX - 20000;
    rm3100_emulator_start(&bench.device, bench.random);
    const RegisterBus bus = rm3100_emulator_bus(&bench.device);
    rm3100_start(&bench.mag, &bus, now_ms(&bench));
    pass_stepping(&bench, RECOVERY_MS * 1000);
    for (unsigned long i = strtoul(argv[2], NULL, 10); i > 0; i--) {
        round_of(&bench);
    }
    if (bench.device.wire.violations != 0) {
        fail("the device was used in a way that its manual does not foresee");
    }
    printf("%lu %lu %u %lu\n", bench.valid, bench.invalid, bench.mag.failures, bench.clamped);
    return 0;
}
