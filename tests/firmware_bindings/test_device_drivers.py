"""The register-level sensor drivers on emulated devices: random timing, every fault, under the sanitizers."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAMS = ("gyro_properties", "mag_properties")


@pytest.fixture(scope="module")
def programs(tmp_path_factory):
    """The folder with the test programs, compiled under the address and undefined-behaviour sanitizers."""
    out = tmp_path_factory.mktemp("drivers")
    targets = [str(out / name) for name in PROGRAMS]
    done = subprocess.run(
        ["make", "--silent", "--file", "firmware_bindings/firmware.mk", f"OUT={out}", *targets],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return out


def figures(program, seed, rounds):
    """Run a test program, which stops at the first property that does not hold; return what it counted."""
    done = subprocess.run(
        [str(program), str(seed), str(rounds)], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [int(word) for word in done.stdout.split()]


@pytest.mark.parametrize("seed", range(1, 5))
def test_gyro_increments_are_exact_and_come_back_after_faults(programs, seed):
    rounds = 2000
    valid, invalid, failures, overruns, saturations = figures(programs / "gyro_properties", seed, rounds)
    assert valid > 5 * rounds
    assert min(invalid, failures) > rounds // 2
    assert overruns > rounds // 20
    assert saturations > rounds // 10


@pytest.mark.parametrize("seed", range(1, 5))
def test_magnetometer_results_are_new_and_come_back_after_faults(programs, seed):
    rounds = 1000
    valid, invalid, failures, clamped = figures(programs / "mag_properties", seed, rounds)
    assert valid > 10 * rounds
    assert invalid > rounds
    assert failures > rounds // 4
    assert clamped > rounds
