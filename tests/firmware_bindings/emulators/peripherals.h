/* A model of SPI1, I2C1, their pins and a memory behind all other registers, for sources compiled with model.h. On each
 * bus there is one device: 256 registers whose number advances. */
#ifndef SMARTSAT_TEST_PERIPHERALS_H
#define SMARTSAT_TEST_PERIPHERALS_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct BusDevice {
    uint8_t registers[256];
    uint8_t at;           /* the register that comes next */
    unsigned octets;      /* of the transfer under way, its head included */
    unsigned read;        /* octets that it gave, */
    unsigned acknowledged; /* of which the board acknowledged (I2C) */
    bool reads;
} BusDevice;

typedef struct Peripherals {
    BusDevice spi;
    BusDevice i2c;
    uint64_t random;
    unsigned accesses;      /* to registers, since the test cleared it */
    unsigned delay_max;     /* how many looks at a flag it may take to come */
    unsigned delay;
    bool spi_dead;          /* no flag ever comes */
    bool i2c_dead;
    bool absent;            /* no device on either bus */
    unsigned refuse_after;  /* the I2C device does not acknowledge octet number this, from 1; 0: it does all */
    unsigned stuck;         /* clocks for which the I2C device holds the data line */
    unsigned clocks;        /* that the board gave by hand */
    bool selected;          /* SPI */
    bool spi_received;
    uint32_t i2c_state;     /* see peripherals.c */
    bool i2c_busy;
    bool i2c_full[2];       /* data register, shift register */
    uint8_t i2c_octet[2];
    bool i2c_refused;       /* the last octet received was not acknowledged by the board */
    bool clock_high;
    uint32_t sr1;
    bool i2c_hung;          /* after `i2c_dead` no flag comes before a reset of the peripheral */
    unsigned early;         /* data registers accessed before the flag for it came */
    unsigned sign_while_on; /* torquers: a sign pin changed while a magnitude was not 0 */
    struct {
        uintptr_t address;
        volatile uint32_t value;
    } words[64];
    /* The access before: what was given out, so that a write can be seen. */
    uintptr_t last;
    volatile uint32_t *given;
    uint32_t was;
} Peripherals;

extern Peripherals peripherals;

/* Forget everything; the devices' registers are random. */
void peripherals_start(uint64_t random);

/* Let the last access take its effect. */
void peripherals_settle(void);

/* What a register holds now. */
uint32_t peripherals_word(uintptr_t address);

#endif
