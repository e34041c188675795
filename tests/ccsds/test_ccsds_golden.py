"""Golden octets: one frame, one CADU, one CLTU. They change only when the wire changes."""

from pathlib import Path

from ccsds.coding import randomize, rs_decode
from ccsds.formats import Randomizer
from ccsds.packets import TcPacket, TmPacket
from ccsds.tc_frames import FrameType, TcFrame, cltu_encode
from ccsds.tc_receiver import TcReceiver
from ccsds.tm_frames import TmChannel, TmReceiver

GOLDEN = Path(__file__).parents[1] / "golden"
SCID, CLCW, INTERLEAVE = 194, 0x0100_0605, 5
REPORTS = [TmPacket(100, n, 3, 25, 821_934_000 * 10**9 + n * 10**8, bytes(range(40 + n)), n) for n in range(3)]
PING = TcPacket(100, 7, 17, 1)


def golden(name):
    return bytes.fromhex((GOLDEN / f"ccsds_{name}.hex").read_text())


def test_golden_frame_and_cadu(memory):
    channel = TmChannel(memory, SCID, INTERLEAVE, (1, 0))
    for report in REPORTS:
        channel.push(0, report.encode())
    cadu = channel.next_cadu(CLCW)
    assert cadu == golden("cadu")
    assert rs_decode(randomize(cadu[4:], Randomizer.TM_255), INTERLEAVE).data == golden("tm_frame")


def test_golden_cadu_is_received():
    packets, clcws = TmReceiver(INTERLEAVE, SCID).feed(golden("cadu"))
    assert [TmPacket.decode(octets).data for _, octets in packets] == [report.data for report in REPORTS]
    assert clcws == [CLCW]


def test_golden_cltu(memory):
    assert cltu_encode(TcFrame(SCID, 0, FrameType.AD, PING.encode(), 0).encode()) == golden("cltu")
    (packet,) = TcReceiver(memory, SCID, 0, 10).feed(golden("cltu"))
    assert TcPacket.decode(packet) == PING
