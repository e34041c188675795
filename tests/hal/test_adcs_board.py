"""The ADCS board's driver: scaling, checks, resynchronisation, reset, configuration, silence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hal.drivers.config import adcs_config
from hal.packet import FrameDecoder, PacketType, crc16, encode_frame
from hal.samples import BoardIdentity
from hal.wire import FIRMWARE_VERSION, Apid, CommandFlag, ResetReason, SensorFlag, SensorsHead
from tests.board_packets import AdcsCommand, AdcsConfig
from tests.hal.adcs_bench import TICK_NS

FIXTURES = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
SAMPLES = ("gyro", "magnetometer", "sun_sensors", "wheels", "torquers")


def commands(octets: bytes, parse_frames):
    return [np.frombuffer(p + bytes(6), AdcsCommand.dtype())[0] for a, _, _, p in parse_frames(octets) if a == 0x10]


def test_command_is_scaled_rounded_and_clamped(bench, vehicle, parse_frames):
    torque = np.array([1.23456e-3, -4.9e-8, 5.1e-8, -9.0])
    dipole = np.array([0.123456, -3.0, 1.4e-5])
    actuators = bench.command["actuators"]
    actuators["wheel_torque_nm"][:4], actuators["dipole_am2"][:3], actuators["valid"] = torque, dipole, 1
    (sent,) = commands(bench.tick(bench.device.report()), parse_frames)
    torque_counts = np.clip(np.rint(torque / 1e-7), -20000, 20000)
    torquers_counts = np.clip(np.rint(dipole / 2e-5), -20000, 20000)
    assert sent["wheels_counts"].tolist() == torque_counts.tolist() == [12346, 0, 1, -20000]
    assert sent["torquers_counts"].tolist() == torquers_counts.tolist() == [6173, -20000, 1]
    assert sent["flags"] == CommandFlag.OUTPUTS_ENABLED


@given(st.lists(st.floats(-0.01, 0.01), min_size=4, max_size=4), st.lists(st.floats(-1, 1), min_size=3, max_size=3))
@FIXTURES
def test_command_scaling_against_numpy(new_bench, parse_frames, torque, dipole):
    bench = new_bench()
    actuators = bench.command["actuators"]
    actuators["wheel_torque_nm"][:4], actuators["dipole_am2"][:3], actuators["valid"] = torque, dipole, 1
    (sent,) = commands(bench.tick(), parse_frames)
    for found, wanted, count in ((sent["wheels_counts"], torque, 1e-7), (sent["torquers_counts"], dipole, 2e-5)):
        ideal = np.clip(np.array(wanted) / count, -20000, 20000)
        assert np.all(np.abs(found - ideal) <= 0.5 + 1e-9)


@pytest.mark.parametrize("spoil", ["valid", "torque", "dipole"])
def test_command_that_is_not_valid_or_not_finite_asks_for_safe_outputs(bench, parse_frames, spoil):
    actuators = bench.command["actuators"]
    actuators["wheel_torque_nm"], actuators["dipole_am2"], actuators["valid"] = 1e-3, 0.1, 1
    if spoil == "valid":
        actuators["valid"] = 0
    elif spoil == "torque":
        actuators["wheel_torque_nm"][2] = np.nan
    else:
        actuators["dipole_am2"][0] = np.inf
    (sent,) = commands(bench.tick(), parse_frames)
    assert sent["flags"] == 0
    assert not sent["wheels_counts"].any()
    assert not sent["torquers_counts"].any()


def test_command_numbers_run_on(bench, parse_frames):
    """Each command has the sequence number of the last one plus one."""
    sent = [commands(bench.tick(bench.device.report()), parse_frames)[0]["seq"] for _ in range(5)]
    assert np.diff(sent).tolist() == [1, 1, 1, 1]


def test_samples_are_scaled_and_stamped(bench, vehicle):
    rng = np.random.default_rng(1)
    gyro = rng.integers(-(10**6), 10**6, 3)
    mag, css = rng.integers(-20000, 20000, 3), rng.integers(0, 6000, 6)
    wheels, dipoles = rng.integers(-12000, 12000, 4), rng.integers(-20000, 20000, 3)
    counts = {
        "gyro_counts": gyro, "magnetometer_counts": mag, "sun_sensors_counts": css, "wheels_counts": wheels,
        "torquers_driven": dipoles,
    }  # fmt: skip
    bench.tick(bench.device.report(**counts))
    got = bench.samples
    np.testing.assert_allclose(got["gyro"]["dtheta_s_rad"], gyro * 1e-7, rtol=1e-15)
    np.testing.assert_allclose(got["magnetometer"]["mag_s_tesla"], mag * 4e-9, rtol=1e-15)
    np.testing.assert_allclose(got["sun_sensors"]["ratio"][:6], css * 2.5e-4, rtol=1e-15)
    np.testing.assert_allclose(got["wheels"]["speed_radps"][:4], wheels * 0.05, rtol=1e-15)
    np.testing.assert_allclose(got["torquers"]["dipole_am2"][:3], dipoles * 2e-5, rtol=1e-15)
    for name in SAMPLES:
        assert got[name]["t_ns"] == bench.t_ns
        assert (got[name]["seq"], got[name]["new"], got[name]["valid"]) == (1, 1, 1)
    assert got["gyro"]["dt_ns"] == TICK_NS
    bench.tick()
    assert [int(got[name]["new"]) for name in SAMPLES] == [0] * 5
    assert [int(got[name]["valid"]) for name in SAMPLES] == [1] * 5


@pytest.mark.parametrize(
    ("name", "key", "counts"),
    [
        ("gyro", "gyro_counts", [0, 2**31 - 1, 0]),
        ("gyro", "gyro_counts", [-(2**31), 0, 0]),
        ("magnetometer", "magnetometer_counts", [0, 0, 0x7FFF]),
        ("magnetometer", "magnetometer_counts", [-0x8000, 0, 0]),
        ("sun_sensors", "sun_sensors_counts", [0, 0, 0, 0, 0, 0xFFFF]),
        ("wheels", "wheels_counts", [0, 0x7FFF, 0, 0]),
        ("wheels", "wheels_counts", [0, 0, 0, -0x8000]),
    ],
)
def test_a_count_at_the_end_of_its_range_is_no_measurement(bench, name, key, counts):
    bench.tick(bench.device.report(**{key: counts}))
    assert [n for n in SAMPLES if not bench.samples[n]["valid"]] == [name]
    assert bench.health["samples_out_of_range"] == 0
    bench.tick(bench.device.report())
    assert bench.samples[name]["valid"] == 1


def test_the_increment_of_the_first_cycle_is_not_valid(bench):
    """It began before that life of the board."""
    bench.device.cycle = -1
    bench.tick(bench.device.report())
    assert [n for n in SAMPLES if not bench.samples[n]["valid"]] == ["gyro"]
    bench.tick(bench.device.report())
    assert bench.samples["gyro"]["valid"] == 1


def test_a_board_without_configuration_says_what_it_reads_and_drives_nothing(bench):
    """It does not know what of it is driven; alone, it does not even know what it reads."""
    whole = bench.device.report(magnetometer_counts=[100, 0, 0])
    ((apid, _, _, payload),) = FrameDecoder().feed(whole)
    bench.tick(encode_frame(apid, 0, 1, payload[: -2 * 3]))
    assert all(bench.samples[name]["new"] for name in SAMPLES)
    assert bench.samples["magnetometer"]["mag_s_tesla"][0] == pytest.approx(4e-7)
    assert not bench.samples["torquers"]["dipole_am2"].any()
    ((apid, _, _, payload),) = FrameDecoder().feed(bench.device.report())
    bench.tick(encode_frame(apid, 0, 2, payload[: SensorsHead.end]))
    assert not any(bench.samples[name]["new"] for name in SAMPLES)
    assert bench.health["silent_ticks"] == 0


@pytest.mark.parametrize(
    ("name", "key", "counts"),
    [
        ("gyro", "gyro_counts", [0, 5_300_000, 0]),  # 5.3 rad/s over 0.1 s; range 5.2 rad/s
        ("magnetometer", "magnetometer_counts", [30001, 0, 0]),  # 120.004 uT; range 120 uT
        ("sun_sensors", "sun_sensors_counts", [0, 0, 8001, 0, 0, 0]),  # 2.0003 of full sunlight
        ("wheels", "wheels_counts", [0, 0, 0, -18751]),  # 937.55 rad/s; rated 625 rad/s
        ("torquers", "torquers_driven", [20001, 0, 0]),  # above the rated dipole
    ],
)
def test_out_of_range_is_invalid_and_counted(bench, name, key, counts):
    bench.tick(bench.device.report(**{key: counts}))
    assert [n for n in SAMPLES if not bench.samples[n]["valid"]] == [name]
    assert bench.health["samples_out_of_range"] == 1
    bench.tick(bench.device.report())
    assert bench.samples[name]["valid"] == 1


def test_several_packets_in_one_exchange_add_up_in_the_gyro(bench):
    bench.tick(bench.device.report())
    first, second = bench.device.report(gyro_counts=[1, 2, 3]), bench.device.report(gyro_counts=[10, 20, 30])
    bench.tick()
    bench.tick(first + second)
    gyro = bench.samples["gyro"]
    np.testing.assert_allclose(gyro["dtheta_s_rad"], np.array([11, 22, 33]) * 1e-7)
    assert (gyro["dt_ns"], gyro["t_ns"], gyro["seq"]) == (2 * TICK_NS, bench.t_ns, 3)


def test_a_late_answer_keeps_its_time_of_validity(bench):
    for _ in range(3):
        bench.tick(bench.device.report())
    late = bench.device.report()
    bench.tick()
    valid_ns = bench.t_ns
    bench.tick(late)
    assert bench.samples["magnetometer"]["t_ns"] == valid_ns
    assert bench.samples["magnetometer"]["new"] == 1


def test_after_a_lost_packet_the_increment_covers_one_cycle(bench):
    bench.tick(bench.device.report())
    bench.device.report()
    bench.tick()
    bench.tick(bench.device.report(gyro_counts=[5, 0, 0]))
    assert bench.samples["gyro"]["dt_ns"] == TICK_NS
    assert bench.samples["gyro"]["t_ns"] == bench.t_ns


def test_duplicate_and_out_of_order_are_stale(bench):
    first, second = (
        bench.device.report(magnetometer_counts=[1, 0, 0]),
        bench.device.report(magnetometer_counts=[2, 0, 0]),
    )
    bench.tick(first)
    bench.tick(second)
    bench.tick(second)
    assert (bench.samples["magnetometer"]["new"], bench.health["samples_stale"], bench.health["silent_ticks"]) == (
        0,
        1,
        1,
    )
    bench.tick(first)
    assert (bench.samples["magnetometer"]["new"], bench.health["samples_stale"]) == (0, 2)
    assert bench.samples["magnetometer"]["mag_s_tesla"][0] == pytest.approx(8e-9)


def test_a_stuck_board_that_repeats_itself_is_silent(bench):
    frame = bench.device.report()
    for _ in range(60):
        bench.tick(frame)
    assert bench.health["silent"] == 1
    assert bench.health["samples_stale"] == 59


def test_packets_held_up_for_seconds_are_stale_and_do_not_move_the_clock(bench):
    for _ in range(20):
        bench.tick(bench.device.report())
    held = [bench.device.report() for _ in range(10)]
    for _ in range(9):
        bench.tick()
    bench.tick(*held)
    assert bench.health["samples_stale"] == 7  # older than two periods
    assert bench.samples["magnetometer"]["t_ns"] == bench.t_ns
    assert bench.health["reset_count"] == 0


def test_a_clock_set_anew_is_believed_when_it_persists(bench):
    for _ in range(10):
        bench.tick(bench.device.report())
    bench.device.board_ns += 60_000_000_000
    accepted = []
    for _ in range(4):
        bench.tick(bench.device.report())
        accepted.append(int(bench.samples["magnetometer"]["new"]))
    assert accepted == [0, 0, 1, 1]
    assert bench.samples["magnetometer"]["t_ns"] == bench.t_ns
    assert bench.health["reset_count"] == 0


@pytest.mark.parametrize("ppm", [-100.0, 30.0])
def test_a_drifting_board_clock_is_followed(bench, ppm):
    for _ in range(300):
        board_ns = round((bench.t_ns + TICK_NS) * (1 + ppm * 1e-6)) + 10**12
        bench.device.board_ns = board_ns - bench.device.period_ns
        bench.tick(bench.device.report())
    assert bench.samples["gyro"]["t_ns"] == pytest.approx(bench.t_ns, abs=5)
    assert bench.samples["gyro"]["dt_ns"] == pytest.approx(TICK_NS, abs=5)
    assert bench.health["samples_stale"] == 0


def test_reset_by_boot_packet(bench, parse_frames, vehicle):
    for _ in range(30):
        bench.tick(bench.device.report(commands_accepted=7))
    assert bench.health["commands_accepted"] == 7
    bench.tick(bench.device.boot(ResetReason.WATCHDOG), bench.device.report(reset_reason=ResetReason.WATCHDOG))
    assert (bench.health["reset_count"], bench.health["reset_reason"]) == (1, ResetReason.WATCHDOG)
    assert (bench.health["cycle_count"], bench.health["configured"]) == (1, 0)
    assert bench.samples["magnetometer"]["t_ns"] == bench.t_ns
    sent = parse_frames(bench.tick(bench.device.report(commands_accepted=2)))
    assert [apid for apid, *_ in sent] == [Apid.CONFIG, Apid.IDENTIFY, Apid.COMMAND]
    assert bench.health["commands_accepted"] == 9


def test_reset_whose_boot_packet_was_lost(bench, parse_frames):
    for _ in range(30):
        bench.tick(bench.device.report())
    bench.device.boot()
    for _ in range(3):
        bench.tick(bench.device.report())
    assert bench.health["reset_count"] == 1
    assert bench.samples["magnetometer"]["new"] == 1
    assert [apid for apid, *_ in parse_frames(bench.tick())] == [Apid.CONFIG, Apid.IDENTIFY, Apid.COMMAND]


def test_a_boot_packet_of_another_board_is_not_ours(bench):
    bench.device.kind = 2
    bench.tick(bench.device.boot())
    assert (bench.health["reset_count"], bench.health["frames_bad"], bench.health["frames_ok"]) == (0, 1, 0)


def test_configuration_is_sent_until_the_board_has_it(bench, vehicle, parse_frames):
    bench.device.flags &= ~SensorFlag.CONFIGURED
    for _ in range(4):
        sent = parse_frames(bench.tick(bench.device.report()))
        assert [(apid, kind) for apid, kind, *_ in sent] == [(a, PacketType.TELECOMMAND) for a in (0x11, 0x12, 0x10)]
        assert sent[0][3] == adcs_config(vehicle)
    bench.device.flags |= SensorFlag.CONFIGURED
    bench.tick(bench.device.report())
    assert [apid for apid, *_ in parse_frames(bench.tick())] == [Apid.IDENTIFY, Apid.COMMAND]
    assert bench.health["configured"] == 1


def identity(bench, vehicle, **changes):
    """The board that flight expects says who it is."""
    crc = crc16(adcs_config(vehicle))
    return bench.device.identity(**{"version": FIRMWARE_VERSION, "source": 0x12345678, "config_crc": crc, **changes})


def test_the_board_is_asked_who_it_is_until_it_says_so(bench, vehicle, parse_frames):
    assert bench.health["identity"] == BoardIdentity.UNKNOWN
    bench.tick(bench.device.report(), identity(bench, vehicle, version=FIRMWARE_VERSION + 7))  # another patch number
    health = bench.health
    assert (health["identity"], health["identities"]) == (BoardIdentity.ACCEPTED, 1)
    assert (health["firmware_version"], health["firmware_source"]) == (FIRMWARE_VERSION + 7, 0x12345678)
    assert health["config_crc"] == crc16(adcs_config(vehicle))
    assert [apid for apid, *_ in parse_frames(bench.tick(bench.device.report()))] == [Apid.COMMAND]
    bench.tick(bench.device.boot())
    assert bench.health["identity"] == BoardIdentity.UNKNOWN
    assert Apid.IDENTIFY in [apid for apid, *_ in parse_frames(bench.tick(bench.device.report()))]


@pytest.mark.parametrize(
    "changes",
    [{"version": FIRMWARE_VERSION + 0x100}, {"version": FIRMWARE_VERSION + 0x10000}, {"kind": 2}, {"config_crc": 1}],
)
def test_another_board_than_expected_gets_safe_outputs_only(bench, vehicle, parse_frames, changes):
    bench.command["actuators"]["valid"] = 1
    bench.tick(bench.device.report())
    assert commands(bench.tick(bench.device.report()), parse_frames)[0]["flags"] == CommandFlag.OUTPUTS_ENABLED
    bench.tick(bench.device.report(), identity(bench, vehicle, **changes))
    assert bench.health["identity"] == BoardIdentity.REFUSED
    assert commands(bench.tick(bench.device.report()), parse_frames)[0]["flags"] == 0
    bench.tick(bench.device.report(), identity(bench, vehicle))
    assert commands(bench.tick(bench.device.report()), parse_frames)[0]["flags"] == CommandFlag.OUTPUTS_ENABLED


def test_a_fault_of_the_board_is_kept(bench):
    bench.tick(bench.device.boot(ResetReason.FAULT, fault_pc=0x08001234, fault_status=0x8200))
    assert (bench.health["fault_pc"], bench.health["fault_status"]) == (0x08001234, 0x8200)


def test_cycles_whose_packet_did_not_arrive_are_counted_once(bench):
    for _ in range(5):
        bench.tick(bench.device.report())
    for _ in range(3):
        bench.device.report()  # lost on the line
        bench.tick()
    bench.tick(bench.device.report())
    assert bench.health["frames_lost"] == 3
    lives = bench.health["cycle_count"] + 1
    bench.tick(bench.device.boot())
    bench.device.report()
    bench.tick(bench.device.report())
    assert (bench.health["frames_lost"], bench.health["cycles_past"]) == (3 + 2, lives)  # cycles 0 and 1, as numbered


def test_a_packet_that_comes_twice_hides_no_loss(bench):
    for _ in range(4):
        report = bench.device.report()
        bench.tick(report, report)
    bench.device.report()  # lost on the line
    bench.tick(bench.device.report())
    assert (bench.health["frames_lost"], bench.health["samples_stale"]) == (1, 4)


@pytest.mark.parametrize("late_by", [1, 3, 40])
def test_a_packet_that_comes_late_is_not_lost(bench, late_by):
    """Counted as lost as long as it is missing, once, whatever comes twice; the next loss is counted in full."""
    for _ in range(5):
        bench.tick(bench.device.report())
    late = bench.device.report()
    for _ in range(late_by):
        bench.tick(bench.device.report())
    assert bench.health["frames_lost"] == 1
    bench.tick(bench.device.report(), late, late)
    assert bench.health["frames_lost"] == 0
    bench.device.report()
    bench.tick(bench.device.report())
    assert bench.health["frames_lost"] == 1


def test_commands_that_the_board_never_counts_are_lost(bench):
    bench.tick(bench.device.report())
    sent = int(bench.health["frames_sent"])
    for _ in range(4):
        bench.tick(bench.device.report(commands_accepted=max(0, int(bench.health["frames_sent"]) - 2)))
    assert bench.health["commands_lost"] > 0
    health = bench.health
    total = health["commands_accepted"] + health["commands_rejected"] + health["commands_lost"]
    assert sent < total <= health["frames_sent"]


def test_a_board_configured_in_a_past_life_is_configured_anew(new_bench, parse_frames):
    bench = new_bench()
    stale = bench.device.report()  # says CONFIGURED: by whom?
    bench.driver.begin(0)
    bench.driver.receive(stale, 0)
    assert bench.health["configured"] == 0
    assert [apid for apid, *_ in parse_frames(bench.driver.send(0))] == [Apid.CONFIG, Apid.IDENTIFY, Apid.COMMAND]


def test_configuration_says_what_the_vehicle_file_says(vehicle):
    octets = adcs_config(vehicle)
    assert len(octets) == AdcsConfig.end
    config = np.frombuffer(octets + bytes(AdcsConfig.size - len(octets)), AdcsConfig.dtype())[0]
    assert (config["period_ms"], config["command_timeout_ms"], config["watchdog_ms"]) == (100, 1000, 250)
    assert config["duty_permille"] == 700
    assert config["wheels_limit"].tolist() == [20000] * 4  # 2 mN m in 0.1 uN m
    assert config["torquers_limit"].tolist() == [20000] * 3  # 0.4 A m^2 in 20 uA m^2
    assert config["wheels_guard"].tolist() == [12500] * 4  # 625 rad/s in 0.05 rad/s
    assert crc16(octets) != 0


def test_silence_is_counted_and_ends(bench):
    bench.tick(bench.device.report())
    for n in range(1, 50):
        bench.tick()
        assert (bench.health["silent_ticks"], bench.health["silent"]) == (n, 0)
    assert bench.samples["gyro"]["valid"] == 1
    bench.tick()  # 5 s, limits.board_silent_s
    assert (bench.health["silent_ticks"], bench.health["silent"]) == (50, 1)
    assert [int(bench.samples[n]["valid"]) for n in SAMPLES] == [0] * 5
    bench.device.board_ns += 50 * TICK_NS
    bench.device.cycle += 50
    bench.tick(bench.device.report())
    assert (bench.health["silent_ticks"], bench.health["silent"], bench.samples["gyro"]["valid"]) == (0, 0, 1)


def test_what_the_board_says_of_itself(bench):
    """Flags and counters in SENSORS arrive in the board's health record, counters across their wrap."""
    bench.device.flags |= SensorFlag.COMMAND_TIMEOUT
    bench.tick(bench.device.report(commands_accepted=65535, commands_rejected=3, frames_bad=2))
    assert bench.health["safe_outputs"] == 1
    bench.device.flags &= ~SensorFlag.COMMAND_TIMEOUT
    bench.tick(bench.device.report(commands_accepted=1, commands_rejected=3, frames_bad=4))
    assert bench.health["safe_outputs"] == 0
    assert (bench.health["commands_accepted"], bench.health["commands_rejected"]) == (65537, 3)
    assert bench.health["board_frames_bad"] == 4
    assert (bench.health["cycle_count"], bench.health["board_time_ns"]) == (2, 2 * TICK_NS)


def test_packets_of_the_wrong_kind_are_dropped(bench):
    device = bench.device
    wrong_length = encode_frame(Apid.SENSORS, 0, 0, bytes(67))
    command_type = encode_frame(Apid.SENSORS, 1, 0, bytes(68))
    unknown = encode_frame(Apid.STAR_TRACKER, 0, 0, bytes(28))
    bench.tick(wrong_length, command_type, unknown, device.report())
    assert (bench.health["frames_bad"], bench.health["frames_ok"], bench.samples["gyro"]["new"]) == (3, 1, 1)


@given(st.lists(st.binary(max_size=200), max_size=6))
@FIXTURES
def test_recovers_after_any_garbage(new_bench, garbage):
    bench = new_bench()
    bench.tick(bench.device.report())
    bench.tick(*garbage, b"\0")
    before = int(bench.health["frames_ok"])
    for _ in range(5):
        bench.tick(bench.device.report(magnetometer_counts=[100, 200, 300]))
    assert bench.health["frames_ok"] == before + 5
    assert bench.samples["magnetometer"]["new"] == 1
    np.testing.assert_allclose(bench.samples["magnetometer"]["mag_s_tesla"], np.array([100, 200, 300]) * 4e-9)


@given(st.binary(min_size=1, max_size=60).filter(any))
@FIXTURES
def test_garbage_without_an_end_costs_one_frame(new_bench, garbage):
    bench = new_bench()
    bench.tick(garbage.replace(b"\0", b"\1"))
    bench.tick(bench.device.report())
    bench.tick(bench.device.report())
    assert (bench.health["frames_ok"], bench.health["frames_bad"]) == (1, 1)
    assert bench.samples["gyro"]["new"] == 1


@given(st.binary(max_size=68), st.integers(0, 0x7FF), st.integers(0, 1))
@FIXTURES
def test_any_packet_is_taken_or_counted(new_bench, body, apid, packet_type):
    bench = new_bench()
    bench.tick(encode_frame(apid, packet_type, 0, body))
    health = bench.health
    assert health["frames_ok"] + health["frames_bad"] == 1
    if health["frames_bad"]:
        assert not any(bench.samples[n]["new"] for n in SAMPLES)


@given(st.binary(min_size=68, max_size=68))
@FIXTURES
def test_any_sensor_payload_leaves_finite_samples(new_bench, body):
    bench = new_bench()
    bench.tick(encode_frame(Apid.SENSORS, 0, 0, body))
    bench.tick(bench.device.report())
    for name in SAMPLES:
        assert all(np.all(np.isfinite(bench.samples[name][f])) for f in bench.samples[name].dtype.names)
        assert 0 <= bench.samples[name]["t_ns"] <= bench.t_ns


def test_octets_may_come_in_any_pieces(bench):
    size = len(bench.device.report())
    bench.device.cycle, bench.device.board_ns = 0, 0
    for at in range(1, size):
        frame = bench.device.report()
        bench.tick(frame[:at])
        assert bench.samples["gyro"]["new"] == 0
        bench.tick(frame[at:])
        assert bench.samples["gyro"]["new"] == 1
        bench.device.board_ns += TICK_NS  # two exchanges a cycle
    assert (bench.health["frames_ok"], bench.health["frames_bad"]) == (size - 1, 0)
    assert bench.health["samples_stale"] == 0
