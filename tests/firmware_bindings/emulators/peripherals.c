#include "peripherals.h"

#include <stdlib.h>
#include <string.h>

#include "device_regs.h"
#include "model.h"

enum { CR1 = 0x40005400, DR = 0x40005410, SR1 = 0x40005414, SR2 = 0x40005418 };
enum { SPI_SR = 0x40013008, SPI_DR = 0x4001300C, BSRR_A = 0x40020018, BSRR_B = 0x40020418, BSRR_C = 0x40020818 };
enum { IDR_B = 0x40020410, ODR_C = 0x40020814, CCR1 = 0x40000434 };
enum { IDLE, STARTED, ADDRESSED_TO_WRITE, ADDRESSED_TO_READ, WRITING, READING };
#define UNTOUCHED 0x100u /* in a data register: nobody wrote, for what is written has 8 bits */

Peripherals peripherals;

static volatile uint32_t *word(uintptr_t address)
{
    size_t i = 0;
    while (peripherals.words[i].address != 0 && peripherals.words[i].address != address) {
        i++;
        if (i == sizeof peripherals.words / sizeof peripherals.words[0]) {
            abort();
        }
    }
    peripherals.words[i].address = address;
    return &peripherals.words[i].value;
}

uint32_t peripherals_word(uintptr_t address)
{
    return *word(address);
}

static uint32_t draw(uint32_t below)
{
    Peripherals *p = &peripherals;
    p->random ^= p->random << 13;
    p->random ^= p->random >> 7;
    p->random ^= p->random << 17;
    return (uint32_t)(p->random >> 32) % below;
}

void peripherals_start(uint64_t random)
{
    memset(&peripherals, 0, sizeof peripherals);
    peripherals.random = random + 1u;
    for (int i = 0; i < 256; i++) {
        peripherals.spi.registers[i] = (uint8_t)draw(256);
        peripherals.i2c.registers[i] = (uint8_t)draw(256);
    }
}

/* Something happened on a bus: the next flag takes a while. */
static void hold_flags(void)
{
    peripherals.delay = peripherals.delay_max != 0 ? draw(peripherals.delay_max) : 0;
}

static bool flags_held(void)
{
    if (peripherals.delay > 0) {
        peripherals.delay -= 1;
        return true;
    }
    return false;
}

static uint8_t spi_exchange(uint8_t out)
{
    BusDevice *device = &peripherals.spi;
    uint8_t in = 0;
    if (!peripherals.selected || peripherals.absent) {
        return 0;
    }
    if (device->octets == 0) {
        device->at = out & 0x7F;
        device->reads = (out & 0x80) != 0;
    } else if (device->reads) {
        in = device->registers[device->at++];
    } else {
        device->registers[device->at++] = out;
    }
    device->octets += 1;
    return in;
}

/* A device that reads goes on until the board refuses an octet; two fit into the peripheral. */
static void i2c_receive(bool acknowledges)
{
    Peripherals *p = &peripherals;
    for (int i = 0; i < 2 && p->i2c_state == READING; i++) {
        if (!p->i2c_full[1] && !p->i2c_refused) {
            p->i2c_octet[1] = p->i2c.registers[p->i2c.at++];
            p->i2c_full[1] = true;
            p->i2c.read += 1;
            p->i2c.acknowledged += acknowledges;
            p->i2c_refused = !acknowledges;
            hold_flags();
        }
        if (!p->i2c_full[0] && p->i2c_full[1]) {
            p->i2c_octet[0] = p->i2c_octet[1];
            p->i2c_full[0] = true;
            p->i2c_full[1] = false;
        }
    }
    p->sr1 = (p->i2c_full[0] ? (uint32_t)I2C_SR1_RXNE : 0u) |
             (p->i2c_full[0] && p->i2c_full[1] ? (uint32_t)I2C_SR1_BTF : 0u);
}

static void i2c_write_octet(uint8_t octet)
{
    Peripherals *p = &peripherals;
    p->early += p->delay > 0;
    hold_flags();
    p->i2c.octets += 1;
    if (p->absent || (p->refuse_after != 0 && p->i2c.octets >= p->refuse_after)) {
        p->sr1 = I2C_SR1_AF;
    } else if (p->i2c_state == STARTED) {
        p->i2c_state = (octet & 1) != 0 ? ADDRESSED_TO_READ : ADDRESSED_TO_WRITE;
        p->sr1 = octet >> 1 == 0x20 ? I2C_SR1_ADDR : I2C_SR1_AF;
    } else if (p->i2c_state == WRITING) {
        if (p->i2c.octets == 2) {
            p->i2c.at = octet;
        } else {
            p->i2c.registers[p->i2c.at++] = octet;
        }
        p->sr1 = (uint32_t)I2C_SR1_TXE | I2C_SR1_BTF;
    }
}

static void i2c_control(uint32_t value)
{
    Peripherals *p = &peripherals;
    if ((value & I2C_CR1_SWRST) != 0) {
        p->i2c_state = IDLE;
        p->i2c_busy = false;
        p->i2c_hung = false;
        p->sr1 = 0;
        memset(p->i2c_full, 0, sizeof p->i2c_full);
    }
    if ((value & I2C_CR1_STOP) != 0) {
        p->i2c_state = IDLE;
        p->i2c_busy = false;
        *word(CR1) &= ~(uint32_t)I2C_CR1_STOP;
    }
    if ((value & I2C_CR1_START) != 0 && p->stuck == 0) {
        if (p->i2c_state != WRITING) { /* no repeated start */
            p->i2c.octets = 0;
        }
        p->i2c.read = 0;
        p->i2c.acknowledged = 0;
        p->i2c_state = STARTED;
        p->i2c_busy = true;
        p->i2c_refused = false;
        p->sr1 = (p->sr1 & I2C_SR1_AF) | I2C_SR1_SB; /* only software clears AF */
        *word(CR1) &= ~(uint32_t)I2C_CR1_START;
        hold_flags();
    }
}

static bool acknowledges(void)
{
    return (peripherals_word(CR1) & I2C_CR1_ACK) != 0;
}

/* The address was acknowledged and its flag cleared. */
static void i2c_go_on(void)
{
    Peripherals *p = &peripherals;
    if (p->i2c_state == ADDRESSED_TO_WRITE && p->sr1 == I2C_SR1_ADDR) {
        p->i2c_state = WRITING;
        p->sr1 = I2C_SR1_TXE;
    } else if (p->i2c_state == ADDRESSED_TO_READ && p->sr1 == I2C_SR1_ADDR) {
        p->i2c_state = READING;
        i2c_receive(acknowledges());
    }
}

static void pins_of_b(uint32_t value)
{
    Peripherals *p = &peripherals;
    const bool rises = (value & 1u << 6) != 0 && !p->clock_high;
    p->clock_high = (value & 1u << 6) != 0 || (p->clock_high && (value & 1u << 22) == 0);
    if (rises) {
        p->clocks += 1;
        p->stuck -= p->stuck > 0;
    }
}

static void pins_of_c(uint32_t value)
{
    const uint32_t old = peripherals_word(ODR_C);
    *word(ODR_C) = (old | (value & 0xFFFFu)) & ~(value >> 16);
    for (uintptr_t i = 0; i < 3; i++) {
        peripherals.sign_while_on += old != peripherals_word(ODR_C) && peripherals_word(CCR1 + 4 * i) != 0;
    }
}

void peripherals_settle(void)
{
    Peripherals *p = &peripherals;
    if (p->given == NULL) {
        return;
    }
    const uint32_t value = *p->given;
    const bool written = value != p->was;
    p->given = NULL;
    switch (p->last) {
    case SPI_DR:
        if (written) {
            *word(SPI_DR) = spi_exchange((uint8_t)value) | UNTOUCHED;
            hold_flags();
        }
        p->early += !written && !p->spi_dead && (!p->spi_received || p->delay > 0);
        p->spi_received = written;
        break;
    case BSRR_A:
        p->spi.octets = p->selected ? p->spi.octets : 0;
        p->selected = (value & 1u << 20) != 0;
        break;
    case BSRR_B:
        pins_of_b(value);
        break;
    case BSRR_C:
        pins_of_c(value);
        break;
    case CR1:
        i2c_control(value);
        break;
    case SR1:
        p->sr1 = written ? value : p->sr1;
        break;
    case SR2:
        i2c_go_on();
        break;
    case DR:
        if (written) {
            i2c_write_octet((uint8_t)value);
        } else {
            p->early += !p->i2c_full[0] || p->delay > 0;
            p->i2c_full[0] = p->i2c_full[1];
            p->i2c_octet[0] = p->i2c_octet[1];
            p->i2c_full[1] = false;
            i2c_receive(acknowledges());
        }
        break;
    default:
        break;
    }
}

/* What the register shows before it is accessed. */
static void refresh(uintptr_t address)
{
    Peripherals *p = &peripherals;
    switch (address) {
    case SPI_SR:
        *word(address) = p->spi_dead || flags_held() ? 0 : SPI_SR_TXE | (p->spi_received ? (uint32_t)SPI_SR_RXNE : 0u);
        break;
    case SPI_DR:
        *word(address) |= UNTOUCHED;
        break;
    case SR1:
        p->i2c_hung = p->i2c_hung || p->i2c_dead;
        *word(address) = p->i2c_hung || flags_held() ? 0 : p->sr1;
        break;
    case SR2:
        *word(address) = p->i2c_busy || p->stuck > 0 ? I2C_SR2_BUSY : 0;
        break;
    case DR:
        *word(address) = p->i2c_octet[0] | UNTOUCHED;
        break;
    case IDR_B:
        *word(address) = p->stuck > 0 ? 0 : 1u << 7;
        break;
    case BSRR_A:
    case BSRR_B:
    case BSRR_C:
        *word(address) = 0;
        break;
    default:
        break;
    }
}

volatile uint32_t *model_register(uintptr_t address)
{
    peripherals_settle();
    refresh(address);
    peripherals.accesses += 1;
    peripherals.last = address;
    peripherals.given = word(address);
    peripherals.was = *peripherals.given;
    return peripherals.given;
}
