/* The buses of the sensors and the torquers of the STM32F405 port, on a model of their registers, under the sanitizers.
 *
 *   stm32f405_devices SEED ROUNDS    prints transfers that succeeded and that failed
 *
 * Checked: each octet comes where it belongs, whenever the flags come; the board acknowledges all octets that it reads
 * but the last; a device that is absent, refuses or hangs, or a dead peripheral, makes a transfer fail after a bounded
 * number of looks, and the next one works when the cause is gone; torquers are off after their time, and change their
 * sign only while they are off. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "emulators/peripherals.h"
#include "i2c.h"
#include "model.h"
#include "device_regs.h"
#include "spi.h"
#include "torquers.h"

enum { ACCESSES_MAX = 60000, ADDRESS = 0x20, SELECT = 4 };

static uint64_t seed;

static uint32_t draw(uint32_t below)
{
    seed ^= seed << 13;
    seed ^= seed >> 7;
    seed ^= seed << 17;
    return (uint32_t)(seed >> 32) % below;
}

static void fail(const char *what)
{
    fprintf(stderr, "stm32f405_devices: %s\n", what);
    exit(1);
}

static void check_effort(void)
{
    peripherals_settle();
    if (peripherals.accesses > ACCESSES_MAX) {
        fail("a transfer took too many looks at a register");
    }
    peripherals.accesses = 0;
}

/* One random transfer; true when the bus said that it succeeded, and then it did. */
static bool transfer(const RegisterBus *bus, BusDevice *device, size_t size_min)
{
    uint8_t octets[100];
    const uint8_t reg = (uint8_t)draw(100);
    const size_t size = size_min + draw(sizeof octets - 20);
    const bool there = !peripherals.absent; /* SPI cannot tell */
    const BusDevice before = *device;
    bool good;
    if (draw(2)) {
        good = registers_read(bus, reg, octets, size);
        check_effort();
        if (good && there && memcmp(octets, &before.registers[reg], size) != 0) {
            fail("what was read is not what the device has");
        }
        if (good && device == &peripherals.i2c && (device->read != size || device->acknowledged != size - 1)) {
            fail("the board did not end an I2C read with its last octet");
        }
        return good;
    }
    for (size_t i = 0; i < size; i++) {
        octets[i] = (uint8_t)draw(256);
    }
    good = registers_write(bus, reg, octets, size);
    check_effort();
    if (good && there && memcmp(octets, &device->registers[reg], size) != 0) {
        fail("what was written is not what the device has");
    }
    return good;
}

static void begin_fault(void)
{
    switch (draw(6)) {
    case 0:
        peripherals.absent = true;
        break;
    case 1:
        peripherals.refuse_after = 1 + draw(5);
        break;
    case 2:
        peripherals.stuck = 1 + draw(9);
        break;
    case 3:
        peripherals.i2c_dead = true;
        break;
    case 4:
        peripherals.spi_dead = true;
        break;
    default:
        break;
    }
}

static void end_faults(void)
{
    peripherals.absent = false;
    peripherals.refuse_after = 0;
    peripherals.i2c_dead = false;
    peripherals.spi_dead = false;
}

static void check_buses(unsigned long rounds, unsigned long *good, unsigned long *bad)
{
    Spi select = {.select = SELECT};
    I2c i2c = {.apb1_hz = 42000000, .core_mhz = 168, .address = ADDRESS};
    spi_start(&select);
    i2c_start(&i2c);
    const RegisterBus spi = spi_registers(&select);
    const RegisterBus bus = i2c_registers(&i2c);
    for (; rounds > 0; rounds--) {
        peripherals.delay_max = draw(3) ? draw(30) : 0;
        begin_fault();
        const bool stuck = peripherals.stuck != 0;
        const bool healthy = !peripherals.absent && peripherals.refuse_after == 0 && !stuck;
        const uint16_t recoveries = i2c.recoveries;
        const bool i2c_good = transfer(&bus, &peripherals.i2c, 3);
        const bool spi_good = transfer(&spi, &peripherals.spi, 1);
        if (healthy && (i2c_good == peripherals.i2c_dead || spi_good == peripherals.spi_dead)) {
            fail("a transfer fails without a cause, or does not although the peripheral is dead");
        }
        if (i2c_good && peripherals.absent) {
            fail("a device that is not there gave an acknowledge");
        }
        if (i2c.recoveries != recoveries && !stuck && !peripherals.i2c_dead) {
            fail("the bus was freed although a device only refused");
        }
        *good += i2c_good;
        *bad += !i2c_good;
        end_faults();
        if (!transfer(&bus, &peripherals.i2c, 3) || !transfer(&spi, &peripherals.spi, 1)) {
            fail("a transfer fails although the cause is gone");
        }
        if (registers_read(&bus, 0, (uint8_t[2]){0, 0}, 2)) {
            fail("an I2C read of two octets is not refused");
        }
        check_effort();
    }
    if (peripherals.early != 0) {
        fail("a data register was accessed before its flag");
    }
}

static void check_pwm(const int16_t *permille, bool on)
{
    peripherals_settle();
    for (uint32_t i = 0; i < TORQUERS; i++) {
        const uint32_t expected = on ? (uint32_t)abs(permille[i]) : 0;
        const bool negative = (peripherals_word(0x40020814u) >> (9 + i) & 1u) != 0; /* the sign pin */
        if (peripherals_word(0x40000434u + 4 * i) != expected || (expected != 0 && negative != (permille[i] < 0))) {
            fail("a torquer does not do what it was told");
        }
    }
}

static void check_torquers(unsigned long rounds)
{
    Torquers torquers = {0};
    torquers_stop(&torquers); /* before the pins are connected: nothing is touched */
    check_effort();
    torquers_start(&torquers, 84000000);
    const uint32_t period = (peripherals_word(0x40000428u) + 1) * (peripherals_word(0x4000042Cu) + 1);
    if (84000000 / period < 18000 || 84000000 / period > 25000 || peripherals_word(0x40000420u) != 0x111) {
        fail("the torquers' timer does not run at about 20 kHz");
    }
    for (; rounds > 0; rounds--) {
        int16_t permille[TORQUERS];
        for (int i = 0; i < TORQUERS; i++) {
            permille[i] = (int16_t)((int)draw(2001) - 1000);
        }
        const uint16_t duration = (uint16_t)draw(50);
        torquers_drive(&torquers, permille, duration);
        const uint32_t ms = draw(60);
        for (uint32_t i = 0; i < ms; i++) {
            check_pwm(permille, i < duration);
            torquers_tick(&torquers);
        }
        check_pwm(permille, ms < duration);
        if (draw(3) == 0) {
            torquers_stop(&torquers);
            check_pwm(permille, false);
        }
    }
    if (peripherals.sign_while_on != 0) {
        fail("a bridge changed its sign while it was on");
    }
}

int main(int argc, char **argv)
{
    unsigned long good = 0;
    unsigned long bad = 0;
    if (argc != 3) {
        fprintf(stderr, "stm32f405_devices: expected SEED ROUNDS\n");
        return 2;
    }
    seed = strtoull(argv[1], NULL, 10) * 2654435769u + 1u;
    const unsigned long rounds = strtoul(argv[2], NULL, 10);
    peripherals_start(seed);
    check_buses(rounds, &good, &bad);
    peripherals_start(seed);
    check_torquers(rounds);
    printf("%lu %lu\n", good, bad);
    return 0;
}
