"""One flight, two worlds: the boards' image under QEMU and the same source in the simulator, bit for bit."""

import re
from pathlib import Path

import pytest
from rich.console import Console

from firmware_bindings.images import toolchain
from ground.common.signals import Asked
from ground.worlds import diff
from sim.scenario.scenario import SCENARIOS
from tests.board_packets import CARRIED
from tests.firmware_bindings.builds import Copy
from tests.identity import digests

QUIET = Console(quiet=True)
EVERY_MODE = {
    "BOOT IDLE", "NOMINAL DETUMBLE", "NOMINAL SUN_POINTING", "NOMINAL INERTIAL", "NOMINAL NADIR", "NOMINAL TARGET",
    "NOMINAL IDLE", "SAFE DETUMBLE", "SAFE SUN_POINTING",
}  # fmt: skip


SOONER = 0.16
RAIL = 8250  # counts


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
    """An adcs image whose magnetometer readings end at `RAIL` counts."""
    if not toolchain():
        pytest.skip("arm-none-eabi-gcc is missing: on Debian, apt install gcc-arm-none-eabi libnewlib-arm-none-eabi")
    assert images("adcs").is_file()
    copy = Copy(tmp_path_factory.mktemp("image"))
    at = CARRIED.reads_at("magnetometer")
    copy.change(
        "boards/adcs/adcs.c",
        "    memcpy(answer->sensors, readings->octets, passed);\n",
        f"    for (size_t k = {at}; k < {at + 6} && k + 2 <= passed; k += 2) {{\n"
        f"        put_i16(answer->sensors + k, clamp(get_i16(answer->sensors + k), {RAIL}));\n    }}\n",
    )
    status, said = copy.make()
    assert status == 0, said
    return copy.out / "arm/adcs.elf"


def test_what_differs_in_the_image_is_found_when_it_matters(other_image):
    """Readings that end at 33 uT: nothing differs until a field component is that large."""
    options = diff.Options("reference", "sim,qemu", duration_s=300.0, images=(f"adcs={other_image}",))
    outcome = diff.fly(options, QUIET, Asked(lambda: None))
    found = outcome.difference
    assert found is not None
    assert found.tick > 100
    assert outcome.ticks == found.tick + 1
    axis = re.fullmatch(r"samples\.magnetometer\.mag_s_tesla(\[\d\])", found.parameter)[1]
    assert found.packet.packet == "packet SENSORS (APID 0x020)"
    packet = found.packet
    assert (packet.link, packet.direction, packet.field) == ("adcs", "IN", f"magnetometer_counts{axis}")
