/* SPI1: PA5 clock, PA6 in, PA7 out, and a select pin for each device. Mode 3, at most 5.25 MHz. */
#ifndef SMARTSAT_SPI_H
#define SMARTSAT_SPI_H
#include <stdint.h>

#include "../../devices/registers.h"

enum { SPI_PINS = 3 * 16 };

/* One device. */
typedef struct Spi {
    uint8_t select; /* pin that selects it when low: 16 port + number, PA to PC */
} Spi;

/* Start the bus and the device's select pin. */
void spi_start(const Spi *spi);

/* The device's registers: the first octet of a transfer is the register's number, with bit 7 set to read. Every wait is
 * bounded; a device that is not there reads as the line is pulled. */
RegisterBus spi_registers(Spi *spi);

#endif
