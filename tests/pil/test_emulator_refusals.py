"""What is missing or wrong is said in one clear sentence."""

import gc
import os
import stat

import pytest

from firmware_bindings import images as firmware_images
from firmware_bindings.errors import EmulatorError
from firmware_bindings.qemu.emulator import Emulator
from hal.links.link import LinkError
from hal.links.open_link import open_link


def refusal(action):
    """The one line that `action` is refused with."""
    with pytest.raises(LinkError) as error:
        action()
    assert "\n" not in str(error.value)
    return str(error.value)


def no_program(monkeypatch, tmp_path):
    empty = tmp_path / "empty"
    empty.mkdir()
    monkeypatch.setenv("PATH", str(empty))


def test_no_qemu(monkeypatch, tmp_path, images):
    """Without QEMU one line says what to install."""
    adcs = Emulator("adcs", images("adcs"))
    no_program(monkeypatch, tmp_path)
    assert refusal(adcs.start) == (
        "qemu-system-arm not found: install QEMU for ARM (Debian: apt install qemu-system-arm)"
    )
    assert not adcs.running


def test_no_toolchain_and_no_image(monkeypatch, tmp_path):
    no_program(monkeypatch, tmp_path)
    said = refusal(lambda: firmware_images.image("adcs", tmp_path / "out"))
    assert said.startswith("arm-none-eabi-gcc or make not found, and ")
    assert said.endswith(
        "install the ARM toolchain (Debian: apt install make gcc-arm-none-eabi libnewlib-arm-none-eabi)"
    )


def test_no_toolchain_but_an_image(monkeypatch, tmp_path):
    no_program(monkeypatch, tmp_path)
    built = tmp_path / "arm" / "adcs.elf"
    built.parent.mkdir()
    built.write_bytes(b"")
    assert firmware_images.image("adcs", tmp_path) == built


def test_an_image_that_does_not_compile(images, tmp_path):
    said = refusal(lambda: images("adcs", tmp_path, ["board_start=1"]))
    assert said.startswith("firmware: the images cannot be built: ")
    assert "error" in said


def test_no_such_board():
    """An unknown board is refused, with the names of the known ones."""
    said = refusal(lambda: firmware_images.image("toaster"))
    assert said == "board 'toaster': no such firmware, expected one of: adcs, eps, ping"


def test_other_constants_need_a_folder_of_their_own():
    assert "give `out`" in refusal(lambda: firmware_images.image("adcs", defines=["X=1"]))


def test_no_image(tmp_path):
    """An absent image is refused in one line."""
    path = tmp_path / "none.elf"
    assert refusal(lambda: Emulator("adcs", path)) == f"{path}: image cannot be read: No such file or directory"


def test_no_such_machine(images):
    adcs = Emulator("adcs", images("adcs"), machine="toaster")
    assert refusal(adcs.start) == "adcs: qemu-system-arm: unsupported machine type"
    assert not adcs.running


def test_a_machine_on_which_the_image_cannot_run(images):
    adcs = Emulator("adcs", images("adcs"), machine="microbit")
    assert refusal(adcs.start).startswith("adcs: the emulator has ended with signal 6: qemu")
    assert not adcs.running


def test_an_image_that_sends_nothing(images, monkeypatch):
    monkeypatch.setattr("firmware_bindings.qemu.emulator.BOOT_S", 0.3)
    monkeypatch.setattr("firmware_bindings.qemu.emulator.ENDING_S", 0.0)  # it does not end
    adcs = Emulator("adcs", images("adcs"), machine="virt")
    assert (
        refusal(adcs.start) == f"{adcs.image.path}: the image has sent no frame on the bus for 0.3 s: it does not boot"
    )
    assert not adcs.running


def test_a_program_that_is_no_qemu(images, tmp_path):
    """A program that ends at once is refused with its own first line."""
    program = tmp_path / "qemu"
    program.write_text("#!/bin/sh\necho out of order >&2\nexit 3\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    adcs = Emulator("adcs", images("adcs"), qemu=str(program))
    assert refusal(adcs.start) == "adcs: out of order"


def test_a_program_that_cannot_be_run(images, tmp_path):
    program = tmp_path / "qemu"
    program.write_bytes(b"\x7fELF\x01\x01")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    adcs = Emulator("adcs", images("adcs"), qemu=str(program))
    assert refusal(adcs.start) == f"adcs: {program}: cannot be run: Exec format error"


def test_nothing_is_kept_of_starts_that_failed(images):
    adcs = Emulator("adcs", images("adcs"), machine="toaster")
    refusal(adcs.start)
    gc.collect()  # what tests before this one left open
    before = len(os.listdir("/proc/self/fd"))  # noqa: PTH208
    for _ in range(3):
        refusal(adcs.start)
    assert len(os.listdir("/proc/self/fd")) == before  # noqa: PTH208


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("qemu://", "expected qemu://BOARD with options port, of, image, machine, such as qemu://adcs"),
        ("qemu:///dev/null", "expected qemu://BOARD"),
        ("qemu://adcs/bus", "expected qemu://BOARD"),
        ("qemu://adcs#bus", "expected qemu://BOARD"),
        ("qemu://Adcs", "expected qemu://BOARD"),
        ("qemu://adcs?port=radio", "found port 'radio', expected bus or stimulus"),
        ("qemu://adcs?speed=2", "found option speed=2, expected port, of, image, machine with a value"),
        ("qemu://adcs?port=", "found option port=, expected port, of, image, machine with a value"),
        ("qemu://adcs?port=bus&port=bus", "an option is given twice"),
        ("qemu://toaster", "board 'toaster': no such firmware, expected one of: adcs, eps, ping"),
        ("qemu://adcs?image=/no/such.elf", "/no/such.elf: image cannot be read: No such file or directory"),
    ],
)
def test_a_bad_url(url, says):
    import firmware_bindings.qemu.urls  # noqa: F401

    assert says in refusal(lambda: open_link(url))


def test_the_errors_are_link_errors():
    assert issubclass(EmulatorError, LinkError)
