"""The kernels of the link take only the memory that they work in."""

import pytest

from ccsds._tc_receive import CltuDecoder, Farm, Segments
from ccsds._tm_extract import PacketExtractor, receive_stream
from ccsds._tm_receive import CaduReceiver
from ccsds._tm_send import TmSender
from ccsds.records import TmReception
from fsw.comms.sections import DownlinkQueueSection, TcFramesSection, UplinkBufferSection
from hal.handle import Memory, UnboundError

MAKE = {
    "decoder": lambda: CltuDecoder(True, False),
    "farm": lambda: Farm(10, 1),
    "segments": Segments,
    "receiver": lambda: CaduReceiver(1, 1, True),
    "extractor": lambda: PacketExtractor(1, True),
    "sender": lambda: TmSender(1, 1, (0, 1), 7, 1),
}
USES = [
    ("decoder", "feed", (b"\0" * 16,)),
    ("decoder", "abandon", ()),
    ("farm", "receive_ad", (0, True)),
    ("farm", "accepts", (1,)),
    ("farm", "receive_bd", ()),
    ("farm", "unlock", ()),
    ("farm", "set_v_r", (3,)),
    ("farm", "buffer_released", ()),
    ("farm", "set_channel_status", (True, True)),
    ("farm", "frame_valid", ()),
    ("farm", "rejected", (0,)),
    ("farm", "delivered", (1,)),
    ("farm", "clcw", ()),
    ("segments", "abandon", ()),
    ("segments", "begin", (0,)),
    ("segments", "add", (0, b"12")),
    ("segments", "end", ()),
    ("receiver", "feed", (b"\0" * 8,)),
    ("extractor", "receive", (bytes(223),)),
    ("sender", "waiting", (0,)),
    ("sender", "stored", ()),
    ("sender", "offer", (0, bytes(7))),
    ("sender", "serves", (0,)),
    ("sender", "next_cadu", (0,)),
]


@pytest.mark.parametrize(("kernel", "method", "arguments"), USES)
def test_a_kernel_without_memory_says_so(kernel, method, arguments):
    with pytest.raises(UnboundError, match=r"used before bind\(pool\)"):
        getattr(MAKE[kernel](), method)(*arguments)


@pytest.mark.parametrize("name", ["state", "v_r"])
def test_the_state_of_farm_needs_memory(name):
    with pytest.raises(UnboundError):
        getattr(Farm(10, 1), name)


@pytest.mark.parametrize(("kernel", "expected"), [
    ("decoder", "TcFrameCounters"), ("farm", "TcFrameCounters"),
    ("segments", "UplinkBuffer"), ("receiver", "TmReception"),
    ("extractor", "TmReception"), ("sender", "TmFrameCounters"),
])  # fmt: skip
def test_another_section_under_the_name_is_refused(kernel, expected):
    swapped = Memory({
        "tc_frames": UplinkBufferSection, "uplink_buffer": DownlinkQueueSection, "downlink_queue": TcFramesSection,
        "reception": TcFramesSection, "tm_frames": TcFramesSection,
    })  # fmt: skip
    with pytest.raises(TypeError, match=f"expected {expected}"):
        MAKE[kernel]().bind(swapped)


def test_both_ends_of_a_stream_need_memory():
    memory = Memory({"reception": TmReception})
    for bound in ("receiver", "extractor"):
        ends = {name: MAKE[name]() for name in ("receiver", "extractor")}
        ends[bound].bind(memory)
        with pytest.raises(UnboundError):
            receive_stream(ends["receiver"], ends["extractor"], bytes(8), False)
