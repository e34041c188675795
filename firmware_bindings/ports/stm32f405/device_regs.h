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

/* General-purpose input and output: RM0090 8.4. */
typedef struct GpioRegisters {
    volatile uint32_t MODER;
    volatile uint32_t OTYPER;
    volatile uint32_t OSPEEDR;
    volatile uint32_t PUPDR;
    volatile uint32_t IDR;
    volatile uint32_t ODR;
    volatile uint32_t BSRR;
    volatile uint32_t LCKR;
    volatile uint32_t AFR[2];
} GpioRegisters;
#define GPIOA ((GpioRegisters *)0x40020000u)
#define GPIOB ((GpioRegisters *)0x40020400u)
#define GPIOC ((GpioRegisters *)0x40020800u)
enum { GPIO_INPUT, GPIO_OUTPUT, GPIO_ALTERNATE };
enum { GPIO_FLOATING, GPIO_PULL_UP, GPIO_PULL_DOWN };

/* Set the two bits of pin `pin` in MODER or PUPDR, or the four in AFR. */
static inline void gpio_set_pair(volatile uint32_t *reg, uint32_t pin, uint32_t value)
{
    *reg = (*reg & ~(3u << 2u * pin)) | value << 2u * pin;
}

static inline void gpio_set_function(GpioRegisters *port, uint32_t pin, uint32_t function)
{
    volatile uint32_t *reg = &port->AFR[pin / 8u];
    const uint32_t shift = 4u * (pin % 8u);
    *reg = (*reg & ~(0xFu << shift)) | function << shift;
}

/* Drive an output pin high or low, in one write. */
static inline void gpio_write(GpioRegisters *port, uint32_t pin, uint32_t high)
{
    port->BSRR = high ? 1u << pin : 1u << (pin + 16u);
}

/* Serial peripheral interface: RM0090 28.5. */
typedef struct SpiRegisters {
    volatile uint32_t CR1;
    volatile uint32_t CR2;
    volatile uint32_t SR;
    volatile uint32_t DR;
} SpiRegisters;
#define SPI1 ((SpiRegisters *)0x40013000u)
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
typedef struct I2cRegisters {
    volatile uint32_t CR1;
    volatile uint32_t CR2;
    volatile uint32_t OAR1;
    volatile uint32_t OAR2;
    volatile uint32_t DR;
    volatile uint32_t SR1;
    volatile uint32_t SR2;
    volatile uint32_t CCR;
    volatile uint32_t TRISE;
} I2cRegisters;
#define I2C1 ((I2cRegisters *)0x40005400u)
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

/* General-purpose timers: RM0090 18.4. */
typedef struct TimerRegisters {
    volatile uint32_t CR1;
    volatile uint32_t CR2;
    volatile uint32_t SMCR;
    volatile uint32_t DIER;
    volatile uint32_t SR;
    volatile uint32_t EGR;
    volatile uint32_t CCMR1;
    volatile uint32_t CCMR2;
    volatile uint32_t CCER;
    volatile uint32_t CNT;
    volatile uint32_t PSC;
    volatile uint32_t ARR;
    volatile uint32_t RCR;
    volatile uint32_t CCR[4];
} TimerRegisters;
#define TIM3 ((TimerRegisters *)0x40000400u)
enum {
    TIM_CR1_CEN = 1 << 0,
    TIM_CR1_ARPE = 1 << 7,
    TIM_EGR_UG = 1 << 0,
    TIM_CCMR_PWM1_PRELOADED_LOW = 0x68,  /* of channel 1 or 3 */
    TIM_CCMR_PWM1_PRELOADED_HIGH = 0x68 << 8,
    TIM_CCER_CHANNELS_1_TO_3 = 0x111
};

#endif
