#include "torquers.h"

#include "device_regs.h"

enum { PIN_MAGNITUDE = 6, PIN_SIGN = 9, FUNCTION_TIM3 = 2, FULL_PERMILLE = 1000 };
#define COUNTER_HZ 20000000u /* about 20 kHz: inaudible, and far above what the coil follows */

/* Preloaded compare values count from the next update, which this forces. */
static void put_magnitudes(const uint32_t *permille)
{
    for (uint32_t i = 0; i < TORQUERS; i++) {
        TIM3_CCR(i) = permille[i];
    }
    TIM3_EGR = TIM_EGR_UG;
}

static void all_off(void)
{
    static const uint32_t NONE[TORQUERS] = {0, 0, 0};
    put_magnitudes(NONE);
}

void torquers_start(Torquers *torquers, uint32_t timer_hz)
{
    if (torquers->started) {
        return;
    }
    torquers->started = true;
    RCC_AHB1ENR |= RCC_AHB1ENR_GPIOC;
    RCC_APB1ENR |= RCC_APB1ENR_TIM3;
    TIM3_PSC = timer_hz > COUNTER_HZ ? timer_hz / COUNTER_HZ - 1u : 0;
    TIM3_ARR = FULL_PERMILLE - 1; /* a compare value of 1000 is on all the time */
    TIM3_CCMR1 = TIM_CCMR_PWM1_PRELOADED_LOW | TIM_CCMR_PWM1_PRELOADED_HIGH;
    TIM3_CCMR2 = TIM_CCMR_PWM1_PRELOADED_LOW;
    TIM3_CR1 = TIM_CR1_ARPE;
    all_off();
    TIM3_CCER = TIM_CCER_CHANNELS_1_TO_3;
    TIM3_CR1 |= TIM_CR1_CEN;
    for (uint32_t i = 0; i < TORQUERS; i++) {
        gpio_write(GPIO_C, PIN_SIGN + i, 0);
        gpio_set_mode(GPIO_C, PIN_SIGN + i, GPIO_OUTPUT);
        gpio_set_pull(GPIO_C, PIN_MAGNITUDE + i, GPIO_PULL_DOWN);
        gpio_set_function(GPIO_C, PIN_MAGNITUDE + i, FUNCTION_TIM3);
        gpio_set_mode(GPIO_C, PIN_MAGNITUDE + i, GPIO_ALTERNATE);
    }
}

void torquers_drive(Torquers *torquers, const int16_t *permille, uint16_t duration_ms)
{
    uint32_t magnitudes[TORQUERS];
    torquers_stop(torquers); /* a bridge changes its sign only while it is off */
    if (duration_ms == 0) {
        return;
    }
    for (uint32_t i = 0; i < TORQUERS; i++) {
        const int32_t value = permille[i];
        const uint32_t magnitude = (uint32_t)(value < 0 ? -value : value);
        magnitudes[i] = magnitude < FULL_PERMILLE ? magnitude : FULL_PERMILLE;
        gpio_write(GPIO_C, PIN_SIGN + i, value < 0);
    }
    const uint32_t mask = irq_mask();
    torquers->left_ms = duration_ms;
    put_magnitudes(magnitudes);
    irq_restore(mask);
}

void torquers_stop(Torquers *torquers)
{
    const uint32_t mask = irq_mask();
    torquers->left_ms = 0;
    if (torquers->started) {
        all_off();
    }
    irq_restore(mask);
}

void torquers_tick(Torquers *torquers)
{
    if (torquers->left_ms != 0) {
        torquers->left_ms = (uint16_t)(torquers->left_ms - 1u);
        if (torquers->left_ms == 0) {
            all_off();
        }
    }
}
