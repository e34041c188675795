/* An interrupt-driven serial port: 8N1, no flow control, one ring each way. */
#ifndef SMARTSAT_USART_H
#define SMARTSAT_USART_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RING_SIZE 4096u /* a power of two */

/* A byte ring between the main loop and an interrupt: `head - tail` octets are in it; the writer moves `head`, the
 * reader `tail`; both only grow, modulo 2^32. */
typedef struct Ring {
    volatile uint32_t head;
    volatile uint32_t tail;
    volatile uint8_t octets[RING_SIZE];
} Ring;

struct UsartRegisters;

/* Zeroed memory and usart_start() make one. The counts are of octets and wrap. */
typedef struct Usart {
    struct UsartRegisters *registers;
    volatile uint32_t overflows;   /* received, lost: the ring was full */
    volatile uint32_t overruns;    /* lost: the interrupt came too late */
    volatile uint32_t line_errors; /* received with noise, a framing or a parity error; kept, the frame's CRC decides */
    Ring received;
    Ring to_send;
} Usart;

/* Start at `baud`; `clock_hz` is the clock of the USART's bus. */
void usart_start(Usart *usart, struct UsartRegisters *registers, uint32_t clock_hz, uint32_t baud);

/* Handle the USART's interrupt: at most one octet received, and the octets to send that it takes. */
void usart_interrupt(Usart *usart);

/* Take up to `capacity` received octets; returns how many. */
size_t usart_receive(Usart *usart, uint8_t *octets, size_t capacity);

/* True when octets wait. */
bool usart_received(const Usart *usart);

/* Forget what was received. */
void usart_forget(Usart *usart);

/* Send all octets, or none when they do not fit; returns whether they were taken. */
bool usart_send(Usart *usart, const uint8_t *octets, size_t size);

#endif
