#include "spi.h"

#include "device_regs.h"

enum { PIN_SELECT = 4, PIN_CLOCK = 5, PIN_IN = 6, PIN_OUT = 7, FUNCTION_SPI1 = 5, READ = 0x80 };

/* Polls of one flag: an octet takes 1.6 us (8 us from the RC oscillator), a poll at least 4 cycles. */
#define POLLS_MAX 2000u

static bool wait_for(uint32_t mask, uint32_t value)
{
    for (uint32_t i = 0; i < POLLS_MAX; i++) {
        if ((SPI1_SR & mask) == value) {
            return true;
        }
    }
    return false;
}

/* One octet out and one in. */
static bool exchange(uint8_t out, uint8_t *in)
{
    if (!wait_for(SPI_SR_TXE, SPI_SR_TXE)) {
        return false;
    }
    SPI1_DR = out;
    if (!wait_for(SPI_SR_RXNE, SPI_SR_RXNE)) {
        return false;
    }
    *in = (uint8_t)(SPI1_DR & 0xFFu);
    return true;
}

/* End a transfer; one that broke off may have left an octet behind. */
static bool release(bool complete)
{
    const bool idle = wait_for(SPI_SR_BSY, 0);
    gpio_write(GPIO_A, PIN_SELECT, 1);
    if (!complete) {
        (void)SPI1_DR;
    }
    return complete && idle;
}

static bool spi_read(void *context, uint8_t reg, uint8_t *octets, size_t size)
{
    (void)context;
    uint8_t ignored = 0;
    gpio_write(GPIO_A, PIN_SELECT, 0);
    bool going = exchange(reg | READ, &ignored);
    for (size_t i = 0; going && i < size; i++) {
        going = exchange(0, &octets[i]);
    }
    return release(going);
}

static bool spi_write(void *context, uint8_t reg, const uint8_t *octets, size_t size)
{
    (void)context;
    uint8_t ignored = 0;
    gpio_write(GPIO_A, PIN_SELECT, 0);
    bool going = exchange(reg, &ignored);
    for (size_t i = 0; going && i < size; i++) {
        going = exchange(octets[i], &ignored);
    }
    return release(going);
}

void spi_start(void)
{
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOA;
    RCC_APB2ENR |= RCC_APB2ENR_SPI1;
    gpio_write(GPIO_A, PIN_SELECT, 1);
    gpio_set_mode(GPIO_A, PIN_SELECT, GPIO_OUTPUT);
    for (uint32_t pin = PIN_CLOCK; pin <= PIN_OUT; pin++) {
        gpio_set_function(GPIO_A, pin, FUNCTION_SPI1);
        gpio_set_mode(GPIO_A, pin, GPIO_ALTERNATE);
    }
    gpio_set_pull(GPIO_A, PIN_IN, GPIO_PULL_DOWN); /* no device: zeros, not noise */
    SPI1_CR1 = SPI_CR1_MSTR | SPI_CR1_SSM | SPI_CR1_SSI | SPI_CR1_CPOL | SPI_CR1_CPHA | SPI_CR1_DIV16;
    SPI1_CR1 |= SPI_CR1_SPE;
}

RegisterBus spi_registers(void)
{
    return (RegisterBus){.context = 0, .read = spi_read, .write = spi_write};
}
