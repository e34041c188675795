/* What an emulator cannot show of the STM32F405 port, on a model of its registers: which clock it falls back to, time
 * across the counter's wrap, why silicon says that it was reset, when the hardware's watchdog is kicked, and what a
 * serial port does when octets come too fast.
 *
 *   stm32f405_port CHECK    silent and 0 when the check holds, else one line and 1 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "crash.h"
#include "model.h"
#include "regs.h"
#include "system.h"
#include "usart.h"
#include "watchdog.h"
#include "wire.h"

#define CHECK(condition) check(condition, #condition, __LINE__)

Model model;

static void check(bool holds, const char *condition, int line)
{
    if (!holds) {
        fprintf(stderr, "stm32f405_port: line %d: %s does not hold\n", line, condition);
        exit(1);
    }
}

/* The register at `address`, after the hardware has done what its other registers ask for. */
volatile uint32_t *model_register(uintptr_t address)
{
    if ((model.rcc_cr & RCC_CR_HSEON) != 0 && model.crystal) {
        model.rcc_cr |= RCC_CR_HSERDY;
    }
    if ((model.rcc_cr & RCC_CR_PLLON) != 0 && model.pll) {
        model.rcc_cr |= RCC_CR_PLLRDY;
    }
    if ((model.rcc_cfgr & 3u) == RCC_CFGR_SW_PLL && model.can_switch) {
        model.rcc_cfgr |= RCC_CFGR_SWS_PLL;
    }
    switch (address) {
    case 0x40023800u:
        return &model.rcc_cr;
    case 0x40023804u:
        return &model.rcc_pllcfgr;
    case 0x40023808u:
        return &model.rcc_cfgr;
    case 0x40023874u:
        return &model.rcc_csr;
    case 0x40003000u:
        return &model.iwdg_kr;
    case 0xE000E018u:
        return &model.systick;
    case 0xE000ED04u:
        return &model.icsr;
    default:
        return &model.other;
    }
}

static Clock started(bool silicon, bool crystal, bool pll, bool can_switch)
{
    Clock clock = {0};
    memset(&model, 0, sizeof model);
    model.rcc_cr = silicon ? RCC_CR_HSIRDY : 0;
    model.crystal = crystal;
    model.pll = pll;
    model.can_switch = can_switch;
    clock_init(&clock);
    return clock;
}

static void check_clocks(void)
{
    const Clock best = started(true, true, true, true);
    CHECK(best.source == CLOCK_CRYSTAL && best.core_mhz == 168 && best.apb1_hz == 42000000 && best.apb2_hz == 84000000);
    CHECK((model.rcc_pllcfgr & RCC_PLLCFGR_SRC_HSE) != 0 && (model.rcc_pllcfgr & 63u) == HSE_MHZ);
    const Clock second = started(true, false, true, true);
    CHECK(second.source == CLOCK_RC_PLL && second.core_mhz == 168 && second.apb2_hz == 84000000);
    CHECK((model.rcc_pllcfgr & RCC_PLLCFGR_SRC_HSE) == 0 && (model.rcc_pllcfgr & 63u) == 16);
    CHECK((model.rcc_cr & RCC_CR_HSEON) == 0);
    const Clock unlocked = started(true, true, false, true);
    CHECK(unlocked.source == CLOCK_RC && unlocked.core_mhz == 16 && unlocked.apb1_hz == 16000000);
    CHECK((model.rcc_cr & RCC_CR_PLLON) == 0);
    const Clock stuck = started(true, true, true, false);
    CHECK(stuck.source == CLOCK_RC && stuck.apb2_hz == 16000000 && model.rcc_cfgr == 0);
    const Clock emulated = started(false, false, false, false);
    CHECK(emulated.source == CLOCK_EMULATED && emulated.core_mhz == 168);
    CHECK(model.rcc_cr == 0); /* nothing was asked of it */
}

static void check_time(void)
{
    Clock clock = started(true, true, true, true);
    clock_start(&clock);
    CHECK(clock_now(&clock) == 0);
    model.systick = 168000 - 168; /* counts down: a microsecond later */
    CHECK(clock_now(&clock) == 1000);
    model.systick = 1;
    CHECK(clock_now(&clock) == 999994);
    model.systick = 0; /* wrapped; its interrupt waits behind a mask, */
    model.icsr = SCB_ICSR_PENDSTSET;
    CHECK(clock_now(&clock) == 1000000);
    clock_tick(&clock); /* then it comes */
    model.icsr = 0;
    CHECK(clock_now(&clock) == 1000000);
    clock.ms = UINT32_MAX; /* 49 days */
    CHECK(clock_now(&clock) == 4294967295000000);
    clock_tick(&clock);
    CHECK(clock_now(&clock) == 4294967296000000);
}

static uint8_t reason_of(uint32_t flags)
{
    PortCrash crash;
    model.rcc_csr = flags;
    const uint8_t reason = crash_reset_reason(&crash);
    CHECK(crash.pc == 0 && crash.status == 0);
    CHECK((model.rcc_csr & RCC_CSR_RMVF) != 0);
    return reason;
}

/* The pin's flag comes with every reset; power-on also sets the brown-out's. */
static void check_reset_flags(void)
{
    CHECK(reason_of((uint32_t)RCC_CSR_PORRSTF | RCC_CSR_BORRSTF | RCC_CSR_PINRSTF) == RESET_REASON_POWER_ON);
    CHECK(reason_of((uint32_t)RCC_CSR_BORRSTF | RCC_CSR_PINRSTF) == RESET_REASON_POWER_ON);
    CHECK(reason_of((uint32_t)RCC_CSR_IWDGRSTF | RCC_CSR_PINRSTF) == RESET_REASON_WATCHDOG);
    CHECK(reason_of((uint32_t)RCC_CSR_WWDGRSTF | RCC_CSR_PINRSTF) == RESET_REASON_WATCHDOG);
    CHECK(reason_of((uint32_t)RCC_CSR_SFTRSTF | RCC_CSR_PINRSTF) == RESET_REASON_SOFTWARE);
    CHECK(reason_of(RCC_CSR_PINRSTF) == RESET_REASON_EXTERNAL);
}

/* Without flags: power-on the first time, then by how long ago the main loop kicked. */
static void check_reset_memory(void)
{
    CHECK(reason_of(0) == RESET_REASON_POWER_ON);
    CHECK(reason_of(0) == RESET_REASON_EXTERNAL);
    for (uint32_t ms = 0; ms < 1000; ms++) {
        crash_tick();
    }
    crash_kicked();
    for (uint32_t ms = 0; ms < 3 * WATCHDOG_KICK_MS; ms++) {
        crash_tick();
    }
    CHECK(reason_of(0) == RESET_REASON_EXTERNAL);
    for (uint32_t ms = 0; ms <= 3 * WATCHDOG_KICK_MS; ms++) {
        crash_tick();
    }
    CHECK(reason_of(0) == RESET_REASON_WATCHDOG);
    CHECK(reason_of(0) == RESET_REASON_EXTERNAL);
}

/* Pass `ms` milliseconds, each with a pass of the main loop; returns how often the hardware's watchdog was kicked. */
static unsigned kicks_in(Port *port, uint32_t ms)
{
    unsigned kicks = 0;
    for (uint32_t i = 0; i < ms; i++) {
        port_tick(port);
        model.iwdg_kr = 0;
        port_idle(port);
        kicks += model.iwdg_kr == IWDG_KR_RELOAD;
    }
    return kicks;
}

static void check_kicks(void)
{
    static Port port;
    port.clock = started(true, true, true, true);
    CHECK(kicks_in(&port, 1000) == 20); /* not configured: the main loop runs, that is enough */
    for (int cycle = 0; cycle < 10; cycle++) {
        port_watchdog_kick(&port, 250);
        CHECK(kicks_in(&port, 100) == 2);
    }
    CHECK(kicks_in(&port, 150) == 3);
    CHECK(kicks_in(&port, 1000) == 0); /* cycles have stopped: the hardware bites */
    port_watchdog_kick(&port, 250);
    port_set_now(&port, 7); /* in lock-step the simulator's time decides, */
    CHECK(port_now(&port) == 7 && !port_watchdog_expired(&port));
    CHECK(kicks_in(&port, 1000) >= 19);
    port_set_now(&port, 250000007);
    CHECK(!port_watchdog_expired(&port));
    port_set_now(&port, 250000008);
    CHECK(port_watchdog_expired(&port)); /* and the board starts anew by itself */
    CHECK(kicks_in(&port, 1000) == 20);
    port_restart(&port);
    CHECK(!port_watchdog_expired(&port) && port_now(&port) == 250000008);
}

/* Devices by bus and address: as many as there is room for, and never by a pin that is something else. */
static void check_devices(void)
{
    static Port port;
    RegisterBus bus;
    static const uint8_t used[] = {2, 3, 5, 6, 7, 9, 10, 13, 14, 22, 23, 38, 39, 40, 41, 42, 43, 48, 255};
    port.clock = started(true, true, true, true);
    CHECK(!port_open_device(&port, REGISTER_BUS_TYPE_SPI, 4, &bus)); /* an emulator has none */
    port.devices = true;
    for (size_t i = 0; i < sizeof used; i++) {
        CHECK(!port_open_device(&port, REGISTER_BUS_TYPE_SPI, used[i], &bus));
    }
    CHECK(!port_open_device(&port, 0, 4, &bus) && !port_open_device(&port, 3, 4, &bus));
    CHECK(!port_open_device(&port, REGISTER_BUS_TYPE_I2C, 0x80, &bus));
    for (int life = 0; life < 2; life++) {
        for (uint8_t i = 0; i < PORT_DEVICES; i++) {
            CHECK(port_open_device(&port, REGISTER_BUS_TYPE_SPI, i == 0 ? 4 : (uint8_t)(16 + i), &bus));
            CHECK(bus.context == &port.spi[i] && port.spi[i].select == (i == 0 ? 4 : 16 + i));
            CHECK(port_open_device(&port, REGISTER_BUS_TYPE_I2C, (uint8_t)(0x20 + i), &bus));
            CHECK(bus.context == &port.i2c[i] && port.i2c[i].address == 0x20 + i);
        }
        CHECK(!port_open_device(&port, REGISTER_BUS_TYPE_SPI, 4, &bus));
        CHECK(!port_open_device(&port, REGISTER_BUS_TYPE_I2C, 0x20, &bus));
        port_close_devices(&port);
    }
}

static UsartRegisters registers;

static void receive(Usart *usart, uint32_t octet, uint32_t status)
{
    registers.DR = octet;
    registers.SR = status;
    usart_interrupt(usart);
}

static void check_receiving(void)
{
    static Usart usart;
    uint8_t octets[RING_SIZE + 1];
    usart_start(&usart, &registers, 84000000, 115200);
    CHECK(registers.BRR == 729 && (registers.CR1 & USART_CR1_RXNEIE) != 0);
    for (uint32_t lap = 0; lap < 3; lap++) { /* the ring wraps */
        for (uint32_t i = 0; i < RING_SIZE - 7; i++) {
            receive(&usart, i & 0xFFu, USART_SR_RXNE);
        }
        CHECK(usart_receive(&usart, octets, sizeof octets) == RING_SIZE - 7);
        for (uint32_t i = 0; i < RING_SIZE - 7; i++) {
            CHECK(octets[i] == (i & 0xFFu));
        }
    }
    for (uint32_t i = 0; i < RING_SIZE + 5; i++) {
        receive(&usart, i & 0xFFu, USART_SR_RXNE);
    }
    CHECK(usart.overflows == 5 && usart.overruns == 0);
    CHECK(usart_receive(&usart, octets, sizeof octets) == RING_SIZE && octets[0] == 0 && octets[RING_SIZE - 1] == 255);
    CHECK(!usart_received(&usart) && usart_receive(&usart, octets, sizeof octets) == 0);
    receive(&usart, 0x55, (uint32_t)USART_SR_RXNE | USART_SR_ORE); /* this one came, the next was lost */
    receive(&usart, 0x66, USART_SR_ORE);                           /* lost, and nothing to read */
    receive(&usart, 0x77, (uint32_t)USART_SR_RXNE | USART_SR_FE);
    receive(&usart, 0x88, 0);
    CHECK(usart.overruns == 2 && usart.line_errors == 1);
    CHECK(usart_receive(&usart, octets, sizeof octets) == 2 && octets[0] == 0x55 && octets[1] == 0x77);
    receive(&usart, 0x99, USART_SR_RXNE);
    usart_forget(&usart);
    CHECK(!usart_received(&usart));
}

/* A transmitter that is busy until its interrupt comes, as on silicon; frames that do not fit are refused whole. */
static void check_sending(void)
{
    static Usart usart;
    static const uint8_t frame[100] = {7};
    usart_start(&usart, &registers, 42000000, 115200);
    registers.SR = 0;
    uint32_t taken = 0;
    while (usart_send(&usart, frame, sizeof frame)) {
        taken += sizeof frame;
    }
    CHECK(taken == RING_SIZE / sizeof frame * sizeof frame);
    CHECK((registers.CR1 & USART_CR1_TXEIE) != 0);
    registers.SR = USART_SR_TXE;
    registers.DR = 0xFFFF;
    usart_interrupt(&usart); /* the model's transmitter takes them all, as QEMU's does */
    CHECK(registers.DR == 0 && (registers.CR1 & USART_CR1_TXEIE) == 0);
    CHECK(usart_send(&usart, frame, 1) && registers.DR == 7 && (registers.CR1 & USART_CR1_TXEIE) == 0);
}

int main(int argc, char **argv)
{
    static const struct {
        const char *name;
        void (*run)(void);
    } checks[] = {
        {"clocks", check_clocks},           {"time", check_time},         {"kicks", check_kicks},
        {"reset-flags", check_reset_flags}, {"reset-memory", check_reset_memory},
        {"receiving", check_receiving},     {"sending", check_sending},   {"devices", check_devices},
    };
    for (size_t i = 0; argc == 2 && i < sizeof checks / sizeof checks[0]; i++) {
        if (strcmp(argv[1], checks[i].name) == 0) {
            checks[i].run();
            return 0;
        }
    }
    fprintf(stderr, "usage: stm32f405_port clocks|time|kicks|reset-flags|reset-memory|receiving|sending|devices\n");
    return 2;
}
