#include "clock.h"

#include "regs.h"

#define CORE_MHZ 168u
#define RC_MHZ 16u
#define HZ_PER_MHZ 1000000u
#define CYCLES_PER_MS(mhz) (1000u * (mhz))

/* Polls before a clock counts as dead: above 20 ms at 16 MHz; the slowest crystal needs 5 ms. */
#define POLLS_MAX 100000u

static bool wait_for(volatile const uint32_t *reg, uint32_t mask, uint32_t value)
{
    for (uint32_t i = 0; i < POLLS_MAX; i++) {
        if ((*reg & mask) == value) {
            return true;
        }
    }
    return false;
}

/* PLL to 168 MHz from an input of `mhz`: 1 MHz into a 336 MHz oscillator, half of it to the core (RM0090 7.3.2). */
static bool start_pll(uint32_t mhz, uint32_t source)
{
    RCC_PLLCFGR = mhz | 336u << 6 | 7u << 24 | source; /* P = 2 is 0; Q = 7 keeps its 48 MHz legal */
    RCC_CR |= RCC_CR_PLLON;
    if (!wait_for(&RCC_CR, RCC_CR_PLLRDY, RCC_CR_PLLRDY)) {
        RCC_CR &= ~(uint32_t)RCC_CR_PLLON;
        return false;
    }
    FLASH_ACR = FLASH_ACR_5_WAIT_STATES | FLASH_ACR_PREFETCH_AND_CACHES;
    RCC_CFGR = RCC_CFGR_PPRE1_DIV4 | RCC_CFGR_PPRE2_DIV2 | RCC_CFGR_SW_PLL;
    if (!wait_for(&RCC_CFGR, RCC_CFGR_SWS, RCC_CFGR_SWS_PLL)) {
        RCC_CFGR = 0;
        RCC_CR &= ~(uint32_t)RCC_CR_PLLON;
        return false;
    }
    return true;
}

static ClockSource start_fastest(void)
{
    if ((RCC_CR & RCC_CR_HSIRDY) == 0) { /* the core runs from an oscillator that is not ready: not silicon */
        return CLOCK_EMULATED;
    }
    RCC_APB1ENR |= RCC_APB1ENR_PWR;
    PWR_CR |= PWR_CR_VOS; /* the voltage that 168 MHz needs */
    RCC_CR |= RCC_CR_HSEON;
    if (wait_for(&RCC_CR, RCC_CR_HSERDY, RCC_CR_HSERDY) && start_pll(HSE_MHZ, RCC_PLLCFGR_SRC_HSE)) {
        return CLOCK_CRYSTAL;
    }
    RCC_CR &= ~(uint32_t)RCC_CR_HSEON;
    return start_pll(RC_MHZ, 0) ? CLOCK_RC_PLL : CLOCK_RC;
}

void clock_init(Clock *clock)
{
    clock->source = start_fastest();
    clock->core_mhz = clock->source == CLOCK_RC ? RC_MHZ : CORE_MHZ;
    const uint32_t core_hz = clock->core_mhz * HZ_PER_MHZ;
    clock->apb1_hz = clock->source == CLOCK_RC ? core_hz : core_hz / 4;
    clock->apb2_hz = clock->source == CLOCK_RC ? core_hz : core_hz / 2;
}

void clock_start(Clock *clock)
{
    clock->ms = 0;
    clock->ms_high = 0;
    SCB_SHPR3 = (SCB_SHPR3 & 0x00FFFFFFu) | (uint32_t)IRQ_PRIORITY << 24;
    SYST_RVR = CYCLES_PER_MS(clock->core_mhz) - 1;
    SYST_CVR = 0;
    SYST_CSR = SYST_CSR_ENABLE_TICKINT_CORE_CLOCK;
}

void clock_tick(Clock *clock)
{
    clock->ms += 1;
    if (clock->ms == 0) {
        clock->ms_high += 1;
    }
}

int64_t clock_now(const Clock *clock)
{
    const uint32_t mask = irq_mask();
    uint64_t ms = (uint64_t)clock->ms_high << 32 | clock->ms;
    uint32_t left = SYST_CVR;
    if ((SCB_ICSR & SCB_ICSR_PENDSTSET) != 0) { /* the counter wrapped, its interrupt waits behind this mask */
        ms += 1;
        left = SYST_CVR;
    }
    irq_restore(mask);
    /* The interrupt comes when the counter reaches 0; it goes on from the reload value one cycle later. */
    const uint32_t cycles = left == 0 ? 0 : CYCLES_PER_MS(clock->core_mhz) - left;
    return (int64_t)(ms * 1000000u + cycles * 1000u / clock->core_mhz);
}
