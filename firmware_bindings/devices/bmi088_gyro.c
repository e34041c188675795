/* Registers and times: Bosch Sensortec, BMI088 data sheet, BST-BMI088-DS001, sections "Register Map: Gyroscope" and
 * "Register Description: Gyroscope" (5.4 and 5.5); the FIFO also in application note BST-MIS-AN005 and, as practised,
 * in the drivers of PX4 (Bosch_BMI088_Gyroscope_Registers.hpp) and ArduPilot (AP_InertialSensor_BMI088.cpp). */
#include "bmi088_gyro.h"

#include <string.h>

#include "../core/octets.h"

enum {
    CHIP_ID = 0x00,       /* GYRO_CHIP_ID: reads 0x0F */
    FIFO_STATUS = 0x0E,   /* bit 7 overrun, bits 6..0 frames in the FIFO */
    RANGE = 0x0F,         /* GYRO_RANGE */
    BANDWIDTH = 0x10,     /* GYRO_BANDWIDTH: bit 7 reads as 1 */
    SOFTRESET = 0x14,     /* GYRO_SOFTRESET: 0xB6 resets; the chip works again after 30 ms */
    FIFO_CONFIG_0 = 0x3D, /* water mark; writing clears the FIFO */
    FIFO_CONFIG_1 = 0x3E, /* mode; writing clears the FIFO and the overrun bit */
    FIFO_DATA = 0x3F      /* a burst here reads frames: x, y, z, low octet first; the address stays */
};

enum {
    ID = 0x0F,
    RESET_COMMAND = 0xB6,
    RANGE_500_DEGPS = 0x02,       /* 65.536 LSB/(deg/s) */
    BANDWIDTH_400_HZ_47_HZ = 0x03, /* 400 samples a second, filtered at 47 Hz */
    BANDWIDTH_MASK = 0x7F,
    /* Collect until full, then stop. STREAM (0x80) overwrites the oldest frame instead, and then frames were seen to
     * come out shifted by two axes (ArduPilot, pull request 20434). Lost samples are lost in either mode. */
    FIFO_STOP_ON_FULL = 0x40,
    FIFO_FRAMES = 100,
    FIFO_OVERRUN = 0x80,
    FRAME_SIZE = 6,
    BURST_FRAMES = 16,
    SUM_FRAMES_MAX = 1 << 15 /* a sum of so many samples stays within 2^30 */
};

static void begin_increment(Bmi088Gyro *self, bool broken)
{
    memset(self->sum, 0, sizeof self->sum);
    self->frames = 0;
    self->broken = broken;
}

/* Give up until the pause is over; the increment under way is lost. */
static void fail(Bmi088Gyro *self, uint32_t now_ms)
{
    self->failures = (uint16_t)(self->failures + 1u);
    self->state = BMI088_PAUSED;
    self->since_ms = now_ms;
    begin_increment(self, true);
}

/* Both writes clear the FIFO. */
static bool clear_fifo(const Bmi088Gyro *self)
{
    return registers_set(&self->bus, FIFO_CONFIG_0, 0) && registers_set(&self->bus, FIFO_CONFIG_1, FIFO_STOP_ON_FULL);
}

static bool configure(const Bmi088Gyro *self)
{
    uint8_t id = 0;
    return registers_read(&self->bus, CHIP_ID, &id, 1) && id == ID &&
           registers_set(&self->bus, RANGE, RANGE_500_DEGPS) &&
           registers_set(&self->bus, BANDWIDTH, BANDWIDTH_400_HZ_47_HZ) && clear_fifo(self);
}

/* Read how many frames wait, and whether the chip still is as configured: three registers in a row. */
static bool read_status(const Bmi088Gyro *self, uint8_t *status)
{
    uint8_t octets[3];
    if (!registers_read(&self->bus, FIFO_STATUS, octets, sizeof octets)) {
        return false;
    }
    *status = octets[0];
    return octets[1] == RANGE_500_DEGPS && (octets[2] & BANDWIDTH_MASK) == BANDWIDTH_400_HZ_47_HZ;
}

/* Add one frame. The chip's full scale, and 0x8000 for a frame that was not there, are no rates. */
static void add_frame(Bmi088Gyro *self, const uint8_t *frame)
{
    bool saturated = false;
    for (int i = 0; i < 3; i++) {
        const int16_t rate = get_i16(frame + 2 * i);
        saturated = saturated || rate == INT16_MIN || rate == INT16_MAX;
        self->sum[i] += rate;
    }
    self->frames = (uint16_t)(self->frames + 1u);
    if (saturated) {
        self->saturations = (uint16_t)(self->saturations + 1u);
        self->broken = true;
    }
}

static bool read_frames(Bmi088Gyro *self, size_t count)
{
    uint8_t octets[BURST_FRAMES * FRAME_SIZE];
    if (self->frames + count > SUM_FRAMES_MAX) { /* nobody takes increments */
        begin_increment(self, true);
    }
    while (count > 0) {
        const size_t n = count < BURST_FRAMES ? count : BURST_FRAMES;
        if (!registers_read(&self->bus, FIFO_DATA, octets, n * FRAME_SIZE)) {
            return false;
        }
        /* cppcheck-suppress knownConditionTrueFalse ; wrong: it takes n for 0 although count is above 0 */
        for (size_t i = 0; i < n; i++) {
            add_frame(self, octets + i * FRAME_SIZE);
        }
        count -= n;
    }
    return true;
}

/* Take all samples out of the FIFO; false when the chip has to start anew. */
static bool drain(Bmi088Gyro *self, uint32_t now_ms)
{
    uint8_t status = 0;
    if (!read_status(self, &status)) {
        return false;
    }
    self->drained_ms = now_ms;
    const size_t count = status & (FIFO_OVERRUN - 1);
    if ((status & FIFO_OVERRUN) != 0 || count >= FIFO_FRAMES) {
        self->overruns = (uint16_t)(self->overruns + 1u);
        self->since_ms = now_ms;
        begin_increment(self, true);
        return clear_fifo(self);
    }
    if (count == 0) {
        return now_ms - self->since_ms < BMI088_STALL_MS;
    }
    self->since_ms = now_ms;
    return read_frames(self, count);
}

static void begin_sampling(Bmi088Gyro *self, uint32_t now_ms)
{
    if (!configure(self)) {
        fail(self, now_ms);
        return;
    }
    self->state = BMI088_SAMPLING;
    self->since_ms = now_ms;
    self->drained_ms = now_ms;
}

static void reset(Bmi088Gyro *self, uint32_t now_ms)
{
    self->state = BMI088_RESETTING;
    self->since_ms = now_ms;
    if (!registers_set(&self->bus, SOFTRESET, RESET_COMMAND)) {
        fail(self, now_ms);
    }
}

void bmi088_gyro_start(Bmi088Gyro *self, const RegisterBus *bus, uint32_t now_ms)
{
    memset(self, 0, sizeof *self);
    self->bus = *bus;
    self->state = BMI088_PAUSED;
    self->since_ms = now_ms - BMI088_RETRY_MS; /* the first reset is due at once */
    self->broken = true;
}

void bmi088_gyro_step(Bmi088Gyro *self, uint32_t now_ms)
{
    switch ((Bmi088State)self->state) {
    case BMI088_PAUSED:
        if (now_ms - self->since_ms >= BMI088_RETRY_MS) {
            reset(self, now_ms);
        }
        break;
    case BMI088_RESETTING:
        if (now_ms - self->since_ms >= BMI088_RESET_MS) {
            begin_sampling(self, now_ms);
        }
        break;
    case BMI088_SAMPLING:
        if (now_ms - self->drained_ms >= BMI088_DRAIN_MS && !drain(self, now_ms)) {
            fail(self, now_ms);
        }
        break;
    }
}

bool bmi088_gyro_take(Bmi088Gyro *self, uint32_t now_ms, int32_t sum[3])
{
    if (self->state == BMI088_SAMPLING && !drain(self, now_ms)) {
        fail(self, now_ms);
    }
    const bool valid = self->state == BMI088_SAMPLING && !self->broken && self->frames > 0;
    for (int i = 0; i < 3; i++) {
        sum[i] = valid ? self->sum[i] : 0;
    }
    begin_increment(self, self->state != BMI088_SAMPLING);
    return valid;
}
