/* What the attitude board carries, as its configuration says (`hal/wire.py`, AdcsConfig): devices that it reads, devices
 * that it drives, register drivers. The limits of the outputs stay where they are, in the octets of the configuration. */
#ifndef SMARTSAT_ADCS_LAYOUT_H
#define SMARTSAT_ADCS_LAYOUT_H
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "packet.h"
#include "wire.h"

enum { CONFIG_ROOM = 256 + 2 /* two octets can be read wherever an octet of 8 bits points to */ };

typedef struct OutputGroup {
    uint8_t type;   /* OUTPUT_TYPE_* */
    uint8_t count;
    uint8_t at;     /* octet of the readings that its guards or its field begin at, or NOWHERE */
    uint8_t limits; /* octets of the configuration at which limits, */
    uint8_t safes;  /* safe values, */
    uint8_t more;   /* and guard limits or gains begin */
} OutputGroup;

typedef struct Layout {
    uint8_t readings; /* octets */
    uint8_t inputs;
    uint8_t groups;
    uint8_t sources;
    uint8_t sources_at; /* octet of the configuration */
    uint8_t outputs;    /* of all groups, */
    uint8_t driven;     /* and those of them that are DRIVEN */
    OutputGroup group[MAX_GROUPS];
} Layout;

/* Read the layout of a whole CONFIG payload; false: it is not one, or a number is out of range. */
bool layout_read(Layout *layout, const uint8_t *config, size_t size);

/* Octets of one count of CountType `type`; 0: there is no such type. */
uint8_t layout_count_size(uint8_t type);

#endif
