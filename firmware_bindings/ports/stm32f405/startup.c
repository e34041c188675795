/* From reset to main(): vectors, memory, a painted stack. The linker script defines the addresses. */
#include <stdint.h>

#include "crash.h"
#include "regs.h"
#include "system.h"

extern uint32_t _stack_bottom;
extern uint32_t _bss_start;
extern uint32_t _bss_end;

int main(void);
void reset_entry(void);

typedef void Vector(void);

#define FAULT_8 fault_entry, fault_entry, fault_entry, fault_entry, fault_entry, fault_entry, fault_entry, fault_entry

/* The processor's vectors (ARM DDI 0403, B1.5.3) after the first, the initial stack pointer, which the linker script
 * puts before them; then the interrupts (RM0090 table 61). */
__attribute__((section(".vectors"), used)) static Vector *const vectors[15 + 82] = {
    reset_entry,
    fault_entry, /* non-maskable interrupt */
    fault_entry, /* hard fault */
    fault_entry, /* memory management */
    fault_entry, /* bus fault */
    fault_entry, /* usage fault */
    0, 0, 0, 0,
    fault_entry, /* supervisor call */
    fault_entry, /* debug monitor */
    0,
    fault_entry, /* pending supervisor call */
    systick_entry,
    FAULT_8, FAULT_8, FAULT_8, FAULT_8, /* 0 to 31 */
    fault_entry, fault_entry, fault_entry, fault_entry, fault_entry,
    usart1_entry, /* 37 */
    usart2_entry, /* 38 */
    fault_entry,
    FAULT_8, FAULT_8, FAULT_8, FAULT_8, FAULT_8, /* 40 to 79 */
    fault_entry, fault_entry,
};

static inline void fill_words(uintptr_t from, uintptr_t to, uint32_t value)
{
    for (uintptr_t at = from; at < to; at += sizeof value) {
        REG32(at) = value;
    }
}

/* Runs on the empty stack. There is no .data to copy: the linker script sees to that. */
void reset_entry(void)
{
    SCB_CPACR |= SCB_CPACR_FPU;
    SCB_SHCSR |= SCB_SHCSR_FAULTS_ENABLED;
    barrier();
    fill_words((uintptr_t)&_bss_start, (uintptr_t)&_bss_end, 0);
    fill_words((uintptr_t)&_stack_bottom, (uintptr_t)__builtin_frame_address(0) - STACK_UNPAINTED, STACK_PAINT);
    (void)main();
    fault_entry(); /* main() never returns */
}
