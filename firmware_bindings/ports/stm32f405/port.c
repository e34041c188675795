#include "port.h"

#include "crash.h"
#include "regs.h"
#include "spi.h"
#include "system.h"
#include "watchdog.h"
#include "wire.h"

#define BAUD 115200u
#define NS_PER_MS 1000000

/* USART1 on PA9 and PA10 is the bus, USART2 on PA2 and PA3 the stimulus; receivers are pulled up, so that an open
 * line is idle (data sheet DS8626, table 9: alternate function 7). */
static void connect_pins(void)
{
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOA;
    RCC_APB2ENR |= RCC_APB2ENR_USART1;
    RCC_APB1ENR |= RCC_APB1ENR_USART2;
    GPIOA_AFRL = (GPIOA_AFRL & ~0x0000FF00u) | 0x00007700u;
    GPIOA_AFRH = (GPIOA_AFRH & ~0x00000FF0u) | 0x00000770u;
    GPIOA_PUPDR = (GPIOA_PUPDR & ~0x003C00F0u) | 0x00100040u;
    GPIOA_MODER = (GPIOA_MODER & ~0x003C00F0u) | 0x002800A0u;
}

static void enable_interrupt(uint32_t irq)
{
    NVIC_IPR(irq) = IRQ_PRIORITY;
    NVIC_ISER(irq) = 1u << irq % 32u;
}

uint8_t port_start(Port *port)
{
    (void)irq_mask();
    PortCrash crash;
    const uint8_t reason = crash_reset_reason(&crash);
    port->crash_pc = crash.pc;
    port->crash_lr = crash.lr;
    port->crash_status = crash.status;
    clock_init(&port->clock);
    port->devices = port->clock.source != CLOCK_EMULATED;
    watchdog_start(port->clock.source == CLOCK_EMULATED);
    connect_pins();
    usart_start(&port->usart[PORT_BUS], USART1, port->clock.apb2_hz, BAUD);
    usart_start(&port->usart[PORT_STIMULUS], USART2, port->clock.apb1_hz, BAUD);
    return reason;
}

void port_run(Port *port)
{
    clock_start(&port->clock);
    enable_interrupt(IRQ_USART1);
    enable_interrupt(IRQ_USART2);
    irq_restore(0);
}

void port_tick(Port *port)
{
    clock_tick(&port->clock);
    torquers_tick(&port->torquers);
    crash_tick();
}

/* In lock-step the simulator's time says when a cycle was missed (port_watchdog_expired). Otherwise the hardware's
 * watchdog does: it is not kicked when the cycles have stopped. */
static bool cycles_stopped(const Port *port)
{
    return !port->lock_step && port_watchdog_expired(port);
}

static void kick_when_due(Port *port)
{
    if (port->clock.ms - port->kicked_ms >= WATCHDOG_KICK_MS && !cycles_stopped(port)) {
        port->kicked_ms = port->clock.ms;
        watchdog_kick();
        crash_kicked();
    }
}

void port_idle(Port *port)
{
    kick_when_due(port);
    const uint32_t mask = irq_mask();
    if (!usart_received(&port->usart[PORT_BUS]) && !usart_received(&port->usart[PORT_STIMULUS])) {
        wait_for_interrupt();
    }
    irq_restore(mask);
}

int64_t port_now(const Port *port)
{
    return port->lock_step ? port->now_ns : clock_now(&port->clock);
}

void port_set_now(Port *port, int64_t now_ns)
{
    if (!port->lock_step) { /* times before and after this have nothing in common */
        port->lock_step = true;
        port->kick_ns = now_ns;
    }
    port->now_ns = now_ns;
}

size_t port_receive(Port *port, PortId id, uint8_t *octets, size_t capacity)
{
    return usart_receive(&port->usart[id], octets, capacity);
}

/* Milliseconds are counted by the interrupts that came: where an emulator was held up, they did not. */
bool port_wait_bus(Port *port, uint32_t limit_ms)
{
    const uint32_t start_ms = port->clock.ms;
    for (;;) {
        kick_when_due(port);
        const uint32_t mask = irq_mask();
        const bool received = usart_received(&port->usart[PORT_BUS]);
        if (!received) {
            wait_for_interrupt();
        }
        irq_restore(mask);
        if (received || port->clock.ms - start_ms > limit_ms) {
            return received;
        }
    }
}

bool port_send(Port *port, PortId id, const uint8_t *octets, size_t size)
{
    return usart_send(&port->usart[id], octets, size);
}

void port_watchdog_kick(Port *port, uint16_t period_ms)
{
    port->kick_ns = port_now(port);
    port->watchdog_ms = period_ms;
}

bool port_watchdog_expired(const Port *port)
{
    return port->watchdog_ms != 0 && port_now(port) - port->kick_ns > (int64_t)port->watchdog_ms * NS_PER_MS;
}

PortCrash port_crash(const Port *port)
{
    const bool first = port->lives <= 1;
    return first ? (PortCrash){port->crash_pc, port->crash_lr, port->crash_status} : (PortCrash){0, 0, 0};
}

void port_restart(Port *port)
{
    port->lives += 1;
    port->watchdog_ms = 0;
    torquers_stop(&port->torquers);
    usart_forget(&port->usart[PORT_BUS]);
    usart_forget(&port->usart[PORT_STIMULUS]);
}

/* An emulator has no sensors, and cycles that come when nobody asked for them would make no two runs alike. */
bool port_has_devices(const Port *port)
{
    return port->devices;
}

bool port_runs_alone(const Port *port)
{
    return port_has_devices(port) && !port->lock_step;
}

/* Whether a pin (16 port + number) may select a device: not one that the port itself or the debugger uses. */
static bool is_free(uint8_t pin)
{
    static const uint32_t used[SPI_PINS / 16] = {0x66EC, 0x00C0, 0x0FC0}; /* of PA, PB, PC */
    return pin < SPI_PINS && (used[pin / 16u] & 1u << pin % 16u) == 0;
}

bool port_open_device(Port *port, uint8_t type, uint8_t address, RegisterBus *bus)
{
    if (!port->devices) {
        return false;
    }
    if (type == REGISTER_BUS_TYPE_SPI && port->spi_opened < PORT_DEVICES && is_free(address)) {
        Spi *spi = &port->spi[port->spi_opened++];
        spi->select = address;
        spi_start(spi);
        *bus = spi_registers(spi);
        return true;
    }
    if (type == REGISTER_BUS_TYPE_I2C && port->i2c_opened < PORT_DEVICES && address < I2C_ADDRESSES) {
        I2c *i2c = &port->i2c[port->i2c_opened++];
        i2c->apb1_hz = port->clock.apb1_hz;
        i2c->core_mhz = port->clock.core_mhz;
        i2c->address = address;
        i2c_start(i2c);
        *bus = i2c_registers(i2c);
        return true;
    }
    return false;
}

void port_close_devices(Port *port)
{
    port->i2c_opened = 0;
    port->spi_opened = 0;
}

/* Pins and timer are left alone until there is something to drive. The timers of a divided bus run at twice its clock
 * (RM0090 7.2). */
void port_drive_torquers(Port *port, const int16_t *permille, uint16_t duration_ms)
{
    if (duration_ms == 0) {
        torquers_stop(&port->torquers);
        return;
    }
    const bool divided = port->clock.source != CLOCK_RC;
    torquers_start(&port->torquers, divided ? 2u * port->clock.apb1_hz : port->clock.apb1_hz);
    torquers_drive(&port->torquers, permille, duration_ms);
}
