/* Registers and times: PNI Sensor, RM3100 & RM2100 Sensor Suite User Manual, document 1017252 r04, section 5. */
#include "rm3100.h"

#include <string.h>

enum {
    POLL = 0x00,   /* 5.3: writing bits 6..4 (z, y, x) starts a single measurement */
    CMM = 0x01,    /* 5.2: continuous measurement, 0 is off */
    CCX = 0x04,    /* 5.1: cycle counts of x, y, z, 16 bits each, high octet first */
    MX = 0x24,     /* 5.5: results of x, y, z, 24 bits each, two's complement, high octet first; reading clears DRDY */
    STATUS = 0x34, /* 5.4.1: bit 7 DRDY; 0x35 is HSHAKE, whose reset value lets any write clear DRDY */
    REVID = 0x36   /* reads 0x22; follows STATUS and HSHAKE, and the address advances, so one read gives all three */
};

enum { ID = 0x22, POLL_ALL = 0x70, DRDY = 0x80, RESULT_SIZE = 9, STATUS_SIZE = REVID - STATUS + 1 };

/* The default, 200 cycles: 75 LSB/uT, 15 nT noise, 147 measurements of three axes a second (table 3-1). */
static const uint8_t CYCLE_COUNTS[6] = {0, 200, 0, 200, 0, 200};

static void fail(Rm3100 *self, uint32_t now_ms)
{
    self->failures = (uint16_t)(self->failures + 1u);
    self->state = RM3100_PAUSED;
    self->since_ms = now_ms;
}

/* Whether a result is ready; false from the function when the device does not answer as itself. */
static bool read_status(const Rm3100 *self, bool *ready)
{
    uint8_t octets[STATUS_SIZE];
    if (!registers_read(&self->bus, STATUS, octets, sizeof octets)) {
        return false;
    }
    *ready = (octets[0] & DRDY) != 0;
    return octets[REVID - STATUS] == ID;
}

static bool configure(const Rm3100 *self)
{
    uint8_t counts[sizeof CYCLE_COUNTS];
    bool ready = false;
    return read_status(self, &ready) && registers_set(&self->bus, CMM, 0) &&
           registers_write(&self->bus, CCX, CYCLE_COUNTS, sizeof CYCLE_COUNTS) &&
           registers_read(&self->bus, CCX, counts, sizeof counts) &&
           memcmp(counts, CYCLE_COUNTS, sizeof counts) == 0;
}

static int16_t clamped(const uint8_t *at)
{
    const int32_t raw = (int32_t)at[0] << 16 | (int32_t)at[1] << 8 | (int32_t)at[2];
    const int32_t value = raw >= 0x800000 ? raw - 0x1000000 : raw;
    if (value > INT16_MAX) {
        return INT16_MAX;
    }
    return value < INT16_MIN ? INT16_MIN : (int16_t)value;
}

static void look_for_result(Rm3100 *self, uint32_t now_ms)
{
    uint8_t octets[RESULT_SIZE];
    bool ready = false;
    if (!read_status(self, &ready) || (!ready && now_ms - self->since_ms >= RM3100_TIMEOUT_MS)) {
        fail(self, now_ms);
        return;
    }
    if (!ready) {
        return;
    }
    if (!registers_read(&self->bus, MX, octets, sizeof octets)) {
        fail(self, now_ms);
        return;
    }
    for (int i = 0; i < 3; i++) {
        self->counts[i] = clamped(octets + 3 * i);
    }
    self->state = self->unwanted ? RM3100_IDLE : RM3100_READY;
}

void rm3100_start(Rm3100 *self, const RegisterBus *bus, uint32_t now_ms)
{
    memset(self, 0, sizeof *self);
    self->bus = *bus;
    self->state = RM3100_PAUSED;
    self->since_ms = now_ms - RM3100_RETRY_MS; /* due at once */
}

void rm3100_step(Rm3100 *self, uint32_t now_ms)
{
    switch ((Rm3100State)self->state) {
    case RM3100_PAUSED:
        if (now_ms - self->since_ms >= RM3100_RETRY_MS) {
            if (configure(self)) {
                self->state = RM3100_IDLE;
            } else {
                fail(self, now_ms);
            }
        }
        break;
    case RM3100_MEASURING:
        if (now_ms - self->since_ms >= RM3100_MEASURE_MS) {
            look_for_result(self, now_ms);
        }
        break;
    case RM3100_IDLE:
    case RM3100_READY:
        break;
    }
}

bool rm3100_measure(Rm3100 *self, uint32_t now_ms)
{
    bool ready = false;
    if (self->state != RM3100_IDLE && self->state != RM3100_READY) {
        return false;
    }
    /* The command clears DRDY; a device that still shows it would give an old result for a new one. */
    if (!registers_set(&self->bus, POLL, POLL_ALL) || !read_status(self, &ready) || ready) {
        fail(self, now_ms);
        return false;
    }
    self->state = RM3100_MEASURING;
    self->since_ms = now_ms;
    self->unwanted = false;
    return true;
}

bool rm3100_take(Rm3100 *self, uint32_t now_ms, int16_t counts[3])
{
    rm3100_step(self, now_ms);
    const bool valid = self->state == RM3100_READY;
    for (int i = 0; i < 3; i++) {
        counts[i] = valid ? self->counts[i] : 0;
    }
    if (valid) {
        self->state = RM3100_IDLE;
    }
    self->unwanted = true;
    return valid;
}
