/* The attitude board in lock-step with real sensors: emulated chips behind register drivers, the rest from a stimulus,
 * to be run under the sanitizers.
 *
 *   board_sources SEED    prints cycles, valid and invalid increments of all real gyros, valid fields
 *
 * Checked: increments are exact sums of the chip's samples; fields are of the measurement of the cycle before; a chip
 * that does not answer gives counts at the end of their range; all other readings are those of the stimulus, also where
 * the board does not have the bus, and again when the layout no longer names a driver. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/bmi088.h"
#include "emulators/rm3100.h"
#include "host.h"
#include "layouts.h"
#include "octets.h"

enum { PERIOD_MS = 100, GYROS = 2, SELECT = 4, ADDRESS = 0x20, NOT_THERE = 0x31, WHEELS = 4 };

/* A gyro, and where the layout in force has its counts; NOWHERE: the stimulus gives them all. */
typedef struct Gyro {
    Bmi088Emulator chip;
    uint8_t at;
    uint32_t next; /* first sample of the next increment */
} Gyro;

typedef struct Bench {
    Board board;
    Gyro gyro[GYROS];
    Rm3100Emulator mag;
    uint8_t mag_at;
    FrameStream stream;
    Packet sensors; /* the newest */
    Packet stimulus;
    uint64_t random;
    uint64_t us; /* board time */
    uint8_t readings;
    unsigned long cycles;
    unsigned long valid;
    unsigned long invalid;
    unsigned long fields;
} Bench;

static void fail(const Bench *bench, const char *what)
{
    fprintf(stderr, "board_sources: %s at %llu us\n", what, (unsigned long long)bench->us);
    exit(1);
}

static const uint8_t *read_at(const Bench *bench, size_t at)
{
    return &bench->sensors.payload[SENSORS_HEAD_SIZE + at];
}

static void check_gyro(Bench *bench, Gyro *gyro)
{
    const uint32_t end = gyro->chip.read + gyro->chip.lost;
    const bool valid = get_i32(read_at(bench, gyro->at)) != INT32_MIN;
    for (int axis = 0; axis < 3; axis++) {
        int64_t expected = 0;
        for (uint32_t k = gyro->next; k != end; k++) {
            expected += bmi088_emulator_sample(&gyro->chip, k, axis);
        }
        if (get_i32(read_at(bench, gyro->at + 4u * (unsigned)axis)) != (valid ? expected : INT32_MIN)) {
            fail(bench, "an increment is neither the sum of its samples nor at the end of its range");
        }
    }
    if (valid && gyro->chip.wire.fault != FAULT_NONE) {
        fail(bench, "a gyro that does not answer is valid");
    }
    gyro->next = end;
    bench->valid += valid;
    bench->invalid += !valid;
}

/* `measured` is the number of the measurement that was under way, or done, when the cycle came. */
static void check_mag(Bench *bench, uint32_t measured)
{
    const bool valid = get_i16(read_at(bench, bench->mag_at)) != INT16_MIN;
    for (int axis = 0; axis < 3; axis++) {
        const int32_t field = rm3100_emulator_field(&bench->mag, measured, axis);
        if (get_i16(read_at(bench, bench->mag_at + 2u * (unsigned)axis)) != (valid ? field : INT16_MIN)) {
            fail(bench, "a field is neither that of its measurement nor at the end of its range");
        }
    }
    if (valid && bench->mag.wire.fault != FAULT_NONE) {
        fail(bench, "a magnetometer that does not answer is valid");
    }
    bench->fields += valid;
}

/* Whether a register driver fills this octet of the readings. */
static bool is_real(const Bench *bench, size_t at)
{
    bool real = bench->mag_at != NOWHERE && at >= bench->mag_at && at < bench->mag_at + 6u;
    for (int i = 0; i < GYROS; i++) {
        const uint8_t begin = bench->gyro[i].at;
        real = real || (begin != NOWHERE && at >= begin && at < begin + 12u);
    }
    return real;
}

static void give(Bench *bench, PortId id, const Packet *packet)
{
    uint8_t frame[FRAME_MAX];
    host_write(&bench->board, id, frame, frame_encode(frame, packet));
}

static void collect(Bench *bench)
{
    uint8_t octets[200];
    size_t n;
    while ((n = host_read(&bench->board, PORT_BUS, octets, sizeof octets)) > 0) {
        for (size_t at = 0; at < n;) {
            int got = 0;
            Packet packet;
            at += stream_next(&bench->stream, octets + at, n - at, &packet, &got);
            bench->sensors = got ? packet : bench->sensors;
        }
    }
}

static void cycle(Bench *bench)
{
    Packet *stimulus = &bench->stimulus;
    const uint32_t measured = bench->mag.begun;
    bench->us += 1000u * (PERIOD_MS / 2 + wire_draw(&bench->random, PERIOD_MS)) + wire_draw(&bench->random, 1000);
    bench->mag.wire.now_us = bench->us;
    for (int i = 0; i < GYROS; i++) {
        bench->gyro[i].chip.wire.now_us = bench->us;
    }
    *stimulus = (Packet){.apid = APID_STIMULUS, .type = PACKET_TELEMETRY};
    stimulus->payload_size = (uint8_t)(STIMULUS_HEAD_SIZE + bench->readings + 2);
    for (size_t i = 0; i < bench->readings; i++) {
        stimulus->payload[STIMULUS_HEAD_SIZE + i] = (uint8_t)wire_draw(&bench->random, 256);
    }
    put_u64(&stimulus->payload[STIMULUS_HEAD_BOARD_TIME_NS], bench->us * 1000u);
    give(bench, PORT_STIMULUS, stimulus);
    bench->sensors.apid = 0;
    collect(bench);
    if (bench->sensors.apid != APID_SENSORS || bench->sensors.payload_size != SENSORS_HEAD_SIZE + bench->readings) {
        fail(bench, "no answer of the layout's size");
    }
    for (size_t i = 0; i < bench->readings; i++) {
        if (!is_real(bench, i) && *read_at(bench, i) != stimulus->payload[STIMULUS_HEAD_SIZE + i]) {
            fail(bench, "what no register driver fills is not as the stimulus says");
        }
    }
    for (int i = 0; i < GYROS; i++) {
        if (bench->gyro[i].at != NOWHERE) {
            check_gyro(bench, &bench->gyro[i]);
        }
    }
    if (bench->mag_at != NOWHERE) {
        check_mag(bench, measured);
    }
    bench->cycles += 1;
}

static void fly(Bench *bench, int cycles)
{
    for (; cycles > 0; cycles--) {
        cycle(bench);
    }
}

/* A layout with two gyros, a magnetometer and wheels; `real` of the gyros have a chip, `address` is of the magnetometer's
 * driver, or 0: none. What the layout before left unread in the FIFO is no part of the next increment. */
static void configure(Bench *bench, int real, uint8_t address)
{
    Packet config = layout_begin(PERIOD_MS, 1000, 2500);
    uint8_t gyro[GYROS];
    for (int i = 0; i < GYROS; i++) {
        gyro[i] = layout_input(&config, COUNT_TYPE_I4, 3);
        bench->gyro[i].at = i < real ? gyro[i] : NOWHERE;
        bench->gyro[i].next = bench->gyro[i].chip.read + bench->gyro[i].chip.lost;
    }
    const uint8_t mag = layout_input(&config, COUNT_TYPE_I2, 3);
    (void)layout_input(&config, COUNT_TYPE_I2, WHEELS);
    for (int i = 0; i < real; i++) {
        layout_source(&config, CHIP_BMI088_GYRO, gyro[i], REGISTER_BUS_TYPE_SPI, (uint8_t)(SELECT + i));
    }
    if (address != 0) {
        layout_source(&config, CHIP_RM3100, mag, REGISTER_BUS_TYPE_I2C, address);
    }
    bench->mag_at = address == ADDRESS ? mag : NOWHERE;
    bench->readings = config.payload[ADCS_CONFIG_READINGS];
    give(bench, PORT_BUS, &config);
}

/* All that is real works: after the drivers' start nearly every cycle is valid. */
static void check_working(Bench *bench, int real, bool mag)
{
    fly(bench, 10);
    const unsigned long valid = bench->valid;
    const unsigned long fields = bench->fields;
    fly(bench, 300);
    if (bench->valid - valid != 300u * (unsigned)real) {
        fail(bench, "increments are not valid");
    }
    if (bench->fields - fields < (mag ? 300u : 0u)) {
        fail(bench, "fields are not valid");
    }
}

/* Chips that do not answer, and then do again. */
static void check_faults(Bench *bench, int real)
{
    for (Fault fault = FAULT_NO_ACKNOWLEDGE; fault <= FAULT_READS_ONES; fault++) {
        bench->mag.wire.fault = fault;
        for (int i = 0; i < real; i++) {
            bench->gyro[i].chip.wire.fault = fault;
        }
        fly(bench, 20);
        bench->mag.wire.fault = FAULT_NONE;
        for (int i = 0; i < real; i++) {
            bench->gyro[i].chip.wire.fault = FAULT_NONE;
        }
        check_working(bench, real, bench->mag_at != NOWHERE);
    }
}

/* One of two gyros fails: the other goes on. */
static void check_one_of_two(Bench *bench)
{
    bench->gyro[0].chip.wire.fault = FAULT_NO_ACKNOWLEDGE;
    const unsigned long valid = bench->valid;
    fly(bench, 20);
    if (bench->valid - valid != 20) {
        fail(bench, "a gyro that works is not valid while another fails");
    }
    bench->gyro[0].chip.wire.fault = FAULT_NONE;
    check_working(bench, GYROS, true);
}

int main(int argc, char **argv)
{
    static Bench bench;
    if (argc != 2) {
        fprintf(stderr, "board_sources: expected SEED\n");
        return 2;
    }
    bench.random = strtoull(argv[1], NULL, 10) * 2654435769u + 1u;
    host_start(&bench.board, BOARD_KIND_ADCS, RESET_REASON_POWER_ON);
    rm3100_emulator_start(&bench.mag, bench.random);
    bench.mag.wire.us_per_octet = 0; /* board time stands still during a cycle */
    host_attach(&bench.board, REGISTER_BUS_TYPE_I2C, ADDRESS, rm3100_emulator_bus(&bench.mag));
    for (int i = 0; i < GYROS; i++) {
        bmi088_emulator_start(&bench.gyro[i].chip, bench.random + (unsigned)i);
        bench.gyro[i].chip.wire.us_per_octet = 0;
        host_attach(&bench.board, REGISTER_BUS_TYPE_SPI, (uint8_t)(SELECT + i), bmi088_emulator_bus(&bench.gyro[i].chip));
    }
    configure(&bench, 1, 0); /* one real gyro, one simulated */
    check_working(&bench, 1, false);
    check_faults(&bench, 1);
    configure(&bench, GYROS, ADDRESS);
    check_working(&bench, GYROS, true);
    check_faults(&bench, GYROS);
    check_one_of_two(&bench);
    configure(&bench, 1, NOT_THERE); /* fewer drivers, one without its bus */
    check_working(&bench, 1, false);
    configure(&bench, 0, 0);
    check_working(&bench, 0, false);
    host_start(&bench.board, BOARD_KIND_ADCS, RESET_REASON_SOFTWARE); /* a reset: the drivers start anew */
    configure(&bench, GYROS, ADDRESS);
    check_working(&bench, GYROS, true);
    for (int i = 0; i < GYROS; i++) {
        bench.mag.wire.violations += bench.gyro[i].chip.wire.violations;
    }
    if (bench.mag.wire.violations != 0) {
        fail(&bench, "a device was used in a way that its data sheet forbids");
    }
    printf("%lu %lu %lu %lu\n", bench.cycles, bench.valid, bench.invalid, bench.fields);
    return 0;
}
