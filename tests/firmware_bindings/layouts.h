/* CONFIG packets of the attitude board, device by device: inputs, then outputs, then sources. */
#ifndef SMARTSAT_TEST_LAYOUTS_H
#define SMARTSAT_TEST_LAYOUTS_H
#include "octets.h"
#include "packet.h"

/* A layout without devices. */
static inline Packet layout_begin(uint16_t period_ms, uint16_t timeout_ms, uint16_t watchdog_ms)
{
    Packet config = {.apid = APID_CONFIG, .type = PACKET_TELECOMMAND, .payload_size = ADCS_CONFIG_SIZE};
    put_u16(&config.payload[ADCS_CONFIG_PERIOD_MS], period_ms);
    put_u16(&config.payload[ADCS_CONFIG_COMMAND_TIMEOUT_MS], timeout_ms);
    put_u16(&config.payload[ADCS_CONFIG_WATCHDOG_MS], watchdog_ms);
    return config;
}

static inline void layout_octet(Packet *config, uint8_t octet)
{
    config->payload[config->payload_size++] = octet;
}

static inline void layout_number(Packet *config, int16_t number)
{
    put_i16(&config->payload[config->payload_size], number);
    config->payload_size = (uint8_t)(config->payload_size + 2);
}

static inline unsigned layout_count_octets(uint8_t type)
{
    return type == COUNT_TYPE_I4 ? 4 : 2;
}

/* `count` counts that the board reads; returns the octet of the readings at which they begin. */
static inline uint8_t layout_input(Packet *config, uint8_t type, uint8_t count)
{
    const unsigned size = layout_count_octets(type);
    const unsigned at = (config->payload[ADCS_CONFIG_READINGS] + size - 1) / size * size;
    config->payload[ADCS_CONFIG_READINGS] = (uint8_t)(at + size * count);
    config->payload[ADCS_CONFIG_INPUTS] += 1;
    layout_octet(config, type);
    layout_octet(config, count);
    return (uint8_t)at;
}

/* `count` outputs; `count` limits, as many safe values, and the type's own numbers follow by layout_number(). */
static inline void layout_outputs(Packet *config, uint8_t type, uint8_t count, uint8_t at)
{
    config->payload[ADCS_CONFIG_GROUPS] += 1;
    layout_octet(config, type);
    layout_octet(config, count);
    layout_octet(config, at);
    layout_octet(config, 0);
}

static inline void layout_source(Packet *config, uint8_t chip, uint8_t at, uint8_t bus, uint8_t address)
{
    config->payload[ADCS_CONFIG_SOURCES] += 1;
    layout_octet(config, chip);
    layout_octet(config, at);
    layout_octet(config, bus);
    layout_octet(config, address);
}

#endif
