/* The sequences of events are those of RM0090 27.3.3 (master mode), "Closing the communication" included. */
#include "i2c.h"

#include "device_regs.h"

enum { PIN_CLOCK = 6, PIN_DATA = 7, FUNCTION_I2C1 = 4, READ_MIN = 3, UNSTICK_CLOCKS = 9 };
#define SPEED_HZ 400000u
#define RISE_NS 300u /* fast mode, I2C specification table 10 */

/* Polls of one flag: an octet takes 23 us, 3800 cycles; a poll takes at least 6. */
#define POLLS_MAX 4000u

/* Wait for a flag of SR1; false on time-out, or when the device or another master ends the transfer. */
static bool wait_for(uint32_t flag)
{
    for (uint32_t i = 0; i < POLLS_MAX; i++) {
        const uint32_t status = I2C1_SR1;
        if ((status & (I2C_SR1_AF | I2C_SR1_BERR | I2C_SR1_ARLO)) != 0) {
            return false;
        }
        if ((status & flag) != 0) {
            return true;
        }
    }
    return false;
}

static bool wait_until_free(void)
{
    for (uint32_t i = 0; i < POLLS_MAX; i++) {
        if ((I2C1_SR2 & I2C_SR2_BUSY) == 0) {
            return true;
        }
    }
    return false;
}

/* About 8 us: a clock of 60 kHz. */
static void half_a_clock(const I2c *i2c)
{
    for (volatile uint32_t i = i2c->core_mhz; i > 0; i--) {
    }
}

/* A device that was interrupted in mid-octet holds the data line: clock until it lets go, then a stop condition. */
static void unstick(const I2c *i2c)
{
    gpio_write(GPIO_B, PIN_CLOCK, 1);
    gpio_write(GPIO_B, PIN_DATA, 1);
    gpio_set_mode(GPIO_B, PIN_CLOCK, GPIO_OUTPUT);
    gpio_set_mode(GPIO_B, PIN_DATA, GPIO_OUTPUT);
    for (int i = 0; i < UNSTICK_CLOCKS && (GPIO_IDR(GPIO_B) & 1u << PIN_DATA) == 0; i++) {
        gpio_write(GPIO_B, PIN_CLOCK, 0);
        half_a_clock(i2c);
        gpio_write(GPIO_B, PIN_CLOCK, 1);
        half_a_clock(i2c);
    }
    gpio_write(GPIO_B, PIN_CLOCK, 0);
    gpio_write(GPIO_B, PIN_DATA, 0);
    half_a_clock(i2c);
    gpio_write(GPIO_B, PIN_CLOCK, 1);
    half_a_clock(i2c);
    gpio_write(GPIO_B, PIN_DATA, 1);
    half_a_clock(i2c);
}

/* Reset the peripheral and set it up: 400 kHz with the low time twice the high time. */
static void set_up(const I2c *i2c)
{
    const uint32_t apb1_mhz = i2c->apb1_hz / 1000000u;
    gpio_set_mode(GPIO_B, PIN_CLOCK, GPIO_ALTERNATE);
    gpio_set_mode(GPIO_B, PIN_DATA, GPIO_ALTERNATE);
    I2C1_CR1 = I2C_CR1_SWRST;
    I2C1_CR1 = 0;
    I2C1_CR2 = apb1_mhz;
    I2C1_CCR = I2C_CCR_FAST | (i2c->apb1_hz + 3u * SPEED_HZ - 1u) / (3u * SPEED_HZ);
    I2C1_TRISE = apb1_mhz * RISE_NS / 1000u + 1u;
    I2C1_CR1 = I2C_CR1_PE;
}

/* End a transfer that failed. Without an acknowledge the bus is fine; anything else gets the whole cure. */
static bool abandon(I2c *i2c)
{
    const bool unanswered = (I2C1_SR1 & I2C_SR1_AF) != 0;
    I2C1_SR1 = 0;
    I2C1_CR1 |= I2C_CR1_STOP;
    if (unanswered && wait_until_free()) {
        i2c->unanswered = (uint16_t)(i2c->unanswered + 1u);
        return false;
    }
    i2c->recoveries = (uint16_t)(i2c->recoveries + 1u);
    unstick(i2c);
    set_up(i2c);
    return false;
}

/* A start condition and the address; `reading` is its lowest bit. */
static bool address(const I2c *i2c, uint32_t reading)
{
    I2C1_CR1 |= I2C_CR1_START;
    if (!wait_for(I2C_SR1_SB)) {
        return false;
    }
    I2C1_DR = (uint32_t)i2c->address << 1 | reading;
    if (!wait_for(I2C_SR1_ADDR)) {
        return false;
    }
    (void)I2C1_SR2; /* clears ADDR, and the transfer goes on */
    return true;
}

static bool send(uint8_t octet)
{
    if (!wait_for(I2C_SR1_TXE)) {
        return false;
    }
    I2C1_DR = octet;
    return true;
}

/* The last three octets are taken while the clock stands still, so that acknowledge and stop come where they belong
 * however long an interrupt takes. */
static bool receive(uint8_t *octets, size_t size)
{
    size_t i = 0;
    for (; i < size - READ_MIN; i++) {
        if (!wait_for(I2C_SR1_RXNE)) {
            return false;
        }
        octets[i] = (uint8_t)(I2C1_DR & 0xFFu);
    }
    if (!wait_for(I2C_SR1_BTF)) {
        return false;
    }
    I2C1_CR1 &= ~(uint32_t)I2C_CR1_ACK;
    octets[i] = (uint8_t)(I2C1_DR & 0xFFu);
    if (!wait_for(I2C_SR1_BTF)) {
        return false;
    }
    I2C1_CR1 |= I2C_CR1_STOP;
    octets[i + 1] = (uint8_t)(I2C1_DR & 0xFFu);
    octets[i + 2] = (uint8_t)(I2C1_DR & 0xFFu);
    return true;
}

static bool i2c_read(void *context, uint8_t reg, uint8_t *octets, size_t size)
{
    I2c *i2c = context;
    if (size < READ_MIN) {
        return false;
    }
    if (!wait_until_free() || !address(i2c, 0) || !send(reg) || !wait_for(I2C_SR1_BTF)) {
        return abandon(i2c);
    }
    I2C1_CR1 |= I2C_CR1_ACK;
    return (address(i2c, 1) && receive(octets, size)) || abandon(i2c);
}

static bool i2c_write(void *context, uint8_t reg, const uint8_t *octets, size_t size)
{
    I2c *i2c = context;
    bool going = wait_until_free() && address(i2c, 0) && send(reg);
    for (size_t i = 0; going && i < size; i++) {
        going = send(octets[i]);
    }
    if (!going || !wait_for(I2C_SR1_BTF)) {
        return abandon(i2c);
    }
    I2C1_CR1 |= I2C_CR1_STOP;
    return true;
}

void i2c_start(const I2c *i2c)
{
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOB;
    RCC_APB1ENR |= RCC_APB1ENR_I2C1;
    GPIO_OTYPER(GPIO_B) |= 1u << PIN_CLOCK | 1u << PIN_DATA; /* open drain */
    gpio_set_function(GPIO_B, PIN_CLOCK, FUNCTION_I2C1);
    gpio_set_function(GPIO_B, PIN_DATA, FUNCTION_I2C1);
    set_up(i2c);
}

RegisterBus i2c_registers(I2c *i2c)
{
    return (RegisterBus){.context = i2c, .read = i2c_read, .write = i2c_write};
}
