#include "packet.h"

#include <string.h>

#include "crc16.h"

#define UNSEGMENTED 0xC0u

size_t frame_encode(uint8_t *out, const Packet *packet)
{
    uint8_t octets[PACKET_MAX];
    const size_t end = (size_t)PACKET_HEADER_SIZE + packet->payload_size;
    const unsigned length = (unsigned)packet->payload_size + PACKET_CRC_SIZE - 1u;
    octets[0] = (uint8_t)((packet->type & 1u) << 4 | (packet->apid >> 8 & 7u));
    octets[1] = (uint8_t)(packet->apid & 0xFFu);
    octets[2] = (uint8_t)(UNSEGMENTED | (packet->seq_count >> 8 & 0x3Fu));
    octets[3] = (uint8_t)(packet->seq_count & 0xFFu);
    octets[4] = (uint8_t)(length >> 8);
    octets[5] = (uint8_t)(length & 0xFFu);
    memcpy(&octets[PACKET_HEADER_SIZE], packet->payload, packet->payload_size);
    const uint16_t crc = crc16(CRC16_START, octets, end);
    octets[end] = (uint8_t)(crc >> 8);
    octets[end + 1] = (uint8_t)(crc & 0xFFu);
    const size_t size = cobs_encode(out, octets, end + PACKET_CRC_SIZE);
    out[size] = 0;
    return size + 1;
}

/* Decode one frame without its delimiter; count the outcome; return 1 when `packet` is good. */
static int decode(FrameStream *self, const uint8_t *encoded, size_t size, Packet *packet)
{
    uint8_t octets[FRAME_MAX];
    if (size >= FRAME_MAX) {
        self->length_errors += 1;
        return 0;
    }
    const ptrdiff_t n = cobs_decode(octets, encoded, size);
    if (n < 0) {
        self->cobs_errors += 1;
    } else if (n < PACKET_HEADER_SIZE + PACKET_CRC_SIZE || n > PACKET_MAX) {
        self->length_errors += 1;
    } else if (crc16(CRC16_START, octets, (size_t)n) != 0) {
        self->crc_errors += 1;
    } else if ((octets[0] & 0xE8u) != 0 || (octets[2] & 0xC0u) != UNSEGMENTED) {
        self->header_errors += 1;
    } else if (PACKET_HEADER_SIZE + 1 + (octets[4] << 8 | octets[5]) != n) {
        self->length_errors += 1;
    } else {
        self->frames_ok += 1;
        packet->apid = (uint16_t)((octets[0] & 7u) << 8 | octets[1]);
        packet->seq_count = (uint16_t)((octets[2] & 0x3Fu) << 8 | octets[3]);
        packet->type = octets[0] >> 4 & 1u;
        packet->payload_size = (uint8_t)(n - PACKET_HEADER_SIZE - PACKET_CRC_SIZE);
        memcpy(packet->payload, &octets[PACKET_HEADER_SIZE], packet->payload_size);
        return 1;
    }
    return 0;
}

size_t stream_next(FrameStream *self, const uint8_t *octets, size_t size, Packet *packet, int *got)
{
    *got = 0;
    if (size == 0) {
        return 0;
    }
    const uint8_t *end = memchr(octets, 0, size);
    const size_t n = end != NULL ? (size_t)(end - octets) : size;
    if (end != NULL && self->size == 0 && !self->overflow) { /* the whole frame is here: no copy */
        if (n > 0) {                                         /* an empty frame is fill */
            *got = decode(self, octets, n, packet);
        }
        return n + 1;
    }
    if (self->overflow || self->size + n > sizeof self->encoded) {
        self->overflow = 1;
    } else {
        memcpy(&self->encoded[self->size], octets, n);
        self->size = (uint16_t)(self->size + n);
    }
    if (end == NULL) {
        return n;
    }
    if (self->overflow) {
        self->length_errors += 1;
    } else {
        *got = decode(self, self->encoded, self->size, packet);
    }
    self->overflow = 0;
    self->size = 0;
    return n + 1;
}

uint32_t stream_frames_bad(const FrameStream *self)
{
    return self->cobs_errors + self->crc_errors + self->length_errors + self->header_errors;
}
