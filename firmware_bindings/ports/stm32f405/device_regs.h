/* Registers of the STM32F405 for sensors and torquers; regs.h has the rest. Source: ST RM0090, rev. 19. */
#ifndef SMARTSAT_DEVICE_REGS_H
#define SMARTSAT_DEVICE_REGS_H
#include "regs.h"

enum {
    RCC_AHB1ENR_GPIOB = 1 << 1,
    RCC_AHB1ENR_GPIOC = 1 << 2,
    RCC_APB1ENR_TIM3 = 1 << 1,
    RCC_APB1ENR_I2C1 = 1 << 21,
    RCC_APB2ENR_SPI1 = 1 << 12
};

/* General-purpose input and output, ports A to C, by their addresses: RM0090 8.4. */
#define GPIO_A 0x40020000u
#define GPIO_B 0x40020400u
#define GPIO_C 0x40020800u
#define GPIO_MODER(port) REG32((port) + 0x00u)
#define GPIO_OTYPER(port) REG32((port) + 0x04u)
#define GPIO_PUPDR(port) REG32((port) + 0x0Cu)
#define GPIO_IDR(port) REG32((port) + 0x10u)
#define GPIO_BSRR(port) REG32((port) + 0x18u)
#define GPIO_AFR(port, pin) REG32((port) + 0x20u + 4u * ((pin) / 8u))
enum { GPIO_INPUT, GPIO_OUTPUT, GPIO_ALTERNATE };
enum { GPIO_FLOATING, GPIO_PULL_UP, GPIO_PULL_DOWN };

static inline void gpio_set_mode(uint32_t port, uint32_t pin, uint32_t mode)
{
    GPIO_MODER(port) = (GPIO_MODER(port) & ~(3u << 2u * pin)) | mode << 2u * pin;
}

static inline void gpio_set_pull(uint32_t port, uint32_t pin, uint32_t pull)
{
    GPIO_PUPDR(port) = (GPIO_PUPDR(port) & ~(3u << 2u * pin)) | pull << 2u * pin;
}

/* The function that a pin in GPIO_ALTERNATE has (data sheet DS8626, table 9). */
static inline void gpio_set_function(uint32_t port, uint32_t pin, uint32_t function)
{
    const uint32_t shift = 4u * (pin % 8u);
    GPIO_AFR(port, pin) = (GPIO_AFR(port, pin) & ~(0xFu << shift)) | function << shift;
}

/* Drive an output pin high or low, in one write. */
static inline void gpio_write(uint32_t port, uint32_t pin, uint32_t high)
{
    GPIO_BSRR(port) = high ? 1u << pin : 1u << (pin + 16u);
}

/* Serial peripheral interface: RM0090 28.5. */
#define SPI1_CR1 REG32(0x40013000u)
#define SPI1_SR REG32(0x40013008u)
#define SPI1_DR REG32(0x4001300Cu)
enum {
    SPI_CR1_CPHA = 1 << 0,
    SPI_CR1_CPOL = 1 << 1,
    SPI_CR1_MSTR = 1 << 2,
    SPI_CR1_DIV16 = 3 << 3,
    SPI_CR1_SPE = 1 << 6,
    SPI_CR1_SSI = 1 << 8,
    SPI_CR1_SSM = 1 << 9,
    SPI_SR_RXNE = 1 << 0,
    SPI_SR_TXE = 1 << 1,
    SPI_SR_BSY = 1 << 7
};

/* Inter-integrated circuit: RM0090 27.6. */
#define I2C1_CR1 REG32(0x40005400u)
#define I2C1_CR2 REG32(0x40005404u)
#define I2C1_DR REG32(0x40005410u)
#define I2C1_SR1 REG32(0x40005414u)
#define I2C1_SR2 REG32(0x40005418u)
#define I2C1_CCR REG32(0x4000541Cu)
#define I2C1_TRISE REG32(0x40005420u)
enum {
    I2C_CR1_PE = 1 << 0,
    I2C_CR1_START = 1 << 8,
    I2C_CR1_STOP = 1 << 9,
    I2C_CR1_ACK = 1 << 10,
    I2C_CR1_SWRST = 1 << 15,
    I2C_SR1_SB = 1 << 0,
    I2C_SR1_ADDR = 1 << 1,
    I2C_SR1_BTF = 1 << 2,
    I2C_SR1_RXNE = 1 << 6,
    I2C_SR1_TXE = 1 << 7,
    I2C_SR1_BERR = 1 << 8,
    I2C_SR1_ARLO = 1 << 9,
    I2C_SR1_AF = 1 << 10,
    I2C_SR2_BUSY = 1 << 1,
    I2C_CCR_FAST = 1 << 15
};

/* General-purpose timer 3: RM0090 18.4. */
#define TIM3_CR1 REG32(0x40000400u)
#define TIM3_EGR REG32(0x40000414u)
#define TIM3_CCMR1 REG32(0x40000418u)
#define TIM3_CCMR2 REG32(0x4000041Cu)
#define TIM3_CCER REG32(0x40000420u)
#define TIM3_PSC REG32(0x40000428u)
#define TIM3_ARR REG32(0x4000042Cu)
#define TIM3_CCR(channel) REG32(0x40000434u + 4u * (channel)) /* channels from 0 */
enum {
    TIM_CR1_CEN = 1 << 0,
    TIM_CR1_ARPE = 1 << 7,
    TIM_EGR_UG = 1 << 0,
    TIM_CCMR_PWM1_PRELOADED_LOW = 0x68, /* of channel 1 or 3 */
    TIM_CCMR_PWM1_PRELOADED_HIGH = 0x68 << 8,
    TIM_CCER_CHANNELS_1_TO_3 = 0x111
};

#endif
