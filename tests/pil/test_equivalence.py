"""One flight, two worlds: the boards' image under QEMU and the same source in the simulator, bit for bit."""

import re
import shutil
from pathlib import Path

import pytest
from rich.console import Console

from firmware_bindings.images import default_out, toolchain
from ground.common.signals import Asked
from ground.worlds import diff
from sim.scenario.scenario import SCENARIOS
from tests.identity import digests

QUIET = Console(quiet=True)
EVERY_MODE = {
    "BOOT IDLE", "NOMINAL DETUMBLE", "NOMINAL SUN_POINTING", "NOMINAL INERTIAL", "NOMINAL NADIR", "NOMINAL TARGET",
    "NOMINAL IDLE", "SAFE DETUMBLE", "SAFE SUN_POINTING",
}  # fmt: skip


SOONER = 0.16


@pytest.fixture
def soon(tmp_path):
    """The scenario `modes` with everything in it six times as soon."""
    text = (SCENARIOS / "modes.toml").read_text()
    head, rest = text.split("[target]")  # the clocks are in the head
    scaled = re.compile(r"^(duration_s|offset_s|start_s|along_track_s) = ([\d.]+)", re.MULTILINE)
    rest = scaled.sub(lambda m: f"{m[1]} = {SOONER * float(m[2])}", rest)
    path: Path = tmp_path / "soon.toml"
    path.write_text(head.replace("duration_s = 600.0", f"duration_s = {SOONER * 600.0}") + "[target]" + rest)
    return str(path)


def check_identical(scenario, ticks, capsys):
    assert diff.run(diff.Options(scenario, "sim,qemu")) == 0
    said = capsys.readouterr().out
    assert re.search(rf"^identical: sim and qemu, {ticks} ticks, \d+ octets, 2\d\d octets a tick", said, re.MULTILINE)
    assert re.search(r"^sha256 [0-9a-f]{64}$", said, re.MULTILINE)
    assert set(re.search(r"^modes: (.*)$", said, re.MULTILINE)[1].split(", ")) == EVERY_MODE


def test_every_mode_is_identical(images, soon, capsys):
    """The gate: every octet of every bus, every section of the pool, in each of 960 ticks."""
    assert images("adcs").is_file()
    check_identical(soon, 960, capsys)


@pytest.mark.proof
def test_ten_minutes_with_every_mode_are_identical(images, capsys):
    """The same in each of 6000 ticks."""
    assert images("adcs").is_file()
    check_identical("modes", 6000, capsys)


@pytest.mark.proof
def test_a_full_orbit_is_identical(images):
    assert images("adcs").is_file()
    outcome = diff.fly(diff.Options("reference", "sim,qemu", duration_s=5690.0), QUIET, Asked(lambda: None))
    assert outcome.difference is None
    assert outcome.ticks == 56900


@pytest.mark.proof
def test_a_flight_over_emulated_boards_is_as_it_was(images):
    """Digests of every series of the pool and of the truth, as committed."""
    assert images("adcs").is_file()
    digests.check(digests.FLIGHTS["modes-qemu"])


@pytest.fixture(scope="module")
def other_image(images, tmp_path_factory):
    """An adcs image in which one constant is another one."""
    if not toolchain():
        pytest.skip("arm-none-eabi-gcc is missing: on Debian, apt install gcc-arm-none-eabi libnewlib-arm-none-eabi")
    assert images("adcs").is_file()
    out = tmp_path_factory.mktemp("image")
    shutil.copy2(default_out() / "build_identity.h", out)
    shutil.copytree(default_out() / "arm", out / "arm")
    arm = out / "arm"
    for made in [arm / "boards/adcs/adcs.o", arm / "rules.o", *arm.glob("*.elf"), *arm.glob("*.bin")]:
        made.unlink()  # all that knows this constant
    return images("adcs", out, ["ADCS_RAIL_COUNTS=8250"])


def test_one_constant_of_the_image_is_found_when_it_matters(other_image):
    """The converter's rail at 8250 counts, 33 uT: nothing differs until a field component is that large."""
    options = diff.Options("reference", "sim,qemu", duration_s=300.0, images=(f"adcs={other_image}",))
    outcome = diff.fly(options, QUIET, Asked(lambda: None))
    found = outcome.difference
    assert found is not None
    assert found.tick > 100
    assert outcome.ticks == found.tick + 1
    assert found.parameter == "samples.magnetometer.valid"
    assert found.values == ("1", "0")
    assert found.packet.packet == "packet SENSORS (APID 0x020)"
    assert (found.packet.link, found.packet.direction, found.packet.field) == ("adcs", "IN", "flags")
