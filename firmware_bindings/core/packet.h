/* Space packets in frames: COBS(primary header | payload | CRC-16) | 0x00. The Python side is hal/packet.py. */
#ifndef SMARTSAT_PACKET_H
#define SMARTSAT_PACKET_H
#include "cobs.h"
#include "wire.h"

enum {
    PACKET_HEADER_SIZE = 6,
    PACKET_CRC_SIZE = 2,
    PACKET_PAYLOAD_MAX = BOARD_PAYLOAD_MAX,
    PACKET_MAX = PACKET_HEADER_SIZE + PACKET_PAYLOAD_MAX + PACKET_CRC_SIZE,
    FRAME_MAX = COBS_SIZE(PACKET_MAX) + 1
};

enum { PACKET_TELEMETRY = 0, PACKET_TELECOMMAND = 1 };

typedef struct Packet {
    uint16_t apid;
    uint16_t seq_count;
    uint8_t type;
    uint8_t payload_size;
    uint8_t payload[PACKET_PAYLOAD_MAX];
} Packet;

/* Receiving end of one port; zeroed memory is a valid start. */
typedef struct FrameStream {
    uint32_t frames_ok;
    uint32_t cobs_errors;
    uint32_t crc_errors;
    uint32_t length_errors;
    uint32_t header_errors;
    uint16_t size;    /* octets of an unfinished frame in `encoded` */
    uint8_t overflow; /* 1 while an over-long frame is skipped up to its end */
    uint8_t encoded[FRAME_MAX];
} FrameStream;

/* Encode one frame with its 0x00 into FRAME_MAX octets; at most PACKET_PAYLOAD_MAX octets of payload.
 * Only the packet's `payload_size` octets of payload are read. Returns the octets written. */
size_t frame_encode(uint8_t *out, const Packet *packet);

/* Take octets up to the end of the next frame; returns how many were taken. `*got` says whether that completed a
 * good frame, which is then in `packet`. Call again with the rest until nothing is left. */
size_t stream_next(FrameStream *self, const uint8_t *octets, size_t size, Packet *packet, int *got);

/* Frames dropped so far. */
uint32_t stream_frames_bad(const FrameStream *self);

#endif
