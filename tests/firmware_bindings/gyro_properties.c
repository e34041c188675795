/* The BMI088 driver on an emulated chip with random timing and faults, to be run under the sanitizers.
 *
 *   gyro_properties SEED ROUNDS    prints valid increments, increments not valid, failures, overruns, saturations
 *
 * Checked: a valid increment is the exact sum of the samples since the last one, none lost and none twice; without a
 * disturbance every increment is valid; the driver comes back after every fault; no call does more than a bounded
 * number of transfers; the chip's reset time is kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../firmware_bindings/devices/bmi088_gyro.h"
#include "emulators/bmi088.h"

enum {
    TRANSFERS_MAX = 12, /* a status, 100 frames in bursts of 16, both FIFO registers */
    OCTETS_MAX = 640,
    SLACK_MS = 40, /* steps are up to 4.2 ms apart, and transfers take up to 12 ms */
    RECOVERY_MS = BMI088_DRAIN_MS + BMI088_STALL_MS + BMI088_RETRY_MS + BMI088_RESET_MS + SLACK_MS,
    PERIOD_MIN_US = 2475 /* of the samples */
};

typedef struct Bench {
    Bmi088Emulator chip;
    Bmi088Gyro gyro;
    uint64_t random;
    uint64_t disturbed_us; /* until when something was wrong */
    uint32_t clock_ms;     /* what the driver's clock shows at time 0: it wraps in mid-test */
    uint32_t next;         /* the first sample of the increment under way */
    uint32_t lost;
    unsigned taken;        /* increments since the disturbance ended */
    unsigned long valid;
    unsigned long invalid;
} Bench;

static void fail(const char *what)
{
    fprintf(stderr, "gyro_properties: %s\n", what);
    exit(1);
}

static uint32_t now_ms(const Bench *bench)
{
    return bench->clock_ms + (uint32_t)(bench->chip.wire.now_us / 1000u);
}

static void check_effort(Bench *bench)
{
    if (bench->chip.wire.transfers > TRANSFERS_MAX || bench->chip.wire.octets > OCTETS_MAX) {
        fail("one call took too many transfers");
    }
    bench->chip.wire.transfers = 0;
    bench->chip.wire.octets = 0;
}

static void disturb(Bench *bench, uint64_t duration_us)
{
    const uint64_t until_us = bench->chip.wire.now_us + duration_us;
    bench->disturbed_us = until_us > bench->disturbed_us ? until_us : bench->disturbed_us;
    bench->taken = 0;
}

/* Faults under which nothing can be valid; FAULT_WRONG_ID comes with a brown-out, so that the id is looked at. */
static bool hopeless(Fault fault)
{
    return fault != FAULT_NONE && fault != FAULT_FLAKY && fault != FAULT_FROZEN;
}

static void check_sum(const Bench *bench, const int32_t *sum, uint32_t end)
{
    for (int axis = 0; axis < 3; axis++) {
        int64_t expected = 0;
        for (uint32_t k = bench->next; k != end; k++) {
            const int16_t sample = bmi088_emulator_sample(&bench->chip, k, axis);
            expected += sample;
            if (sample == INT16_MIN || sample == INT16_MAX) {
                fail("a valid increment has a saturated sample");
            }
        }
        if (sum[axis] != expected) {
            fail("an increment is not the sum of its samples");
        }
    }
}

static void take(Bench *bench)
{
    int32_t sum[3];
    const uint64_t began_us = bench->chip.wire.now_us;
    const bool valid = bmi088_gyro_take(&bench->gyro, now_ms(bench), sum);
    const uint32_t end = bench->chip.read + bench->chip.lost;
    check_effort(bench);
    if (valid) {
        if (bench->chip.lost != bench->lost) {
            fail("a valid increment lacks samples");
        }
        if (hopeless(bench->chip.wire.fault)) {
            fail("an increment is valid although the chip does not answer as itself");
        }
        /* What came while the FIFO was being read is left for the next increment. */
        if (bench->chip.unread_frames > (bench->chip.wire.now_us - began_us) / PERIOD_MIN_US + 1) {
            fail("a valid increment ended early");
        }
        check_sum(bench, sum, end);
    } else if (sum[0] != 0 || sum[1] != 0 || sum[2] != 0) {
        fail("an increment that is not valid has a value");
    }
    if (bench->chip.wire.now_us >= bench->disturbed_us + RECOVERY_MS * 1000u) {
        if (!valid && bench->taken > 0) { /* the first may have begun before the chip sampled */
            fail("an increment is not valid although nothing was wrong");
        }
        bench->taken += 1;
    }
    bench->next = end;
    bench->lost = bench->chip.lost;
    bench->valid += valid;
    bench->invalid += !valid;
}

static void pass(Bench *bench, uint32_t us)
{
    bench->chip.wire.now_us += us;
    bmi088_emulator_run(&bench->chip);
}

/* Something goes wrong, and lasts at most `duration_us`. */
static void begin_disturbance(Bench *bench, uint64_t duration_us)
{
    Bmi088Emulator *chip = &bench->chip;
    disturb(bench, duration_us);
    switch (wire_draw(&bench->random, 6)) {
    case 0:
        bmi088_emulator_brown_out(chip);
        break;
    case 1:
        chip->range = (uint8_t)wire_draw(&bench->random, 5); /* a register loses its contents */
        break;
    case 2: /* the board does something else: the FIFO fills */
        pass(bench, 200000 + wire_draw(&bench->random, 400000));
        disturb(bench, 0);
        break;
    case 3:
        chip->saturated[0] = chip->produced;
        chip->saturated[1] = chip->produced + wire_draw(&bench->random, 50);
        disturb(bench, 200000);
        break;
    default:
        chip->wire.fault = (Fault)(1 + wire_draw(&bench->random, FAULTS - 1));
        if (chip->wire.fault == FAULT_WRONG_ID) {
            bmi088_emulator_brown_out(chip);
        }
        break;
    }
}

/* A stretch of flight: one disturbance or none, then long enough to recover, with steps and takes at random times. */
static void round_of(Bench *bench)
{
    const uint32_t period_us = 20000 + wire_draw(&bench->random, 380000);
    const uint64_t begin_us = bench->chip.wire.now_us;
    const uint64_t fault_us = begin_us + wire_draw(&bench->random, 500000);
    const uint64_t heal_us = fault_us + wire_draw(&bench->random, 700000);
    const uint64_t end_us = heal_us + RECOVERY_MS * 1000u + 5u * period_us;
    uint64_t take_us = begin_us + period_us;
    bool begun = wire_draw(&bench->random, 4) == 0;
    bench->chip.wire.us_per_octet = 1 + wire_draw(&bench->random, 20);
    while (bench->chip.wire.now_us < end_us) {
        if (!begun && bench->chip.wire.now_us >= fault_us) {
            begun = true;
            begin_disturbance(bench, heal_us - fault_us);
        }
        if (bench->chip.wire.now_us >= heal_us) {
            bench->chip.wire.fault = FAULT_NONE;
        }
        bmi088_gyro_step(&bench->gyro, now_ms(bench));
        check_effort(bench);
        if (bench->chip.wire.now_us >= take_us) {
            take(bench);
            take_us = bench->chip.wire.now_us + period_us;
        }
        pass(bench, 200 + wire_draw(&bench->random, 4000));
    }
}

int main(int argc, char **argv)
{
    static Bench bench;
    if (argc != 3) {
        fprintf(stderr, "gyro_properties: expected SEED ROUNDS\n");
        return 2;
    }
    bench.random = strtoull(argv[1], NULL, 10) * 2654435769u + 1u;
    bench.clock_ms = UINT32_MAX - 20000;
    bmi088_emulator_start(&bench.chip, bench.random);
    const RegisterBus bus = bmi088_emulator_bus(&bench.chip);
    bmi088_gyro_start(&bench.gyro, &bus, now_ms(&bench));
    for (unsigned long i = strtoul(argv[2], NULL, 10); i > 0; i--) {
        round_of(&bench);
    }
    if (bench.chip.wire.violations != 0) {
        fail("the chip was used in a way that its data sheet forbids");
    }
    printf("%lu %lu %u %u %u\n", bench.valid, bench.invalid, bench.gyro.failures, bench.gyro.overruns,
           bench.gyro.saturations);
    return 0;
}
