#include "health.h"

#include "build_identity.h"
#include "octets.h"

/* Both SENSORS payloads end alike. */
enum {
    AT_COMMAND_SEQ = ADCS_SENSORS_COMMAND_SEQ - ADCS_SENSORS_FLAGS,
    AT_ACCEPTED = ADCS_SENSORS_COMMANDS_ACCEPTED - ADCS_SENSORS_FLAGS,
    AT_REJECTED = ADCS_SENSORS_COMMANDS_REJECTED - ADCS_SENSORS_FLAGS,
    AT_FRAMES_BAD = ADCS_SENSORS_FRAMES_BAD - ADCS_SENSORS_FLAGS,
    AT_RESET_REASON = ADCS_SENSORS_RESET_REASON - ADCS_SENSORS_FLAGS,
    AT_STIMULI_BAD = ADCS_SENSORS_STIMULI_BAD - ADCS_SENSORS_FLAGS
};
_Static_assert(EPS_SENSORS_COMMAND_SEQ - EPS_SENSORS_FLAGS == (int)AT_COMMAND_SEQ, "command_seq");
_Static_assert(EPS_SENSORS_COMMANDS_ACCEPTED - EPS_SENSORS_FLAGS == (int)AT_ACCEPTED, "commands_accepted");
_Static_assert(EPS_SENSORS_COMMANDS_REJECTED - EPS_SENSORS_FLAGS == (int)AT_REJECTED, "commands_rejected");
_Static_assert(EPS_SENSORS_FRAMES_BAD - EPS_SENSORS_FLAGS == (int)AT_FRAMES_BAD, "frames_bad");
_Static_assert(EPS_SENSORS_RESET_REASON - EPS_SENSORS_FLAGS == (int)AT_RESET_REASON, "reset_reason");
_Static_assert(EPS_SENSORS_STIMULI_BAD - EPS_SENSORS_FLAGS == (int)AT_STIMULI_BAD, "stimuli_bad");

void health_put(const Board *board, uint8_t *at, uint16_t flags)
{
    const BoardLife *life = &board->life;
    const uint32_t bad = stream_frames_bad(&life->bus);
    const uint32_t stimuli_bad = stream_frames_bad(&life->stimulus) + life->stimuli_refused;
    put_u16(at, flags);
    put_u16(at + AT_COMMAND_SEQ, life->command_seq);
    put_u16(at + AT_ACCEPTED, life->commands_accepted);
    put_u16(at + AT_REJECTED, life->commands_rejected);
    put_u16(at + AT_FRAMES_BAD, (uint16_t)(bad & 0xFFFFu));
    at[AT_RESET_REASON] = life->reset_reason;
    at[AT_STIMULI_BAD] = (uint8_t)(stimuli_bad & 0xFFu);
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
