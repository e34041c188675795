/* CRC-16, polynomial 0x1021, not reflected, no final xor (CCSDS 232.0-B frame error control). */
#ifndef SMARTSAT_CRC16_H
#define SMARTSAT_CRC16_H
#include <stddef.h>
#include <stdint.h>

#define CRC16_START 0xFFFFu

/* Continue `crc` over `size` octets. Over data followed by its own CRC (big-endian) the result is 0. */
uint16_t crc16(uint16_t crc, const uint8_t *octets, size_t size);

#endif
