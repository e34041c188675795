/* Registers of the STM32F405 that the port uses, and the few instructions that C has no words for.
 * Sources: ST RM0090 (reference manual, rev. 19), ST PM0214 (Cortex-M4 programming manual), ARM DDI 0403 (ARMv7-M). */
#ifndef SMARTSAT_REGS_H
#define SMARTSAT_REGS_H
#include <stdint.h>

#ifndef REG32 /* tests on the host put a model of the registers in its place */
#define REG32(address) (*(volatile uint32_t *)(address))
#endif

/* Reset and clock control, RM0090 7.3. */
#define RCC_CR REG32(0x40023800u)
#define RCC_PLLCFGR REG32(0x40023804u)
#define RCC_CFGR REG32(0x40023808u)
#define RCC_AHB1ENR REG32(0x40023830u)
#define RCC_APB1ENR REG32(0x40023840u)
#define RCC_APB2ENR REG32(0x40023844u)
#define RCC_CSR REG32(0x40023874u)
enum {
    RCC_CR_HSIRDY = 1 << 1,
    RCC_CR_HSEON = 1 << 16,
    RCC_CR_HSERDY = 1 << 17,
    RCC_CR_PLLON = 1 << 24,
    RCC_CR_PLLRDY = 1 << 25,
    RCC_PLLCFGR_SRC_HSE = 1 << 22,
    RCC_CFGR_SW_PLL = 2,
    RCC_CFGR_SWS = 3 << 2,
    RCC_CFGR_SWS_PLL = 2 << 2,
    RCC_CFGR_PPRE1_DIV4 = 5 << 10,
    RCC_CFGR_PPRE2_DIV2 = 4 << 13,
    RCC_AHB1ENR_GPIOA = 1 << 0,
    RCC_APB1ENR_USART2 = 1 << 17,
    RCC_APB1ENR_PWR = 1 << 28,
    RCC_APB2ENR_USART1 = 1 << 4,
    RCC_CSR_RMVF = 1 << 24,
    RCC_CSR_BORRSTF = 1 << 25,
    RCC_CSR_PINRSTF = 1 << 26,
    RCC_CSR_PORRSTF = 1 << 27,
    RCC_CSR_SFTRSTF = 1 << 28,
    RCC_CSR_IWDGRSTF = 1 << 29,
    RCC_CSR_WWDGRSTF = 1 << 30
};

/* Power, flash, debug: RM0090 5.4, 3.9, 38.16. */
#define PWR_CR REG32(0x40007000u)
#define FLASH_ACR REG32(0x40023C00u)
#define DBGMCU_APB1_FZ REG32(0xE0042008u)
enum {
    PWR_CR_VOS = 1 << 14,
    FLASH_ACR_5_WAIT_STATES = 5,
    FLASH_ACR_PREFETCH_AND_CACHES = 7 << 8,
    DBGMCU_APB1_FZ_IWDG = 1 << 12
};

/* General-purpose input and output, port A: RM0090 8.4. */
#define GPIOA_MODER REG32(0x40020000u)
#define GPIOA_PUPDR REG32(0x4002000Cu)
#define GPIOA_AFRL REG32(0x40020020u)
#define GPIOA_AFRH REG32(0x40020024u)

/* Universal synchronous asynchronous receiver transmitter: RM0090 30.6. */
typedef struct UsartRegisters {
    volatile uint32_t SR;
    volatile uint32_t DR;
    volatile uint32_t BRR;
    volatile uint32_t CR1;
    volatile uint32_t CR2;
    volatile uint32_t CR3;
} UsartRegisters;
#define USART1 ((UsartRegisters *)0x40011000u)
#define USART2 ((UsartRegisters *)0x40004400u)
enum {
    USART_SR_PE = 1 << 0,
    USART_SR_FE = 1 << 1,
    USART_SR_NF = 1 << 2,
    USART_SR_ORE = 1 << 3,
    USART_SR_RXNE = 1 << 5,
    USART_SR_TXE = 1 << 7,
    USART_CR1_RE = 1 << 2,
    USART_CR1_TE = 1 << 3,
    USART_CR1_RXNEIE = 1 << 5,
    USART_CR1_TXEIE = 1 << 7,
    USART_CR1_UE = 1 << 13
};

/* Independent watchdog: RM0090 21.4. */
#define IWDG_KR REG32(0x40003000u)
#define IWDG_PR REG32(0x40003004u)
#define IWDG_RLR REG32(0x40003008u)
enum {
    IWDG_KR_UNLOCK = 0x5555,
    IWDG_KR_RELOAD = 0xAAAA,
    IWDG_KR_START = 0xCCCC
};

/* Core: SysTick, interrupt controller, system control block: PM0214 4.3 to 4.5. */
#define SYST_CSR REG32(0xE000E010u)
#define SYST_RVR REG32(0xE000E014u)
#define SYST_CVR REG32(0xE000E018u)
#define NVIC_ISER(irq) REG32(0xE000E100u + 4u * ((irq) / 32u))
#define NVIC_IPR(irq) (*(volatile uint8_t *)(uintptr_t)(0xE000E400u + (irq)))
#define SCB_ICSR REG32(0xE000ED04u)
#define SCB_AIRCR REG32(0xE000ED0Cu)
#define SCB_SHPR3 REG32(0xE000ED20u)
#define SCB_SHCSR REG32(0xE000ED24u)
#define SCB_CFSR REG32(0xE000ED28u)
#define SCB_CPACR REG32(0xE000ED88u)
#define IRQ_USART1 37u
#define IRQ_USART2 38u
#define IRQ_PRIORITY 0x40u /* of all interrupts: none nests in another, faults come above them */
enum {
    SYST_CSR_ENABLE_TICKINT_CORE_CLOCK = 7,
    SCB_ICSR_VECTACTIVE = 0x1FF,
    SCB_ICSR_PENDSTSET = 1 << 26,
    SCB_SHCSR_FAULTS_ENABLED = 7 << 16 /* memory, bus and usage faults apart from the hard fault */
};
#define SCB_AIRCR_RESET 0x05FA0004u
#define SCB_CPACR_FPU (0xFu << 20)

#ifdef __arm__
/* Mask interrupts; returns what irq_restore() needs. */
static inline uint32_t irq_mask(void)
{
    uint32_t primask;
    __asm volatile("mrs %0, primask\n cpsid i" : "=r"(primask) : : "memory");
    return primask;
}

static inline void irq_restore(uint32_t primask)
{
    __asm volatile("msr primask, %0" : : "r"(primask) : "memory");
}

/* Sleep until an interrupt is pending, masked or not. */
static inline void wait_for_interrupt(void)
{
    __asm volatile("dsb\n wfi" : : : "memory");
}

static inline void barrier(void)
{
    __asm volatile("dsb\n isb" : : : "memory");
}
#else /* the port's logic compiled for tests on the host: nothing interrupts */
static inline uint32_t irq_mask(void)
{
    return 0;
}

static inline void irq_restore(uint32_t primask)
{
    (void)primask;
}

static inline void barrier(void)
{
}

static inline void wait_for_interrupt(void)
{
}
#endif

#endif
