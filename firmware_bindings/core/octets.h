/* Little-endian octets to and from integers, whatever the machine's own order and alignment. */
#ifndef SMARTSAT_OCTETS_H
#define SMARTSAT_OCTETS_H
#include <stdint.h>

static inline uint16_t get_u16(const uint8_t *at)
{
    return (uint16_t)(at[0] | (uint16_t)(at[1] << 8));
}

static inline uint32_t get_u32(const uint8_t *at)
{
    return (uint32_t)get_u16(at) | (uint32_t)get_u16(at + 2) << 16;
}

static inline uint64_t get_u64(const uint8_t *at)
{
    return (uint64_t)get_u32(at) | (uint64_t)get_u32(at + 4) << 32;
}

/* Two's complement without relying on how a conversion out of range is done. */
static inline int16_t get_i16(const uint8_t *at)
{
    const int32_t value = get_u16(at);
    return (int16_t)(value >= 0x8000 ? value - 0x10000 : value);
}

static inline int32_t get_i32(const uint8_t *at)
{
    const int64_t value = get_u32(at);
    return (int32_t)(value >= 0x80000000 ? value - 0x100000000 : value);
}

static inline void put_u16(uint8_t *at, uint16_t value)
{
    at[0] = (uint8_t)(value & 0xFFu);
    at[1] = (uint8_t)(value >> 8);
}

static inline void put_u32(uint8_t *at, uint32_t value)
{
    put_u16(at, (uint16_t)(value & 0xFFFFu));
    put_u16(at + 2, (uint16_t)(value >> 16));
}

static inline void put_u64(uint8_t *at, uint64_t value)
{
    put_u32(at, (uint32_t)(value & 0xFFFFFFFFu));
    put_u32(at + 4, (uint32_t)(value >> 32));
}

static inline void put_i16(uint8_t *at, int16_t value)
{
    put_u16(at, (uint16_t)value);
}

static inline void put_i32(uint8_t *at, int32_t value)
{
    put_u32(at, (uint32_t)value);
}

#endif
