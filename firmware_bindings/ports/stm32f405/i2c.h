/* I2C1: PB6 clock, PB7 data, both pulled up on the board; at most 400 kHz. */
#ifndef SMARTSAT_I2C_H
#define SMARTSAT_I2C_H
#include "../../devices/registers.h"

enum { I2C_ADDRESSES = 0x80 };

/* One device. */
typedef struct I2c {
    uint32_t apb1_hz;
    uint32_t core_mhz;
    uint16_t unanswered; /* transfers without acknowledge; wraps */
    uint16_t recoveries; /* the bus was stuck, or the peripheral; wraps */
    uint8_t address;     /* 7 bits */
} I2c;

/* Start the bus; `i2c` has both clocks and the device's address. */
void i2c_start(const I2c *i2c);

/* The device's registers: a transfer writes the register's number, then writes or, after a second start, reads. Reads
 * are of 3 octets or more (shorter ones, which need another handling of the acknowledge, are refused). Every wait is
 * bounded; a stuck bus is freed by nine clocks. */
RegisterBus i2c_registers(I2c *i2c);

#endif
