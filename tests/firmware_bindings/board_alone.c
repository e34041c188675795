/* The attitude board on its own clock, with emulated sensors and without a simulator, to be run under the sanitizers.
 *
 *   board_alone SEED    flies start, command, silence, faults of the sensors, reset, and the arrival of a simulator;
 *                       prints cycles, cycles with gyro, with field, driven, by reflex
 *
 * Checked: one cycle a period; the gyro's increments add up to what the chip gave; the field is measured only when the
 * torquers' field has decayed; the torquers do what the command says for its duty, and nothing when they should be
 * safe; a board whose sensors do not answer keeps its period; after the first stimulus nothing runs on the board's own
 * clock any more. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/bmi088.h"
#include "emulators/rm3100.h"
#include "host.h"
#include "layouts.h"
#include "octets.h"

enum { STEP_MAX_US = 1500, LIMIT = 20000, TIMEOUT_MS = 1000, REFLEX_AFTER_MS = 3000 };
enum { SELECT = 4, ADDRESS = 0x20 };

/* Octets of SENSORS, and outputs: gyro, magnetometer, Sun sensors, wheels, torquers. */
enum { GYRO = SENSORS_HEAD_SIZE, MAG = GYRO + 12, CELLS = MAG + 6, CELLS_END = CELLS + 12, WHEELS = CELLS_END };
enum { STIMULUS_SIZE = STIMULUS_HEAD_SIZE + WHEELS + 8 - SENSORS_HEAD_SIZE + 2 };
enum { WHEELS_END = WHEELS + 8, DRIVEN = WHEELS_END, DRIVEN_END = DRIVEN + 6, N_WHEELS = 4, N_OUTPUTS = 7 };

typedef struct Bench {
    Board board;
    Bmi088Emulator gyro;
    Rm3100Emulator mag;
    FrameStream stream;
    Packet sensors;         /* the newest */
    uint64_t random;
    uint64_t us;            /* board time */
    uint64_t cycle_us;      /* of the newest cycle */
    uint64_t driven_us;     /* when the torquers last did anything */
    uint32_t period_us;
    uint32_t next_drive_us; /* how long torquers are to be driven from the next cycle on, */
    uint32_t drive_us;      /* and from the newest */
    int16_t dipole[3];      /* of the newest command */
    int16_t permille[3];    /* what the torquers are to do since the newest cycle */
    uint32_t next;          /* first sample of the gyro's next increment */
    unsigned long boots;
    unsigned long cycles;
    unsigned long gyro_valid;
    unsigned long mag_valid;
    unsigned long driven;
    unsigned long reflexes;
} Bench;

static void fail(const Bench *bench, const char *what)
{
    fprintf(stderr, "board_alone: %s at %llu us\n", what, (unsigned long long)bench->us);
    exit(1);
}

static unsigned flags(const Bench *bench)
{
    return get_u16(&bench->sensors.payload[SENSORS_HEAD_FLAGS]);
}

static bool gyro_valid(const Bench *bench)
{
    return bench->sensors.payload_size == DRIVEN_END && get_i32(&bench->sensors.payload[GYRO]) != INT32_MIN;
}

static bool mag_valid(const Bench *bench)
{
    return bench->sensors.payload_size == DRIVEN_END && get_i16(&bench->sensors.payload[MAG]) != INT16_MIN;
}

/* A board without configuration has nothing to tell; what has no register driver is at the end of its range. */
static void check_layout(const Bench *bench)
{
    const bool configured = (flags(bench) & SENSOR_FLAG_CONFIGURED) != 0;
    if (bench->sensors.payload_size != (configured ? DRIVEN_END : SENSORS_HEAD_SIZE)) {
        fail(bench, "the packet has not the size of its layout");
    }
    for (int at = CELLS; configured && at < CELLS_END; at += 2) {
        if (get_u16(&bench->sensors.payload[at]) != UINT16_MAX) {
            fail(bench, "a photocurrent of a cell that is not there");
        }
    }
    for (int at = WHEELS; configured && at < WHEELS_END; at += 2) {
        if (get_i16(&bench->sensors.payload[at]) != INT16_MIN) {
            fail(bench, "a speed of a wheel that is not there");
        }
    }
}

static void check_gyro(Bench *bench)
{
    const uint32_t end = bench->gyro.read + bench->gyro.lost;
    for (int axis = 0; axis < 3 && gyro_valid(bench); axis++) {
        int64_t expected = 0;
        for (uint32_t k = bench->next; k != end; k++) {
            expected += bmi088_emulator_sample(&bench->gyro, k, axis);
        }
        if (get_i32(&bench->sensors.payload[GYRO + 4 * axis]) != expected) {
            fail(bench, "an increment is not the sum of its samples");
        }
    }
    bench->next = end;
}

static void check_mag(const Bench *bench)
{
    const bool valid = mag_valid(bench);
    if (valid && bench->driven_us != 0 && bench->mag.begun_us < bench->driven_us + ADCS_SETTLE_MS * 1000u) {
        fail(bench, "the field was measured while a torquer's field was there");
    }
    for (int axis = 0; axis < 3 && valid; axis++) {
        if (get_i16(&bench->sensors.payload[MAG + 2 * axis]) !=
            rm3100_emulator_field(&bench->mag, bench->mag.begun, axis)) {
            fail(bench, "the field is not the newest measurement");
        }
    }
}

/* What SENSORS says is driven from now on; while a command is in force, that is the command within its limit. */
static void expect_torquers(Bench *bench)
{
    for (int i = 0; i < 3 && bench->sensors.payload_size == DRIVEN_END; i++) {
        const int dipole = get_i16(&bench->sensors.payload[DRIVEN + 2 * i]);
        const int wanted = bench->dipole[i] > LIMIT ? LIMIT : bench->dipole[i] < -LIMIT ? -LIMIT : bench->dipole[i];
        if ((flags(bench) & (SENSOR_FLAG_OUTPUTS_SAFE | SENSOR_FLAG_REFLEX)) == 0 && dipole != wanted) {
            fail(bench, "a dipole is not what was commanded");
        }
        if ((flags(bench) & SENSOR_FLAG_OUTPUTS_SAFE) != 0 && dipole != 0) {
            fail(bench, "a dipole although the outputs are safe");
        }
        bench->permille[i] = (int16_t)(dipole * 1000 / LIMIT);
    }
}

static void on_sensors(Bench *bench)
{
    const uint64_t since_us = bench->us - bench->cycle_us;
    const uint64_t jitter_us = STEP_MAX_US + 1000;
    if (bench->period_us != 0 && (since_us + jitter_us < bench->period_us || since_us > bench->period_us + jitter_us)) {
        fail(bench, "a cycle did not come after one period");
    }
    if (get_u64(&bench->sensors.payload[SENSORS_HEAD_BOARD_TIME_NS]) != bench->us * 1000u) {
        fail(bench, "the stamp is not the board's own time");
    }
    if ((flags(bench) & SENSOR_FLAG_STIMULUS) != 0) {
        fail(bench, "the flag of a simulator that is not there");
    }
    check_layout(bench);
    check_gyro(bench);
    check_mag(bench);
    expect_torquers(bench);
    bench->cycle_us = bench->us;
    bench->drive_us = bench->next_drive_us;
    bench->cycles += 1;
    bench->gyro_valid += gyro_valid(bench);
    bench->mag_valid += mag_valid(bench);
    bench->reflexes += (flags(bench) & SENSOR_FLAG_REFLEX) != 0;
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
            if (got && packet.apid == APID_SENSORS) {
                bench->sensors = packet;
                if (port_runs_alone(&bench->board.port)) {
                    on_sensors(bench);
                }
            }
            bench->boots += got && packet.apid == APID_BOOT;
        }
    }
}

static void check_torquers(Bench *bench)
{
    const bool on = bench->us < bench->cycle_us + bench->drive_us;
    bool any = false;
    for (int axis = 0; axis < 3; axis++) {
        const int16_t now = host_torquer(&bench->board, axis);
        any = any || now != 0;
        if (now != (on ? bench->permille[axis] : 0)) {
            fail(bench, "a torquer does not do what it should");
        }
    }
    bench->driven_us = any ? bench->us : bench->driven_us;
    bench->driven += any;
}

/* Let time pass in small steps; what the emulated bus takes is not counted here. */
static void fly(Bench *bench, uint32_t ms)
{
    const uint64_t end_us = bench->us + ms * 1000ull;
    while (bench->us < end_us) {
        const uint32_t step_us = 100 + wire_draw(&bench->random, STEP_MAX_US - 100);
        bench->us += step_us;
        bench->gyro.wire.now_us = bench->us;
        bench->mag.wire.now_us = bench->us;
        host_advance(&bench->board, step_us);
        collect(bench);
        check_torquers(bench);
        if (host_pending(&bench->board, PORT_STIMULUS) != 0) {
            fail(bench, "something was sent to a simulator that is not there");
        }
    }
}

static void give(Bench *bench, PortId id, Packet *packet)
{
    uint8_t frame[FRAME_MAX];
    host_write(&bench->board, id, frame, frame_encode(frame, packet));
}

/* From the next cycle on, `period_ms` and a drive of `drive_ms` are in force. */
static void configure(Bench *bench, uint16_t period_ms, uint16_t duty_permille, uint32_t drive_ms)
{
    Packet config = layout_begin(period_ms, TIMEOUT_MS, 2500);
    put_u16(&config.payload[ADCS_CONFIG_DUTY_PERMILLE], duty_permille);
    put_u16(&config.payload[ADCS_CONFIG_REFLEX_AFTER_MS], REFLEX_AFTER_MS);
    const uint8_t gyro = layout_input(&config, COUNT_TYPE_I4, 3);
    const uint8_t mag = layout_input(&config, COUNT_TYPE_I2, 3);
    (void)layout_input(&config, COUNT_TYPE_U2, 6);
    const uint8_t wheels = layout_input(&config, COUNT_TYPE_I2, N_WHEELS);
    layout_outputs(&config, OUTPUT_TYPE_COUNT, N_WHEELS, wheels);
    for (int i = 0; i < 3 * N_WHEELS; i++) {
        layout_number(&config, 0); /* limits, safe values, guards */
    }
    layout_outputs(&config, OUTPUT_TYPE_DRIVEN, 3, mag);
    for (int i = 0; i < 6; i++) {
        layout_number(&config, i < 3 ? LIMIT : 0); /* limits, safe values */
    }
    for (int i = 0; i < 9; i++) {
        layout_number(&config, i % 4 == 0 ? 160 : 0); /* gains of each by axis */
    }
    layout_source(&config, CHIP_BMI088_GYRO, gyro, REGISTER_BUS_TYPE_SPI, SELECT);
    layout_source(&config, CHIP_RM3100, mag, REGISTER_BUS_TYPE_I2C, ADDRESS);
    give(bench, PORT_BUS, &config);
    bench->next_drive_us = drive_ms * 1000u;
    bench->period_us = 0; /* not to be checked: the period under way is still the old one */
    const unsigned long before = bench->cycles;
    while (bench->cycles == before) {
        fly(bench, 1);
    }
    bench->period_us = period_ms * 1000u;
}

/* Random commands for `ms`, about two a period. */
static void command(Bench *bench, uint32_t ms)
{
    const uint64_t begin_us = bench->us;
    const uint64_t end_us = begin_us + ms * 1000ull;
    const unsigned long before = bench->cycles;
    while (bench->us < end_us) {
        Packet packet = {.apid = APID_COMMAND, .type = PACKET_TELECOMMAND, .payload_size = COMMAND_HEAD_SIZE + 2 * N_OUTPUTS};
        put_u16(&packet.payload[COMMAND_HEAD_FLAGS], COMMAND_FLAG_OUTPUTS_ENABLED);
        for (int i = 0; i < 3; i++) {
            bench->dipole[i] = (int16_t)((int)wire_draw(&bench->random, 3 * LIMIT) - 3 * LIMIT / 2);
            put_i16(&packet.payload[COMMAND_HEAD_SIZE + 2 * (N_WHEELS + i)], bench->dipole[i]);
        }
        give(bench, PORT_BUS, &packet);
        fly(bench, bench->period_us / 2000u);
    }
    if (bench->cycles - before + 1 < (bench->us - begin_us) / bench->period_us) {
        fail(bench, "cycles are missing");
    }
}

static void check_nearly_all(const Bench *bench, unsigned long part, unsigned long whole, const char *what)
{
    if (part * 100 < whole * 98) {
        fail(bench, what);
    }
}

/* Both sensors work: nearly all cycles have both. */
static void check_sensors_work(Bench *bench, uint32_t ms)
{
    const unsigned long cycles = bench->cycles;
    const unsigned long gyro = bench->gyro_valid;
    const unsigned long mag = bench->mag_valid;
    command(bench, ms);
    check_nearly_all(bench, bench->gyro_valid - gyro, bench->cycles - cycles, "increments are not valid");
    check_nearly_all(bench, bench->mag_valid - mag, bench->cycles - cycles, "fields are not valid");
}

/* Neither sensor answers: no cycle has either, and the cycles go on. */
static void check_sensors_absent(Bench *bench, Fault fault)
{
    bench->gyro.wire.fault = fault;
    bench->mag.wire.fault = fault;
    command(bench, 300);
    const unsigned long gyro = bench->gyro_valid;
    const unsigned long mag = bench->mag_valid;
    command(bench, 3000);
    if (bench->gyro_valid != gyro || bench->mag_valid != mag) {
        fail(bench, "a sensor that does not answer is valid");
    }
    bench->gyro.wire.fault = FAULT_NONE;
    bench->mag.wire.fault = FAULT_NONE;
    command(bench, 800);
}

static void check_silence(Bench *bench)
{
    command(bench, 500);
    const unsigned long reflexes = bench->reflexes;
    fly(bench, TIMEOUT_MS + 2 * bench->period_us / 1000u + 10);
    const unsigned safe = SENSOR_FLAG_OUTPUTS_SAFE | SENSOR_FLAG_COMMAND_TIMEOUT;
    if ((flags(bench) & safe) != safe) {
        fail(bench, "silence does not make the outputs safe");
    }
    fly(bench, REFLEX_AFTER_MS);
    if (bench->reflexes == reflexes) {
        fail(bench, "no reflex after a long silence");
    }
}

static void check_reset(Bench *bench)
{
    command(bench, 500);
    while (host_torquer(&bench->board, 0) == 0) {
        command(bench, 1);
    }
    board_start(&bench->board, &ADCS_OPS, RESET_REASON_SOFTWARE);
    memset(bench->permille, 0, sizeof bench->permille);
    bench->next_drive_us = 0;
    memset(&bench->sensors, 0, sizeof bench->sensors);
    bench->period_us = 0;
    check_torquers(bench);
    const unsigned long cycles = bench->cycles;
    fly(bench, ADCS_ALONE_AFTER_MS - 5);
    if (bench->cycles != cycles) {
        fail(bench, "a cycle before a simulator could have come");
    }
    fly(bench, ADCS_ALONE_PERIOD_MS);
    bench->period_us = ADCS_ALONE_PERIOD_MS * 1000;
    fly(bench, 1000);
}

/* The board does something else for a while, again and again: cycles come late, and the torquers are driven late, but
 * no field is measured too early and no period gets longer. */
static void check_late_polls(Bench *bench)
{
    const uint64_t begin_us = bench->us;
    const unsigned long before = bench->cycles;
    for (int i = 0; i < 200; i++) {
        command(bench, 80);
        const uint32_t period_us = bench->period_us;
        const uint32_t gap_us = wire_draw(&bench->random, 50000);
        bench->period_us = 0; /* not to be checked */
        bench->us += gap_us;
        bench->gyro.wire.now_us = bench->us;
        bench->mag.wire.now_us = bench->us;
        host_advance(&bench->board, gap_us);
        collect(bench);
        check_torquers(bench);
        fly(bench, 2 * period_us / 1000u);
        bench->period_us = period_us;
    }
    if (bench->cycles - before + 1 < (bench->us - begin_us) / bench->period_us) {
        fail(bench, "late polls make the periods longer");
    }
}

/* The first stimulus: the board starts anew, and then is as one that has never run alone. */
static void check_simulator_comes(Bench *bench)
{
    static Board other;
    uint8_t frame[FRAME_MAX];
    Packet stimulus = {.apid = APID_STIMULUS, .type = PACKET_TELEMETRY, .payload_size = STIMULUS_SIZE};
    for (size_t i = 0; i < STIMULUS_SIZE; i++) {
        stimulus.payload[i] = (uint8_t)wire_draw(&bench->random, 100);
    }
    put_u64(&stimulus.payload[STIMULUS_HEAD_BOARD_TIME_NS], 7000000); /* before the board's own time */
    command(bench, 500);
    const unsigned long boots = bench->boots;
    give(bench, PORT_STIMULUS, &stimulus);
    collect(bench);
    host_start(&other, BOARD_KIND_ADCS, RESET_REASON_SOFTWARE);
    host_write(&other, PORT_STIMULUS, frame, frame_encode(frame, &stimulus));
    const size_t size = host_read(&other, PORT_BUS, frame, sizeof frame);
    const size_t sensors_size = WHEELS_END + PACKET_HEADER_SIZE + PACKET_CRC_SIZE + 2;
    uint8_t expected[FRAME_MAX];
    if (bench->boots != boots + 1 || size < sensors_size ||
        memcmp(frame + size - sensors_size, expected, frame_encode(expected, &bench->sensors)) != 0) {
        fail(bench, "after the first stimulus the board is not as one that never ran alone");
    }
    if (host_pending(&bench->board, PORT_STIMULUS) == 0 || host_torquer(&bench->board, 0) != 0) {
        fail(bench, "no answer to the stimulus, or the torquers are driven on");
    }
    for (int i = 0; i < 5000; i++) {
        host_advance(&bench->board, 1000);
    }
    if (host_pending(&bench->board, PORT_BUS) != 0) {
        fail(bench, "a cycle on the board's own clock although a simulator came");
    }
}

int main(int argc, char **argv)
{
    static Bench bench;
    if (argc != 2) {
        fprintf(stderr, "board_alone: expected SEED\n");
        return 2;
    }
    bench.random = strtoull(argv[1], NULL, 10) * 2654435769u + 1u;
    bmi088_emulator_start(&bench.gyro, bench.random);
    rm3100_emulator_start(&bench.mag, bench.random);
    bench.gyro.wire.us_per_octet = 0; /* board time stands still during a poll */
    bench.mag.wire.us_per_octet = 0;
    host_start(&bench.board, BOARD_KIND_ADCS, RESET_REASON_POWER_ON);
    fly(&bench, 3000);
    if (bench.cycles != 0) {
        fail(&bench, "a cycle alone without devices");
    }
    host_attach(&bench.board, REGISTER_BUS_TYPE_SPI, SELECT, bmi088_emulator_bus(&bench.gyro));
    host_attach(&bench.board, REGISTER_BUS_TYPE_I2C, ADDRESS, rm3100_emulator_bus(&bench.mag));
    fly(&bench, ADCS_ALONE_AFTER_MS + ADCS_ALONE_PERIOD_MS);
    bench.period_us = ADCS_ALONE_PERIOD_MS * 1000;
    fly(&bench, 1000);
    configure(&bench, 100, 700, 70);
    check_sensors_work(&bench, 20000);
    for (Fault fault = FAULT_NO_ACKNOWLEDGE; fault <= FAULT_READS_ONES; fault++) {
        check_sensors_absent(&bench, fault);
    }
    check_silence(&bench);
    check_late_polls(&bench);
    configure(&bench, 50, 950, 50 - ADCS_QUIET_MS);
    check_sensors_work(&bench, 10000);
    check_reset(&bench);
    configure(&bench, 400, 0, 0);
    command(&bench, 1000); /* the sensors start */
    check_sensors_work(&bench, 20000);
    configure(&bench, 200, 500, 100);
    check_simulator_comes(&bench);
    if (bench.gyro.wire.violations + bench.mag.wire.violations != 0) {
        fail(&bench, "a device was used in a way that its data sheet forbids");
    }
    printf("%lu %lu %lu %lu %lu\n", bench.cycles, bench.gyro_valid, bench.mag_valid, bench.driven, bench.reflexes);
    return 0;
}
