#include "crc16.h"

/* The CRC is linear: the entry of an octet is the xor of the entries of its bits, so that each table follows from
 * eight numbers. TABLE[k] is the register after an octet and k zero octets, from a zero register ("slicing by 4"). */
#define ENTRY(o, b0, b1, b2, b3, b4, b5, b6, b7)                                                                       \
    (((o)&1 ? b0 : 0) ^ ((o)&2 ? b1 : 0) ^ ((o)&4 ? b2 : 0) ^ ((o)&8 ? b3 : 0) ^ ((o)&16 ? b4 : 0) ^                   \
     ((o)&32 ? b5 : 0) ^ ((o)&64 ? b6 : 0) ^ ((o)&128 ? b7 : 0))
#define ROW4(o, ...)                                                                                                   \
    ENTRY((o), __VA_ARGS__), ENTRY((o) + 1, __VA_ARGS__), ENTRY((o) + 2, __VA_ARGS__), ENTRY((o) + 3, __VA_ARGS__)
#define ROW16(o, ...)                                                                                                  \
    ROW4((o), __VA_ARGS__), ROW4((o) + 4, __VA_ARGS__), ROW4((o) + 8, __VA_ARGS__), ROW4((o) + 12, __VA_ARGS__)
#define ROW64(o, ...)                                                                                                  \
    ROW16((o), __VA_ARGS__), ROW16((o) + 16, __VA_ARGS__), ROW16((o) + 32, __VA_ARGS__), ROW16((o) + 48, __VA_ARGS__)
#define ROW256(...)                                                                                                    \
    ROW64(0, __VA_ARGS__), ROW64(64, __VA_ARGS__), ROW64(128, __VA_ARGS__), ROW64(192, __VA_ARGS__)

static const uint16_t TABLE[4][256] = {
    {ROW256(0x1021, 0x2042, 0x4084, 0x8108, 0x1231, 0x2462, 0x48C4, 0x9188)},
    {ROW256(0x3331, 0x6662, 0xCCC4, 0x89A9, 0x0373, 0x06E6, 0x0DCC, 0x1B98)},
    {ROW256(0x3730, 0x6E60, 0xDCC0, 0xA9A1, 0x4363, 0x86C6, 0x1DAD, 0x3B5A)},
    {ROW256(0x76B4, 0xED68, 0xCAF1, 0x85C3, 0x1BA7, 0x374E, 0x6E9C, 0xDD38)},
};

uint16_t crc16(uint16_t crc, const uint8_t *octets, size_t size)
{
    while (size >= 4) {
        crc = TABLE[3][octets[0] ^ (crc >> 8)] ^ TABLE[2][octets[1] ^ (crc & 0xFFu)] ^ TABLE[1][octets[2]] ^
              TABLE[0][octets[3]];
        octets += 4;
        size -= 4;
    }
    while (size > 0) {
        crc = (uint16_t)((uint16_t)(crc << 8) ^ TABLE[0][*octets ^ (crc >> 8)]);
        octets += 1;
        size -= 1;
    }
    return crc;
}
