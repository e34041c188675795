"""Cases for the rules of devices: rule, text of the reference file, text in its place, what is said."""

from __future__ import annotations

from hal.devices.coarse_sun_sensors import kind as sun_sensors
from hal.devices.gyro import kind as gyro
from hal.devices.magnetometer import kind as magnetometer
from hal.devices.magnetorquers import kind as torquers
from hal.devices.power import kind as power
from hal.devices.reaction_wheels import kind as wheels
from hal.devices.star_tracker import kind as star_tracker

WHEELS = 'device[3] "wheels": '
STAR_TRACKER = 'device[5] "star_tracker": '
POWER = 'device[7] "power": '
DEVICE_CASES = [
    (
        wheels.rotors,
        "inertia_kgm2 = 3.2e-5",
        "inertia_kgm2 = 0.2",
        f"{WHEELS}unit: found rotors of up to 0.2 kg m^2, more than the whole satellite has",
    ),
    (
        wheels.friction,
        "friction_coulomb_nm = 2.0e-5",
        "friction_coulomb_nm = 2.0e-2",
        f"{WHEELS}unit[0].friction_coulomb_nm: found 0.02, expected < torque_max_nm = 0.002, or the wheel never turns",
    ),
    (
        wheels.friction,
        "friction_viscous_nms = 1.0e-7",
        "friction_viscous_nms = 1.0e-5",
        f"{WHEELS}unit[0].friction_viscous_nms: found 1e-05, at full speed 0.00627 N m, expected friction "
        "below torque_max_nm",
    ),
    (
        wheels.friction,
        "inertia_kgm2 = 3.2e-5",
        "inertia_kgm2 = 3.2e-8",
        f"{WHEELS}unit[0].speed_count_radps",
    ),
    (
        power.gauges,
        "power_w = 44.0",
        "power_w = 44000.0",
        f"{POWER}arrays: found 4.55e+04 W at most, expected <= 655.35, which the EPS board's packet can hold",
    ),
    (
        power.gauges,
        "base_load_w = 7.0",
        "base_load_w = 7000.0",
        f"{POWER}base_load_w: found 7012 W of all loads",
    ),
    (
        power.gauges,
        "base_load_w = 7.0",
        "base_load_w = 500.0",
        f"{POWER}base_load_w: found 42.67 A of battery current, expected <= 32.767",
    ),
    (
        power.gauges,
        "payload_load_w = 4.0",
        "payload_load_w = 500.0",
        f"{POWER}payload_load_w: found 42.92 A of battery current, expected <= 32.767",
    ),
    (
        power.gauges,
        "payload_load_w = 4.0",
        "payload_load_w = 5000.0",
        f"{POWER}payload_load_w: found 5015 W of all loads",
    ),
    (
        power.gauges,
        "power_w = 44.0",
        "power_w = 500.0",
        f"{POWER}arrays: found 43.45 A of battery current, expected <= 32.767",
    ),
    (
        power.gauges,
        "voltage_full_v = 16.8",
        "voltage_full_v = 168.0",
        f"{POWER}voltage_full_v: found 168 V while charging, expected <= 65.535",
    ),
    (
        power.gauges,
        "voltage_empty_v = 12.0",
        "voltage_empty_v = 1.2",
        f"{POWER}voltage_empty_v: found 41.57 A of battery current, expected <= 32.767",
    ),
    (
        star_tracker.lateness,
        "base_hz = 10",
        "base_hz = 100",
        f"{STAR_TRACKER}latency_s: found 0.15, expected <= 0.14, 14 ticks, which the estimator remembers",
    ),
    (
        power.sun_axis,
        "sun_axis_b = [0.0, 0.7071067811865475, -0.7071067811865475]",
        "sun_axis_b = [0.0, -0.7071067811865475, 0.7071067811865475]",
        "pointing.sun_axis_b: found an axis along which no array gives power, expected one in front of an array",
    ),
    (
        torquers.axes,
        "axis_b = [1.0, 0.0, 0.0]",
        "axis_b = [0.0, 1.0, 0.0]",
        'device[4] "torquers": unit: found axes whose least singular value is 0, expected >= 0.1: span 3 axes',
    ),
    (
        star_tracker.rate,
        "rate_hz = 5",
        "rate_hz = 20",
        f"{STAR_TRACKER}rate_hz: found 20, expected a divisor",
    ),
    (
        magnetometer.counts,
        "count_tesla = 4.0e-9",
        "count_tesla = 1.0e-9",
        'device[1] "magnetometer": count_tesla: found 1e-09, expected >= 3.662e-09, so that 0.00012 fits 32767 counts',
    ),
    (
        wheels.counts,
        "torque_count_nm = 1.0e-7",
        "torque_count_nm = 1.0e-8",
        f"{WHEELS}unit[0].torque_count_nm: found 1e-08, expected >=",
    ),
    (
        wheels.counts,
        "speed_count_radps = 0.05",
        "speed_count_radps = 0.01",
        f"{WHEELS}unit[0].speed_count_radps: found 0.01, expected >=",
    ),
    (
        torquers.counts,
        "dipole_count_am2 = 2.0e-5",
        "dipole_count_am2 = 1.0",
        'device[4] "torquers": unit[0].dipole_count_am2: found 1, expected <= 0.4',
    ),
    (
        sun_sensors.counts,
        "count = 2.5e-4",
        "count = 1e-6",
        'device[2] "sun_sensors": unit[0].count: found 1e-06, expected >=',
    ),
    (gyro.counts, "count_rad = 1.0e-7", "count_rad = 1.0e-12", 'device[0] "gyro": count_rad: found 1e-12, expected >='),
    (
        power.voltages,
        "voltage_full_v = 16.8",
        "voltage_full_v = 11.0",
        f"{POWER}voltage_full_v: found 11, expected > voltage_empty_v = 12",
    ),
]
