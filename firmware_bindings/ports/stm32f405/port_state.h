/* The STM32F405 port: two serial ports, the board's own clock, the lock-step's time, the watchdog of cycles. */
#ifndef SMARTSAT_PORT_STATE_H
#define SMARTSAT_PORT_STATE_H
#include <stdbool.h>
#include <stdint.h>

#include "clock.h"
#include "i2c.h"
#include "spi.h"
#include "torquers.h"
#include "usart.h"

enum { PORT_DEVICES = 4 /* on one bus */ };

typedef struct Port {
    Clock clock;
    int64_t now_ns;       /* time of the last stimulus */
    int64_t kick_ns;      /* time of the last cycle's kick */
    uint32_t kicked_ms;   /* own time of the last kick of the hardware */
    uint32_t lives;       /* calls of port_restart() */
    uint32_t crash_pc;    /* of the fault before the first of them; see port_crash() */
    uint32_t crash_lr;
    uint32_t crash_status;
    uint16_t watchdog_ms; /* 0: not started */
    bool lock_step;       /* a stimulus came: it gives the time */
    bool devices;         /* sensors and torquers are there: not in an emulator */
    I2c i2c[PORT_DEVICES];
    Spi spi[PORT_DEVICES];
    uint8_t i2c_opened;   /* how many of them are in use */
    uint8_t spi_opened;
    Torquers torquers;
    Usart usart[2];       /* by PortId */
} Port;

#endif
