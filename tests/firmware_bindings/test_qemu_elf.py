"""The reader of images: what a linker wrote, and any octets. No emulator is needed."""

import shutil
import struct
import subprocess

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firmware_bindings.errors import EmulatorError, MissingProgramError
from firmware_bindings.images import image
from firmware_bindings.qemu.elf import Image

FUZZ = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(scope="session")
def adcs():
    """The adcs image."""
    try:
        return image("adcs")
    except MissingProgramError as error:
        pytest.skip(str(error))


def test_symbols_are_those_of_the_toolchain(adcs):
    if not shutil.which("arm-none-eabi-nm"):
        pytest.skip("arm-none-eabi-nm not found: install binutils-arm-none-eabi")
    lines = subprocess.run(["arm-none-eabi-nm", adcs], check=True, capture_output=True, text=True).stdout.splitlines()
    expected = {line.split()[2]: int(line.split()[0], 16) for line in lines if line.split()[1] in "TBRD"}
    found = Image(adcs)
    assert len(expected) > 20
    assert {name: found.symbol(name) for name in expected} == expected


def test_the_image_lies_in_flash(adcs):
    found = Image(adcs)
    assert found.is_loaded(0x0800_0000, 8)
    assert not found.is_loaded(0x0810_0000 - 4, 4)
    assert not found.is_loaded(0x07FF_FFFC, 4)


def test_an_absent_symbol_is_refused(adcs):
    with pytest.raises(EmulatorError, match="no symbol 'nobody' in the image"):
        Image(adcs).symbol("nobody")


def assert_read_or_refused(path):
    """One line, or an image."""
    try:
        found = Image(path)
    except EmulatorError as error:
        assert "\n" not in str(error)
    else:
        assert isinstance(found.symbols, dict)


@given(st.binary(max_size=300), st.booleans())
@FUZZ
def test_any_octets_are_read_or_refused(tmp_path, octets, with_header):
    path = tmp_path / "any.elf"
    header = b"\x7fELF\x01\x01".ljust(16, b"\0") + struct.pack("<HH", 2, 40) if with_header else b""
    path.write_bytes(header + octets)
    assert_read_or_refused(path)
    assert path.exists()


@given(st.data())
@FUZZ
def test_a_damaged_image_is_read_or_refused(tmp_path, adcs, data):
    octets = bytearray(adcs.read_bytes())
    for _ in range(data.draw(st.integers(1, 8))):
        octets[data.draw(st.integers(0, len(octets) - 1))] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.elf"
    path.write_bytes(octets[: data.draw(st.integers(0, len(octets)))])
    assert_read_or_refused(path)
    assert path.exists()
