#include "crash.h"

#include <stdbool.h>

#include "regs.h"
#include "watchdog.h"
#include "wire.h"

#define MAGIC 0x5AFEC0DEu
#define CRASHED 0xC7A54ED5u
/* Without a kick for so long: the watchdog's doing. Counted in interrupts, of which an emulator under load loses some. */
#define SILENT_MS (3u * WATCHDOG_KICK_MS)

/* Words of an exception frame (ARM DDI 0403, B1.5.6). */
enum {
    FRAME_LR = 5,
    FRAME_PC = 6,
    FRAME_WORDS = 8
};

/* Not cleared at start-up. After power-on its content is chance, and `magic` is wrong. */
typedef struct Kept {
    uint32_t magic;
    uint32_t crashed; /* CRASHED: `crash` is the record of the fault that reset the board */
    PortCrash crash;
    uint32_t ms; /* of this life */
    uint32_t kick_ms;
} Kept;
static volatile Kept kept __attribute__((section(".noinit")));

/* From the silicon's reset flags (RM0090 7.3.21). The pin's flag is set with every other one. */
static uint8_t reason_from_flags(uint32_t flags, bool crashed)
{
    if ((flags & (RCC_CSR_PORRSTF | RCC_CSR_BORRSTF)) != 0) {
        return RESET_REASON_POWER_ON;
    }
    if ((flags & (RCC_CSR_IWDGRSTF | RCC_CSR_WWDGRSTF)) != 0) {
        return RESET_REASON_WATCHDOG;
    }
    if ((flags & RCC_CSR_SFTRSTF) != 0) {
        return crashed ? RESET_REASON_FAULT : RESET_REASON_SOFTWARE;
    }
    return (flags & RCC_CSR_PINRSTF) != 0 ? RESET_REASON_EXTERNAL : RESET_REASON_UNKNOWN;
}

/* An emulator has no flags: what RAM tells must do. */
static uint8_t reason_from_memory(bool known, bool crashed)
{
    if (!known) {
        return RESET_REASON_POWER_ON;
    }
    if (crashed) {
        return RESET_REASON_FAULT;
    }
    return kept.ms - kept.kick_ms > SILENT_MS ? RESET_REASON_WATCHDOG : RESET_REASON_EXTERNAL;
}

uint8_t crash_reset_reason(PortCrash *crash)
{
    const uint32_t flags = RCC_CSR & ((uint32_t)RCC_CSR_BORRSTF | RCC_CSR_PINRSTF | RCC_CSR_PORRSTF |
                                      RCC_CSR_SFTRSTF | RCC_CSR_IWDGRSTF | RCC_CSR_WWDGRSTF);
    const bool known = kept.magic == MAGIC;
    const bool crashed = known && kept.crashed == CRASHED;
    const uint8_t reason = flags != 0 ? reason_from_flags(flags, crashed) : reason_from_memory(known, crashed);
    *crash = (PortCrash){0, 0, 0};
    if (reason == RESET_REASON_FAULT) {
        *crash = (PortCrash){kept.crash.pc, kept.crash.lr, kept.crash.status};
    }
    RCC_CSR |= RCC_CSR_RMVF;
    kept.magic = MAGIC;
    kept.crashed = 0;
    kept.ms = 0;
    kept.kick_ms = 0;
    return reason;
}

void crash_tick(void)
{
    kept.ms += 1;
}

void crash_kicked(void)
{
    kept.kick_ms = kept.ms;
}

/* Keep the record and reset. `frame` is what the processor stacked, or NULL when that did not fit. An interrupt that
 * nobody expects has no fault status: its number is kept instead, below 0xFFFF. */
static __attribute__((used, noreturn)) void crash_keep(const uint32_t *frame)
{
    const uint32_t status = SCB_CFSR;
    kept.crash.pc = frame != NULL ? frame[FRAME_PC] : 0;
    kept.crash.lr = frame != NULL ? frame[FRAME_LR] : 0;
    kept.crash.status = status != 0 ? status : 0xFFFF0000u | (SCB_ICSR & SCB_ICSR_VECTACTIVE);
    kept.crashed = CRASHED;
    barrier();
    SCB_AIRCR = SCB_AIRCR_RESET;
    for (;;) {
        barrier();
    }
}

#ifdef __arm__
/* When the stack has overflowed, or nearly so, this goes on with an empty one: nothing returns. */
__attribute__((naked)) void fault_entry(void)
{
    __asm volatile("mrs r0, msp\n"
                   "ldr r1, =_stack_bottom\n"
                   "cmp r0, r1\n"
                   "it lo\n"
                   "movlo r0, #0\n"
                   "add r1, r1, %[spare]\n"
                   "cmp r0, r1\n"
                   "bhs 1f\n"
                   "ldr r1, =_stack_top\n"
                   "msr msp, r1\n"
                   "1: b crash_keep\n"
                   ".ltorg\n"
                   :
                   : [spare] "I"(4 * FRAME_WORDS + 96));
}
#endif
