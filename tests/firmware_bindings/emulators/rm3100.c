#include "rm3100.h"

#include <string.h>

enum {
    POLL = 0x00,
    CCX = 0x04,
    CCZ_END = 0x0A,
    MX = 0x24,
    MZ_END = 0x2D,
    STATUS = 0x34,
    HSHAKE = 0x35,
    REVID = 0x36,
    DRDY = 0x80
};

void rm3100_emulator_brown_out(Rm3100Emulator *self)
{
    memset(self->registers, 0, sizeof self->registers);
    for (int i = 0; i < 3; i++) {
        self->registers[CCX + 2 * i + 1] = 200;
    }
    self->registers[0x0B] = 0x96;
    self->registers[HSHAKE] = 0x1B;
    self->registers[REVID] = 0x22;
    self->measuring = false;
    self->hung = false;
}

void rm3100_emulator_start(Rm3100Emulator *self, uint64_t random)
{
    memset(self, 0, sizeof *self);
    self->wire.random = random * 2654435769u + 1u;
    self->wire.us_per_octet = 25;
    rm3100_emulator_brown_out(self);
}

int32_t rm3100_emulator_field(const Rm3100Emulator *self, uint32_t k, int axis)
{
    uint64_t mixed = ((uint64_t)k * 3u + (uint64_t)axis + 1u) * 0x9E3779B97F4A7C15u;
    mixed ^= mixed >> 31;
    const int32_t any = (int32_t)(mixed & 0xFFFFFFu) - 0x800000;
    return self->strong ? any : any / 256;
}

/* Three axes one after the other, each forward and backward: time goes with the cycle counts; 200 take 6.8 ms. */
static uint32_t duration_us(Rm3100Emulator *self)
{
    uint32_t cycles = 0;
    for (int i = 0; i < 3; i++) {
        cycles += (uint32_t)self->registers[CCX + 2 * i] << 8 | self->registers[CCX + 2 * i + 1];
    }
    const uint32_t nominal_us = cycles * 6800u / 600u;
    return nominal_us * (930u + wire_draw(&self->wire.random, 141)) / 1000u; /* 7 % */
}

static void run(Rm3100Emulator *self)
{
    if (!self->hung && self->wire.fault == FAULT_FROZEN) { /* half of the time it goes on to show an old result */
        self->hung = true;
        self->registers[STATUS] |= wire_draw(&self->wire.random, 2) ? DRDY : 0;
    }
    if (!self->measuring || self->hung || self->wire.now_us < self->result_us) {
        return;
    }
    for (int axis = 0; axis < 3; axis++) {
        const uint32_t raw = (uint32_t)rm3100_emulator_field(self, self->begun, axis);
        self->registers[MX + 3 * axis] = (uint8_t)(raw >> 16 & 0xFFu);
        self->registers[MX + 3 * axis + 1] = (uint8_t)(raw >> 8 & 0xFFu);
        self->registers[MX + 3 * axis + 2] = (uint8_t)(raw & 0xFFu);
    }
    self->measuring = false;
    self->registers[STATUS] |= DRDY;
}

static bool read(void *context, uint8_t reg, uint8_t *octets, size_t size)
{
    Rm3100Emulator *self = context;
    const size_t done = wire_transfer(&self->wire, size);
    run(self);
    for (size_t i = 0; i < size && i < done; i++) {
        const size_t at = reg + i;
        self->wire.violations += at >= sizeof self->registers;
        octets[i] = wire_is_dead(&self->wire) ? wire_dead_octet(&self->wire) : self->registers[at];
        if (at == REVID && self->wire.fault == FAULT_WRONG_ID) {
            octets[i] = 0x21;
        }
        if (at >= MX && at < MZ_END && !self->hung && (self->registers[HSHAKE] & 2) != 0) {
            self->registers[STATUS] &= (uint8_t)~DRDY; /* DRC1: reading a result clears DRDY */
        }
    }
    return done > size;
}

static bool write(void *context, uint8_t reg, const uint8_t *octets, size_t size)
{
    Rm3100Emulator *self = context;
    const size_t done = wire_transfer(&self->wire, size);
    run(self);
    for (size_t i = 0; i < size && i < done && !wire_is_dead(&self->wire); i++) {
        const size_t at = reg + i;
        self->wire.violations += at >= CCZ_END || (at == POLL && self->measuring && !self->hung);
        self->registers[at] = octets[i];
        if (!self->hung && (self->registers[HSHAKE] & 1) != 0) {
            self->registers[STATUS] &= (uint8_t)~DRDY; /* DRC0: any write clears DRDY */
        }
        if (at == POLL && (octets[i] & 0x70) == 0x70) {
            self->begun += 1;
            self->begun_us = self->wire.now_us;
            self->result_us = self->wire.now_us + duration_us(self);
            self->measuring = true;
        }
    }
    return done > size;
}

RegisterBus rm3100_emulator_bus(Rm3100Emulator *self)
{
    return (RegisterBus){.context = self, .read = read, .write = write};
}
