#include "bmi088.h"

#include <string.h>

enum {
    RESET_US = 30000,
    CHIP_ID = 0x00,
    FIFO_STATUS = 0x0E,
    RANGE = 0x0F,
    BANDWIDTH = 0x10,
    SOFTRESET = 0x14,
    FIFO_CONFIG_0 = 0x3D,
    FIFO_CONFIG_1 = 0x3E,
    FIFO_DATA = 0x3F,
    MODE_FIFO = 0x40,
    MODE_STREAM = 0x80
};

int16_t bmi088_emulator_sample(const Bmi088Emulator *self, uint32_t k, int axis)
{
    uint64_t mixed = ((uint64_t)k * 3u + (uint64_t)axis + 1u) * 0x9E3779B97F4A7C15u;
    mixed ^= mixed >> 29;
    mixed *= 0xBF58476D1CE4E5B9u;
    mixed ^= mixed >> 32;
    if (k >= self->saturated[0] && k < self->saturated[1] && mixed % 20 == 0) {
        return mixed & 64u ? INT16_MAX : INT16_MIN;
    }
    return (int16_t)((int32_t)(mixed % 65534u) - 32767 + (mixed % 65534u == 0)); /* never at an end of the range */
}

static uint32_t nominal_period_us(const Bmi088Emulator *self)
{
    static const uint32_t PERIODS_US[8] = {500, 500, 1000, 2500, 5000, 10000, 5000, 10000};
    return PERIODS_US[self->bandwidth & 7];
}

static void reset(Bmi088Emulator *self, bool commanded)
{
    self->commanded = commanded;
    self->range = 0;
    self->bandwidth = 0;
    self->fifo_mode = 0;
    self->overrun = false;
    self->hung = false;
    self->lost += self->unread_frames;
    self->unread_frames = 0;
    self->ready_us = self->wire.now_us + RESET_US;
    self->sample_us = self->ready_us;
}

void bmi088_emulator_start(Bmi088Emulator *self, uint64_t random)
{
    memset(self, 0, sizeof *self);
    self->wire.random = random * 2654435769u + 1u;
    self->wire.us_per_octet = 2;
    reset(self, false);
}

void bmi088_emulator_brown_out(Bmi088Emulator *self)
{
    reset(self, false);
}

static void produce(Bmi088Emulator *self)
{
    self->produced += 1;
    if (self->fifo_mode != MODE_FIFO && self->fifo_mode != MODE_STREAM) {
        self->lost += 1;
    } else if (self->unread_frames < BMI088_FIFO_FRAMES) {
        self->unread_frames += 1;
    } else { /* STREAM drops the oldest, FIFO the newest: a test only needs to know that one is missing */
        self->overrun = true;
        self->lost += 1;
    }
}

void bmi088_emulator_run(Bmi088Emulator *self)
{
    self->hung = self->hung || self->wire.fault == FAULT_FROZEN;
    while (self->sample_us <= self->wire.now_us) {
        /* The oscillator is off by up to 1 %. */
        self->sample_us += nominal_period_us(self) * (990u + wire_draw(&self->wire.random, 21)) / 1000u;
        if (!self->hung && self->sample_us > self->ready_us) {
            produce(self);
        }
    }
}

static uint8_t fifo_octet(Bmi088Emulator *self, size_t at)
{
    const int axis = (int)(at % 6 / 2);
    int16_t value = INT16_MIN; /* 0x8000: no frame there */
    if (self->unread_frames > 0) {
        value = bmi088_emulator_sample(self, self->produced - self->unread_frames, axis);
        if (at % 6 == 5) {
            self->unread_frames -= 1;
            self->read += 1;
        }
    }
    return (uint8_t)(at % 2 ? (uint16_t)value >> 8 : (uint16_t)value & 0xFFu);
}

static uint8_t register_octet(Bmi088Emulator *self, uint8_t reg)
{
    switch (reg) {
    case CHIP_ID:
        return self->wire.fault == FAULT_WRONG_ID ? 0x1E : 0x0F;
    case FIFO_STATUS:
        return (uint8_t)(self->unread_frames | (self->overrun ? 0x80u : 0u));
    case RANGE:
        return self->range;
    case BANDWIDTH:
        return self->bandwidth | 0x80;
    default:
        return 0;
    }
}

static bool read(void *context, uint8_t reg, uint8_t *octets, size_t size)
{
    Bmi088Emulator *self = context;
    const uint64_t began_us = self->wire.now_us;
    const size_t done = wire_transfer(&self->wire, size);
    const bool resetting = began_us < self->ready_us;
    bmi088_emulator_run(self);
    self->wire.violations += (resetting && self->commanded) || (reg == FIFO_DATA && size % 6 != 0);
    for (size_t i = 0; i < size && i < done; i++) {
        if (resetting || wire_is_dead(&self->wire)) {
            octets[i] = wire_dead_octet(&self->wire);
        } else {
            octets[i] = reg == FIFO_DATA ? fifo_octet(self, i) : register_octet(self, (uint8_t)(reg + i));
        }
    }
    return done > size;
}

static void write_register(Bmi088Emulator *self, uint8_t reg, uint8_t value)
{
    switch (reg) {
    case RANGE:
        self->range = value;
        break;
    case BANDWIDTH:
        self->bandwidth = value & 0x0F;
        break;
    case SOFTRESET:
        if (value == 0xB6) {
            reset(self, true);
        }
        break;
    case FIFO_CONFIG_1:
        self->fifo_mode = value & 0xC0;
        self->overrun = false;
        self->lost += self->unread_frames;
        self->unread_frames = 0;
        break;
    case FIFO_CONFIG_0:
        self->lost += self->unread_frames;
        self->unread_frames = 0;
        break;
    default:
        self->wire.violations += 1; /* no other register is to be written */
    }
}

static bool write(void *context, uint8_t reg, const uint8_t *octets, size_t size)
{
    Bmi088Emulator *self = context;
    const uint64_t began_us = self->wire.now_us;
    const size_t done = wire_transfer(&self->wire, size);
    bmi088_emulator_run(self);
    self->wire.violations += began_us < self->ready_us && self->commanded;
    if (began_us >= self->ready_us && !wire_is_dead(&self->wire)) {
        for (size_t i = 0; i < size && i < done; i++) {
            write_register(self, (uint8_t)(reg + i), octets[i]);
        }
    }
    return done > size;
}

RegisterBus bmi088_emulator_bus(Bmi088Emulator *self)
{
    return (RegisterBus){.context = self, .read = read, .write = write};
}
