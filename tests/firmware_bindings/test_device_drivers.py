"""Sensor drivers, buses and torquers on emulated devices: random timing, every fault, under the sanitizers."""

import subprocess

import pytest

SEEDS = [1, 2, pytest.param(3, marks=pytest.mark.proof), pytest.param(4, marks=pytest.mark.proof)]


def figures(*command):
    """Run a test program, which stops at the first property that does not hold; return what it counted."""
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, timeout=600, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    return [int(word) for word in done.stdout.split()]


@pytest.mark.parametrize("seed", SEEDS)
def test_gyro_increments_are_exact_and_come_back_after_faults(c_programs, seed):
    rounds = 2000
    valid, invalid, failures, overruns, saturations = figures(c_programs / "gyro_properties", seed, rounds)
    assert valid > 5 * rounds
    assert min(invalid, failures) > rounds // 2
    assert overruns > rounds // 20
    assert saturations > rounds // 10


@pytest.mark.parametrize("seed", SEEDS)
def test_magnetometer_results_are_new_and_come_back_after_faults(c_programs, seed):
    rounds = 1000
    valid, invalid, failures, clamped = figures(c_programs / "mag_properties", seed, rounds)
    assert valid > 10 * rounds
    assert invalid > rounds
    assert failures > rounds // 4
    assert clamped > rounds


@pytest.mark.parametrize("seed", SEEDS)
def test_board_without_simulator_runs_on_its_own_clock_and_sensors(c_programs, seed):
    cycles, gyro, mag, driven, reflexes = figures(c_programs / "board_alone", seed)
    assert cycles > 1000
    assert min(gyro, mag) > 0.8 * cycles
    assert driven > 10 * cycles  # polls, of which there are some hundred a cycle
    assert reflexes > 5


@pytest.mark.parametrize("seed", SEEDS)
def test_board_in_lock_step_reads_its_own_sensors_and_the_rest_from_the_stimulus(c_programs, seed):
    cycles, valid, invalid, fields = figures(c_programs / "board_sources", seed)
    assert cycles > 3000
    assert valid > cycles
    assert invalid > 200
    assert fields > cycles // 3


@pytest.mark.parametrize("seed", SEEDS)
def test_buses_and_torquers_of_the_stm32f405_on_a_model_of_its_registers(c_programs, seed):
    rounds = 3000
    good, bad = figures(c_programs / "stm32f405_devices", seed, rounds)
    assert good + bad == rounds
    assert min(good, bad) > rounds // 4
