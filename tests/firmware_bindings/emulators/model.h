/* Given to the STM32F405 port's sources before all else (-include) when they are compiled for the host: every register
 * access goes through model_register(), where a test's model of the hardware answers. */
#ifndef SMARTSAT_TESTS_MODEL_H
#define SMARTSAT_TESTS_MODEL_H
#include <stdbool.h>
#include <stdint.h>

typedef struct Model {
    volatile uint32_t rcc_cr;
    volatile uint32_t rcc_pllcfgr;
    volatile uint32_t rcc_cfgr;
    volatile uint32_t rcc_csr;
    volatile uint32_t systick;
    volatile uint32_t icsr;
    volatile uint32_t iwdg_kr;
    volatile uint32_t other; /* all that no check looks at */
    bool crystal;            /* the crystal oscillates, */
    bool pll;                /* the PLL locks, */
    bool can_switch;         /* and the core's clock switches to it */
} Model;

extern Model model;

volatile uint32_t *model_register(uintptr_t address);

#define REG32(address) (*model_register(address))

#endif
