#include "usart.h"

#include "regs.h"

#define LINE_ERRORS ((uint32_t)USART_SR_PE | USART_SR_FE | USART_SR_NF)

static uint32_t ring_used(const Ring *ring)
{
    return ring->head - ring->tail;
}

void usart_start(Usart *usart, struct UsartRegisters *registers, uint32_t clock_hz, uint32_t baud)
{
    usart->registers = registers;
    registers->BRR = (clock_hz + baud / 2) / baud;
    registers->CR1 = USART_CR1_UE | USART_CR1_TE | USART_CR1_RE | USART_CR1_RXNEIE;
}

/* Give the USART what it takes now, and ask for an interrupt only while octets remain: QEMU's USART takes all at once
 * and has, up to 7.2, no interrupt for more. Interrupts are masked. */
static void fill(Usart *usart)
{
    UsartRegisters *registers = usart->registers;
    Ring *ring = &usart->to_send;
    while (ring_used(ring) > 0 && (registers->SR & USART_SR_TXE) != 0) {
        registers->DR = ring->octets[ring->tail % RING_SIZE];
        ring->tail += 1;
    }
    if (ring_used(ring) > 0) {
        registers->CR1 |= USART_CR1_TXEIE;
    } else {
        registers->CR1 &= ~(uint32_t)USART_CR1_TXEIE;
    }
}

/* Reading SR, then DR, clears all receive flags (RM0090 30.6.1). */
static void take(Usart *usart)
{
    const uint32_t status = usart->registers->SR;
    if ((status & (USART_SR_RXNE | USART_SR_ORE)) == 0) {
        return;
    }
    const uint8_t octet = (uint8_t)(usart->registers->DR & 0xFFu);
    Ring *ring = &usart->received;
    if ((status & USART_SR_ORE) != 0) {
        usart->overruns += 1;
    }
    if ((status & USART_SR_RXNE) == 0) {
        return;
    }
    if ((status & LINE_ERRORS) != 0) {
        usart->line_errors += 1;
    }
    if (ring_used(ring) == RING_SIZE) {
        usart->overflows += 1;
    } else {
        ring->octets[ring->head % RING_SIZE] = octet;
        ring->head += 1;
    }
}

void usart_interrupt(Usart *usart)
{
    take(usart);
    if ((usart->registers->CR1 & USART_CR1_TXEIE) != 0) {
        fill(usart);
    }
}

size_t usart_receive(Usart *usart, uint8_t *octets, size_t capacity)
{
    Ring *ring = &usart->received;
    const size_t used = ring_used(ring);
    const size_t n = capacity < used ? capacity : used;
    for (size_t i = 0; i < n; i++) {
        octets[i] = ring->octets[(ring->tail + i) % RING_SIZE];
    }
    ring->tail += (uint32_t)n;
    return n;
}

bool usart_received(const Usart *usart)
{
    return ring_used(&usart->received) > 0;
}

void usart_forget(Usart *usart)
{
    usart->received.tail = usart->received.head;
}

bool usart_send(Usart *usart, const uint8_t *octets, size_t size)
{
    Ring *ring = &usart->to_send;
    if (size > RING_SIZE - ring_used(ring)) {
        return false;
    }
    for (size_t i = 0; i < size; i++) {
        ring->octets[(ring->head + i) % RING_SIZE] = octets[i];
    }
    const uint32_t mask = irq_mask();
    ring->head += (uint32_t)size;
    fill(usart);
    irq_restore(mask);
    return true;
}
