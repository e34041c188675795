#include "watchdog.h"

#include <stdint.h>

#include "regs.h"

enum {
    LSI_KHZ = 32,
    PRESCALER_16 = 2 /* RM0090 table 107: 32 kHz / 16 = 2 counts a millisecond */
};

void watchdog_start(bool emulated)
{
    if (!emulated) {
        DBGMCU_APB1_FZ |= DBGMCU_APB1_FZ_IWDG;
    }
    IWDG_KR = IWDG_KR_START; /* starts the oscillator, without which the next two never take effect */
    IWDG_KR = IWDG_KR_UNLOCK;
    IWDG_PR = PRESCALER_16;
    IWDG_RLR = WATCHDOG_MS * LSI_KHZ / 16 - 1;
    IWDG_KR = IWDG_KR_RELOAD;
}

void watchdog_kick(void)
{
    IWDG_KR = IWDG_KR_RELOAD;
}
