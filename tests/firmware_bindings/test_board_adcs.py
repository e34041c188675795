"""The attitude board: raw counts through, limits on what goes out, octets a tick."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from hal import wire
from hal.packet import encode_frame
from hal.wire import Apid, BoardKind, SensorFlag
from tests import board_packets

i16 = st.integers(-0x8000, 0x7FFF)
limit = st.integers(0, 0x7FFF)
SAMPLE = {
    "gyro_counts": [-(2**31) + 1, 70000, 2**31 - 2],
    "magnetometer_counts": [-30000, 1, 30000],
    "sun_sensors_counts": [0, 1, 4000, 40000, 65534, 255],
    "wheels_counts": [-9000, 9000, -1, 0],
}


def expected_torque(torque, torque_limit, speed, speed_limit):
    """The board's rule in words: a wheel above its speed limit may only be braked; any torque keeps its limit."""
    if abs(speed) > speed_limit and torque * speed > 0:
        return 0
    return max(-torque_limit, min(torque_limit, torque))


def test_samples_pass_as_raw_counts_with_the_time_of_the_stimulus(adcs):
    adcs.cycle()
    sensors, _ = adcs.cycle(**SAMPLE)
    assert {name: sensors[name] for name in SAMPLE} == SAMPLE
    assert sensors["stimuli_bad"] == 0


@given(
    torque=st.lists(i16, min_size=4, max_size=4),
    dipole=st.lists(i16, min_size=3, max_size=3),
    speed=st.lists(i16, min_size=4, max_size=4),
    torque_limit=st.lists(limit, min_size=4, max_size=4),
    dipole_limit=st.lists(limit, min_size=3, max_size=3),
    speed_limit=st.lists(limit, min_size=4, max_size=4),
    duty=st.integers(0, 950),
)
@example(
    torque=[100, -100, 100, -100],
    dipole=[-0x8000, 0x7FFF, 5],
    speed=[11001, 11001, -11001, -11001],
    torque_limit=[50] * 4,
    dipole_limit=[0x7FFF, 0x7FFF, 4],
    speed_limit=[11000] * 4,
    duty=950,
)
@settings(max_examples=150, deadline=None)
def test_outputs_keep_the_configured_limits(
    new_bench, torque, dipole, speed, torque_limit, dipole_limit, speed_limit, duty
):
    adcs = new_bench(BoardKind.ADCS, configured=False)
    adcs.configure(
        wheels_limit=torque_limit,
        torquers_limit=dipole_limit,
        wheels_guard=speed_limit,
        duty_permille=duty,
    )
    adcs.command(wheels_counts=torque, torquers_counts=dipole)
    sensors, actuation = adcs.cycle(wheels_counts=speed)
    assert sensors["commands_rejected"] == 0
    expected = [expected_torque(*wheel) for wheel in zip(torque, torque_limit, speed, speed_limit, strict=True)]
    assert actuation["wheels_counts"] == expected
    expected = [max(-most, min(most, asked)) for asked, most in zip(dipole, dipole_limit, strict=True)]
    assert actuation["torquers_counts"] == sensors["torquers_driven"] == expected
    assert actuation["duty_permille"] == duty


def test_over_speed_brakes_only_until_the_wheel_is_slow_again(adcs):
    torques = []
    for speed in (10999, 11000, 11001, 12000, 11000):
        adcs.command(wheels_counts=[300, -300, 300, -300])
        _, actuation = adcs.cycle(wheels_counts=[speed, speed, -speed, -speed])
        torques.append(actuation["wheels_counts"])
    assert torques == [[300, -300, 300, -300]] * 2 + [[0, -300, 300, 0]] * 2 + [[300, -300, 300, -300]]


def test_a_new_configuration_limits_the_command_in_force(adcs):
    adcs.command(wheels_counts=[5000] * 4, torquers_counts=[5000] * 3)
    adcs.cycle()
    adcs.configure(wheels_limit=[100] * 4, torquers_limit=[200] * 3, duty_permille=300)
    _, actuation = adcs.cycle()
    assert actuation["wheels_counts"] == [100] * 4
    assert actuation["torquers_counts"] == [200] * 3
    assert actuation["duty_permille"] == 300


@pytest.mark.parametrize(
    "change",
    [
        {"duty_permille": 951},
        {"wheels_limit": [1, 1, 1, -1]},
        {"torquers_limit": [1, -1, 1]},
        {"wheels_guard": [-0x8000, 1, 1, 1]},
    ],
    ids=str,
)
def test_a_configuration_out_of_range_is_refused_whole(adcs, change):
    adcs.command(wheels_counts=[5000] * 4, torquers_counts=[5000] * 3)
    _, before = adcs.cycle()
    adcs.configure(**{"wheels_limit": [7] * 4, "duty_permille": 1, **change})
    sensors, after = adcs.cycle()
    assert sensors["commands_rejected"] == 1
    assert {**after, "board_time_ns": 0} == {**before, "board_time_ns": 0}


def test_the_newest_of_several_commands_in_one_tick_is_applied(adcs):
    for torque in (1, 2, 3):
        adcs.command(wheels_counts=[torque] * 4)
    sensors, actuation = adcs.cycle()
    assert actuation["wheels_counts"] == [3] * 4
    assert sensors["command_seq"] == 3


@pytest.mark.parametrize("fill", [0x00, 0x01, 0x7F, 0xFF])
def test_at_most_200_octets_a_tick_over_both_ports(adcs, fill):
    """The budget holds whatever the contents: COBS adds one octet to each of these frames, and 0x00 another."""
    adcs.cycle()
    command = bytes([fill]) * board_packets.AdcsCommand.end
    command = command[:2] + wire.CommandFlag.OUTPUTS_ENABLED.to_bytes(2, "little") + command[4:]
    command = encode_frame(Apid.COMMAND, 1, 0x3FFF, command)
    stimulus = (200_000_000).to_bytes(8, "little") + bytes([fill]) * (board_packets.AdcsStimulus.end - 8)
    stimulus = encode_frame(Apid.STIMULUS, 0, 0x3FFF, stimulus)
    adcs.board.bus.write(command)
    adcs.board.stimulus.write(stimulus)
    answers = adcs.board.stimulus.read(), adcs.board.bus.read()
    assert all(answers)
    assert len(command) + len(stimulus) + sum(map(len, answers)) <= 200


def silence(bench, ms, **values):
    """Cycles without a command for `ms`; the last (sensors, actuation)."""
    for _ in range(ms // bench.period_ms):
        last = bench.cycle(**values)
    return last


def test_reflex_detumbles_after_a_long_silence_only(adcs):
    """Dipole against the field's change: gains of 1, 10 and -2 counts a count (conftest), within the limit."""
    adcs.command(torquers_counts=[100, 100, 100], wheels_counts=[5, 5, 5, 5])
    adcs.cycle()
    sensors, actuation = silence(adcs, 4900)
    assert sensors["flags"] & SensorFlag.OUTPUTS_SAFE
    assert not sensors["flags"] & SensorFlag.REFLEX
    assert actuation["duty_permille"] == 0
    sensors, actuation = adcs.cycle(magnetometer_counts=[7, -7, 1000])
    assert sensors["flags"] & SensorFlag.REFLEX
    assert not sensors["flags"] & SensorFlag.OUTPUTS_SAFE
    assert sensors["flags"] & SensorFlag.COMMAND_TIMEOUT
    assert actuation["torquers_counts"] == sensors["torquers_driven"] == [-7, 70, 2000]
    assert actuation["duty_permille"] == 700
    assert actuation["wheels_counts"] == [0, 0, 0, 0]
    _, actuation = adcs.cycle(magnetometer_counts=[7, -7, 1000])
    assert actuation["torquers_counts"] == [0, 0, 0]
    _, actuation = adcs.cycle(magnetometer_counts=[7, -32000, 32000])
    assert actuation["torquers_counts"] == [0, 15000, 15000]


def test_reflex_gives_way_to_the_first_command(adcs):
    adcs.command()
    silence(adcs, 6000)
    adcs.command(torquers_counts=[11, 12, 13])
    sensors, actuation = adcs.cycle(magnetometer_counts=[500, 500, 500])
    assert actuation["torquers_counts"] == [11, 12, 13]
    assert not sensors["flags"] & (SensorFlag.REFLEX | SensorFlag.COMMAND_TIMEOUT | SensorFlag.OUTPUTS_SAFE)


def test_commanded_safe_outputs_are_no_silence(adcs):
    for _ in range(120):
        adcs.command(flags=0)
        sensors, actuation = adcs.cycle(magnetometer_counts=[adcs.t_ms % 1000, 0, 0])
        assert not sensors["flags"] & SensorFlag.REFLEX
        assert actuation["torquers_counts"] == [0, 0, 0]


def test_reflex_needs_two_fields_in_a_row(adcs):
    adcs.command()
    silence(adcs, 6000, magnetometer_counts=[100, 0, 0])
    sensors, _ = adcs.cycle(magnetometer_counts=[32767, 0, 0])
    assert not sensors["flags"] & SensorFlag.REFLEX
    sensors, actuation = adcs.cycle(magnetometer_counts=[4000, 0, 0])
    assert not sensors["flags"] & SensorFlag.REFLEX
    assert actuation["torquers_counts"] == [0, 0, 0]
    sensors, actuation = adcs.cycle(magnetometer_counts=[3990, 0, 0])
    assert actuation["torquers_counts"] == [10, 0, 0]


def test_reflex_may_be_switched_off(new_bench):
    adcs = new_bench(BoardKind.ADCS, configured=False)
    adcs.configure(reflex_after_ms=0)
    adcs.command()
    for _ in range(200):
        sensors, _ = adcs.cycle(magnetometer_counts=[adcs.t_ms % 1000, 0, 0])
    assert sensors["flags"] & SensorFlag.OUTPUTS_SAFE
    assert not sensors["flags"] & SensorFlag.REFLEX
