#include "cobs.h"

#define FULL_GROUP 0xFFu /* code of 254 octets that no zero follows */

size_t cobs_encode(uint8_t *out, const uint8_t *octets, size_t size)
{
    size_t code_at = 0;
    size_t at = 1;
    for (size_t i = 0; i < size; i++) {
        if (octets[i] == 0) {
            out[code_at] = (uint8_t)(at - code_at);
            code_at = at++;
            continue;
        }
        out[at++] = octets[i];
        if (at - code_at == FULL_GROUP && i + 1 < size) {
            out[code_at] = FULL_GROUP;
            code_at = at++;
        }
    }
    out[code_at] = (uint8_t)(at - code_at);
    return at;
}

ptrdiff_t cobs_decode(uint8_t *out, const uint8_t *octets, size_t size)
{
    size_t at = 0;
    size_t i = 0;
    while (i < size) {
        const size_t code = octets[i];
        if (code == 0 || code > size - i) {
            return -1;
        }
        for (size_t j = i + 1; j < i + code; j++) {
            if (octets[j] == 0) {
                return -1;
            }
            out[at++] = octets[j];
        }
        i += code;
        if (code != FULL_GROUP && i < size) {
            out[at++] = 0;
        }
    }
    return (ptrdiff_t)at;
}
