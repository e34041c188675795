/* SPI1 with one device, the gyroscope: PA5 clock, PA6 in, PA7 out, PA4 select (low). Mode 3, at most 5.25 MHz. */
#ifndef SMARTSAT_SPI_H
#define SMARTSAT_SPI_H
#include "../../devices/registers.h"

void spi_start(void);

/* The device's registers: the first octet of a transfer is the register's number, with bit 7 set to read. Every wait is
 * bounded; a device that is not there reads as the line is pulled. */
RegisterBus spi_registers(void);

#endif
