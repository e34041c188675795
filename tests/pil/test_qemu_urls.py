"""`qemu://`: one emulator a board, as long as one of its links is open."""

import contextlib
import shutil

import pytest

from firmware_bindings.qemu.urls import emulator
from hal.links.link import LinkError
from hal.links.open_link import open_link
from hal.wire import ResetReason

STIMULUS = "qemu://adcs?port=stimulus"


@pytest.fixture
def adcs_url(images):
    """The URL of the adcs board's bus."""
    return f"qemu://adcs?image={images('adcs')}"


def test_the_urls_of_a_board_share_one_emulator(adcs_url, ear):
    with contextlib.closing(open_link(adcs_url)) as bus, contextlib.closing(open_link(STIMULUS)) as stimulus:
        adcs = emulator("adcs")
        assert (adcs.bus, adcs.stimulus) == (bus, stimulus)
        assert ear(bus).boot_reason() == ResetReason.POWER_ON
        bus.close()
        assert adcs.running
        assert stimulus.read() == b""
    assert not adcs.running
    with pytest.raises(LinkError, match="qemu://adcs: no link to this board is open"):
        emulator("adcs")


def test_a_board_opens_again_after_all_its_links_were_closed(adcs_url, ear):
    for _ in range(2):
        with contextlib.closing(open_link(adcs_url)) as bus:
            assert ear(bus).boot_reason() == ResetReason.POWER_ON
            assert ear(bus).identify() is not None


def test_a_port_has_one_user(adcs_url):
    with contextlib.closing(open_link(adcs_url)) as bus, contextlib.closing(open_link(STIMULUS)):
        with pytest.raises(LinkError, match="the port bus of this board is already open"):
            open_link(adcs_url)
        bus.close()
        with pytest.raises(LinkError, match="the port bus was closed"):
            open_link(adcs_url)


def test_two_boards_are_two_emulators(images, adcs_url):
    with (
        contextlib.closing(open_link(adcs_url)),
        contextlib.closing(open_link(f"qemu://eps?image={images('eps')}")),
    ):
        assert emulator("adcs").pid != emulator("eps").pid


def test_a_board_that_runs_is_not_joined_by_another_image_or_machine(adcs_url, images, tmp_path):
    other = shutil.copy(images("adcs"), tmp_path / "other.elf")
    with contextlib.closing(open_link(adcs_url)):
        with pytest.raises(LinkError, match="board adcs is already running, with the image"):
            open_link(f"{STIMULUS}&image={other}")
        with pytest.raises(LinkError, match="board adcs is already running, on the machine netduinoplus2"):
            open_link(f"{STIMULUS}&machine=toaster")


def test_the_scheme_is_known_before_it_is_registered():
    from hal.links.open_link import known_schemes

    assert "qemu" in known_schemes()
