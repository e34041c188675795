/* Registers of a device on some bus (SPI, I2C, or an emulator in a test).
 *
 * Each call is one transfer of `size` octets that starts at register `reg`, takes a bounded time and returns false when
 * the bus did not complete it (no acknowledge, time-out); what was read is then undefined. A device that is not there
 * may also read as all zeros or all ones: drivers check what they read. */
#ifndef SMARTSAT_REGISTERS_H
#define SMARTSAT_REGISTERS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct RegisterBus {
    void *context;
    bool (*read)(void *context, uint8_t reg, uint8_t *octets, size_t size);
    bool (*write)(void *context, uint8_t reg, const uint8_t *octets, size_t size);
} RegisterBus;

static inline bool registers_read(const RegisterBus *bus, uint8_t reg, uint8_t *octets, size_t size)
{
    return bus->read(bus->context, reg, octets, size);
}

static inline bool registers_write(const RegisterBus *bus, uint8_t reg, const uint8_t *octets, size_t size)
{
    return bus->write(bus->context, reg, octets, size);
}

static inline bool registers_set(const RegisterBus *bus, uint8_t reg, uint8_t value)
{
    return bus->write(bus->context, reg, &value, 1);
}

#endif
