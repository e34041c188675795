/* The board's codec against tests/golden/wire_frames.txt: `wire_golden FILE` prints how many vectors it checked. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "crc16.h"
#include "packet.h"

enum { MAX = 512 };

typedef struct Octets {
    uint8_t at[MAX];
    size_t size;
} Octets;

static Octets parse(const char *text)
{
    Octets out = {.size = 0};
    for (size_t i = 0; strcmp(text, "-") != 0 && text[i] != 0; i += 2) {
        const char pair[3] = {text[i], text[i + 1], 0};
        out.at[out.size++] = (uint8_t)strtoul(pair, NULL, 16);
    }
    return out;
}

static int equal(const uint8_t *octets, size_t size, const Octets *expected)
{
    return size == expected->size && memcmp(octets, expected->at, size) == 0;
}

/* Decode one frame from a stream, in pieces of `piece` octets; the number of packets that came out. */
static int receive(FrameStream *stream, const Octets *frame, size_t piece, Packet *packet)
{
    int packets = 0;
    for (size_t at = 0; at < frame->size;) {
        const size_t left = frame->size - at;
        int got = 0;
        at += stream_next(stream, frame->at + at, left < piece ? left : piece, packet, &got);
        packets += got;
    }
    return packets;
}

static int check_crc(char **f)
{
    const Octets data = parse(f[0]);
    return crc16(CRC16_START, data.at, data.size) == strtoul(f[1], NULL, 16);
}

static int check_cobs(char **f)
{
    const Octets data = parse(f[0]);
    const Octets encoded = parse(f[1]);
    uint8_t out[COBS_SIZE(MAX)];
    if (!equal(out, cobs_encode(out, data.at, data.size), &encoded)) {
        return 0;
    }
    const ptrdiff_t n = cobs_decode(out, encoded.at, encoded.size);
    return n >= 0 && equal(out, (size_t)n, &data);
}

static int check_frame(char **f)
{
    const Octets payload = parse(f[3]);
    const Octets frame = parse(f[4]);
    Packet packet = {
        .apid = (uint16_t)strtoul(f[0], NULL, 16),
        .type = (uint8_t)strtoul(f[1], NULL, 10),
        .seq_count = (uint16_t)strtoul(f[2], NULL, 10),
        .payload_size = (uint8_t)payload.size,
    };
    memcpy(packet.payload, payload.at, payload.size);
    uint8_t out[FRAME_MAX];
    if (!equal(out, frame_encode(out, &packet), &frame)) {
        return 0;
    }
    for (size_t piece = 1; piece <= frame.size; piece++) {
        FrameStream stream = {.size = 0};
        Packet back;
        if (receive(&stream, &frame, piece, &back) != 1 || back.apid != packet.apid || back.type != packet.type ||
            back.seq_count != packet.seq_count || !equal(back.payload, back.payload_size, &payload) ||
            stream.frames_ok != 1 || stream_frames_bad(&stream) != 0) {
            return 0;
        }
    }
    return 1;
}

static int check_bad(char **f)
{
    const Octets frame = parse(f[1]);
    FrameStream stream = {.size = 0};
    Packet packet;
    if (receive(&stream, &frame, frame.size, &packet) != 0 || stream_frames_bad(&stream) != 1) {
        return 0;
    }
    return (stream.cobs_errors == 1 && strcmp(f[0], "cobs_errors") == 0) ||
           (stream.crc_errors == 1 && strcmp(f[0], "crc_errors") == 0) ||
           (stream.length_errors == 1 && strcmp(f[0], "length_errors") == 0) ||
           (stream.header_errors == 1 && strcmp(f[0], "header_errors") == 0);
}

int main(int argc, char **argv)
{
    char line[4 * MAX];
    int checked = 0;
    FILE *file = argc == 2 ? fopen(argv[1], "r") : NULL;
    if (file == NULL) {
        fprintf(stderr, "wire_golden: expected one argument, a readable file\n");
        return 2;
    }
    while (fgets(line, sizeof line, file) != NULL) {
        char *f[8] = {NULL};
        int n = 0;
        for (char *word = strtok(line, " \n"); word != NULL && n < 8; word = strtok(NULL, " \n")) {
            f[n++] = word;
        }
        if (n == 0 || f[0][0] == '#') {
            continue;
        }
        const int ok = (n == 4 && strcmp(f[0], "crc") == 0 && check_crc(f + 2)) ||
                       (n == 4 && strcmp(f[0], "cobs") == 0 && check_cobs(f + 2)) ||
                       (n == 7 && strcmp(f[0], "frame") == 0 && check_frame(f + 2)) ||
                       (n == 4 && strcmp(f[0], "bad") == 0 && check_bad(f + 2));
        if (!ok) {
            fprintf(stderr, "wire_golden: %s %s fails\n", f[0], n > 1 ? f[1] : "");
            return 1;
        }
        checked++;
    }
    fclose(file);
    printf("%d\n", checked);
    return 0;
}
