#include "health.h"

#include "build_identity.h"
#include "octets.h"

void health_put(const Board *board, uint8_t *sensors, uint16_t flags)
{
    const BoardLife *life = &board->life;
    const uint32_t bad = stream_frames_bad(&life->bus);
    const uint32_t stimuli_bad = stream_frames_bad(&life->stimulus) + life->stimuli_refused;
    put_u32(sensors + SENSORS_HEAD_CYCLE, life->cycles);
    put_u16(sensors + SENSORS_HEAD_FLAGS, flags);
    put_u16(sensors + SENSORS_HEAD_COMMAND_SEQ, life->command_seq);
    put_u16(sensors + SENSORS_HEAD_COMMANDS_ACCEPTED, life->commands_accepted);
    put_u16(sensors + SENSORS_HEAD_COMMANDS_REJECTED, life->commands_rejected);
    put_u16(sensors + SENSORS_HEAD_FRAMES_BAD, (uint16_t)(bad & 0xFFFFu));
    sensors[SENSORS_HEAD_RESET_REASON] = life->reset_reason;
    sensors[SENSORS_HEAD_STIMULI_BAD] = (uint8_t)(stimuli_bad & 0xFFu);
}

void health_boot(Board *board, Packet *boot)
{
    const PortCrash crash = port_crash(&board->port);
    boot->payload_size = BOOT_SIZE;
    put_u64(&boot->payload[BOOT_BOARD_TIME_NS], (uint64_t)port_now(&board->port));
    put_u32(&boot->payload[BOOT_VERSION], FIRMWARE_VERSION);
    put_u32(&boot->payload[BOOT_FAULT_PC], crash.pc);
    put_u32(&boot->payload[BOOT_FAULT_LR], crash.lr);
    put_u32(&boot->payload[BOOT_FAULT_STATUS], crash.status);
    boot->payload[BOOT_KIND] = board->ops->kind;
    boot->payload[BOOT_RESET_REASON] = board->life.reset_reason;
    put_u16(&boot->payload[BOOT_SPARE], 0);
}

void health_identity(const Board *board, Packet *identity)
{
    identity->payload_size = IDENTITY_SIZE;
    put_u32(&identity->payload[IDENTITY_VERSION], FIRMWARE_VERSION);
    put_u32(&identity->payload[IDENTITY_SOURCE], FIRMWARE_SOURCE);
    put_u16(&identity->payload[IDENTITY_CONFIG_CRC], board->life.config_crc);
    identity->payload[IDENTITY_KIND] = board->ops->kind;
    identity->payload[IDENTITY_SPARE] = 0;
}
