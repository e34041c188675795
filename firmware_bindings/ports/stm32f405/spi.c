#include "spi.h"

#include "device_regs.h"

enum { PIN_CLOCK = 5, PIN_IN = 6, PIN_OUT = 7, FUNCTION_SPI1 = 5, READ = 0x80 };

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

/* Set a select pin. */
static void select_device(const Spi *spi, uint32_t high)
{
    gpio_write(GPIO_A + 0x400u * (spi->select / 16u), spi->select % 16u, high);
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
static bool release(const Spi *spi, bool complete)
{
    const bool idle = wait_for(SPI_SR_BSY, 0);
    select_device(spi, 1);
    if (!complete) {
        (void)SPI1_DR;
    }
    return complete && idle;
}

static bool spi_read(void *context, uint8_t reg, uint8_t *octets, size_t size)
{
    const Spi *spi = context;
    uint8_t ignored = 0;
    select_device(spi, 0);
    bool going = exchange(reg | READ, &ignored);
    for (size_t i = 0; going && i < size; i++) {
        going = exchange(0, &octets[i]);
    }
    return release(spi, going);
}

static bool spi_write(void *context, uint8_t reg, const uint8_t *octets, size_t size)
{
    const Spi *spi = context;
    uint8_t ignored = 0;
    select_device(spi, 0);
    bool going = exchange(reg, &ignored);
    for (size_t i = 0; going && i < size; i++) {
        going = exchange(octets[i], &ignored);
    }
    return release(spi, going);
}

void spi_start(const Spi *spi)
{
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOA | 1u << (spi->select / 16u);
    RCC_APB2ENR |= RCC_APB2ENR_SPI1;
    select_device(spi, 1);
    gpio_set_mode(GPIO_A + 0x400u * (spi->select / 16u), spi->select % 16u, GPIO_OUTPUT);
    for (uint32_t pin = PIN_CLOCK; pin <= PIN_OUT; pin++) {
        gpio_set_function(GPIO_A, pin, FUNCTION_SPI1);
        gpio_set_mode(GPIO_A, pin, GPIO_ALTERNATE);
    }
    gpio_set_pull(GPIO_A, PIN_IN, GPIO_PULL_DOWN); /* no device: zeros, not noise */
    SPI1_CR1 = SPI_CR1_MSTR | SPI_CR1_SSM | SPI_CR1_SSI | SPI_CR1_CPOL | SPI_CR1_CPHA | SPI_CR1_DIV16;
    SPI1_CR1 |= SPI_CR1_SPE;
}

RegisterBus spi_registers(Spi *spi)
{
    return (RegisterBus){.context = spi, .read = spi_read, .write = spi_write};
}
