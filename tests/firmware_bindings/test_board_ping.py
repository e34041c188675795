"""The smallest board: it says who it is and refuses everything else."""

import numpy as np
import pytest

from firmware_bindings.host import HostBoard
from hal import wire
from hal.packet import FrameDecoder, encode_frame
from hal.wire import Apid, BoardKind, ResetReason


def ask(board, apid, packet_type, payload=b"", offset=wire.PING_OFFSET):
    """Send one packet on the bus; return what comes back as (APID without offset, payload)."""
    board.bus.write(encode_frame(apid + offset, packet_type, 0, payload))
    return [(frame[0] - wire.PING_OFFSET, frame[3]) for frame in FrameDecoder().feed(board.bus.read())]


@pytest.fixture
def ping():
    board = HostBoard(BoardKind.PING)
    frames = FrameDecoder().feed(board.bus.read())
    assert [frame[0] for frame in frames] == [Apid.BOOT + wire.PING_OFFSET]
    return board


def test_it_identifies_itself(ping):
    ((apid, payload),) = ask(ping, Apid.IDENTIFY, 1)
    identity = np.frombuffer(payload.ljust(wire.Identity.size, b"\0"), wire.Identity.dtype())[0]
    assert apid == Apid.IDENTITY
    assert (identity["kind"], identity["version"], identity["config_crc"]) == (
        BoardKind.PING,
        wire.FIRMWARE_VERSION,
        0,
    )


@pytest.mark.parametrize("apid", sorted(Apid))
@pytest.mark.parametrize(
    ("packet_type", "size"), [(0, 0), (1, 1), *((t, n) for t in (0, 1) for n in (18, 48, 50, 120))]
)
def test_it_refuses_all_else(ping, apid, packet_type, size):
    frame = encode_frame(apid + wire.PING_OFFSET, packet_type, 0, bytes(size))
    ping.bus.write(frame)
    ping.stimulus.write(frame)
    assert (ping.bus.read(), ping.stimulus.read()) == (b"", b"")
    assert len(ask(ping, Apid.IDENTIFY, 1)) == 1


def test_packets_for_other_boards_are_not_for_it(ping):
    assert ask(ping, Apid.IDENTIFY, 1, offset=wire.EPS_OFFSET) == []


def test_a_reset_is_announced(ping):
    ping.reset(ResetReason.SOFTWARE)
    ((apid, _, _, payload),) = FrameDecoder().feed(ping.bus.read())
    assert apid == Apid.BOOT + wire.PING_OFFSET
    boot = np.frombuffer(payload.ljust(wire.Boot.size, b"\0"), wire.Boot.dtype())[0]
    assert (boot["kind"], boot["reset_reason"]) == (BoardKind.PING, ResetReason.SOFTWARE)
