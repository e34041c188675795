/* Consistent Overhead Byte Stuffing: octets without zeros (Cheshire and Baker, IEEE/ACM ToN 7(2), 1999). */
#ifndef SMARTSAT_COBS_H
#define SMARTSAT_COBS_H
#include <stddef.h>
#include <stdint.h>

#define COBS_SIZE(size) ((size) + (size) / 254 + 1) /* largest encoding of `size` octets, without delimiter */

/* Encode without the delimiter; `out` holds COBS_SIZE(size) octets. Returns the octets written. */
size_t cobs_encode(uint8_t *out, const uint8_t *octets, size_t size);

/* Decode; `out` holds `size` octets. Returns the octets written, or -1 when the input is not COBS. */
ptrdiff_t cobs_decode(uint8_t *out, const uint8_t *octets, size_t size);

#endif
