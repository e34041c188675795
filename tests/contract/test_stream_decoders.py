"""The contract of every decoder of a stream: how the stream is cut into pieces changes no result and no counter."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccsds.packets import TcPacket
from ccsds.tc_frames import cltu_encode
from ccsds.tc_receiver import TcReceiver
from ccsds.tc_sender import TcSender
from ccsds.tm_frames import ASM, TmChannel, TmReceiver
from fsw.comms.sections import DownlinkQueueSection, TcFramesSection, TmFramesSection, UplinkBufferSection
from fsw.core.pool import Pool
from hal.devices.device import Device
from hal.drivers.framing import SyncFraming
from hal.drivers.star_tracker import StarTrackerDriver
from hal.drivers.ubx import HEAD, UbxStream, fletcher8
from hal.drivers.unit import UnitDriver
from hal.handle import Memory
from hal.link_state import StarTrackerLinkState, UnitLinkState
from hal.packet import FrameDecoder, crc16, encode_frame
from hal.record import Record, field
from hal.samples import DeviceHealth, Sample, StarTrackerSample, UnitHealth
from hal.vehicle.load import load_vehicle

VEHICLE = load_vehicle()
RADIO = VEHICLE.radio
UPLINK = Pool((TcFramesSection, UplinkBufferSection))
COLD = UPLINK.snapshot()
NS = 1_000_000_000
Result = tuple[object, ...]
Pieces = Iterable[bytes]


def board_frames(pieces: Pieces) -> Result:
    decoder = FrameDecoder()
    packets = [packet for piece in pieces for packet in decoder.feed(piece)]
    names = ("frames_ok", "cobs_errors", "crc_errors", "length_errors", "header_errors")
    return packets, [getattr(decoder, name) for name in names]


def star_tracker(pieces: Pieces) -> Result:
    memory = Memory({"sample": StarTrackerSample, "health": UnitHealth, "state": StarTrackerLinkState})
    driver = StarTrackerDriver(VEHICLE, VEHICLE.device("star_tracker"), sample="sample", health="health", state="state")
    driver.bind(memory)
    driver.begin(NS)
    for piece in pieces:
        driver.receive(piece, NS)
    driver.end(NS)
    return memory["sample"].tobytes(), memory["health"].tobytes()


def ubx(pieces: Pieces) -> Result:
    stream = UbxStream()
    return [message for piece in pieces for message in stream.feed(piece)], stream.dropped, stream.pending


class Thermometer(Sample):
    temperature_k = field("f8", unit="K", doc="temperature")


class Samples(Record):
    unit = field(Thermometer)
    unit_health = field(DeviceHealth)


class Drivers(Record):
    unit = field(UnitLinkState)


UNIT = Device(kind="thermometer", name="unit")


class FramedDriver(UnitDriver):
    framing = SyncFraming(b"\xaa\x55\xaa", 9)

    def take_message(self, message: bytes, now_ns: int) -> None:
        self.deliver(now_ns, message[3], valid=True, temperature_k=float(message[4]))


class PacketDriver(UnitDriver):
    def take_message(self, message: tuple[int, int, int, bytes], now_ns: int) -> None:
        if message[0] != 7:
            self.refuse()
        else:
            self.deliver(now_ns, message[2], valid=True)


def unit(kind: type[UnitDriver]) -> Callable[[Pieces], Result]:
    def take(pieces: Pieces) -> Result:
        memory = Memory({"samples": Samples, "drivers": Drivers})
        stream = memory["drivers"]["unit"]["stream"]
        driver = kind(VEHICLE, UNIT)
        driver.bind(memory)
        for piece in pieces:
            driver.receive(piece, NS)
        stream["encoded"][stream["size"] :] = 0  # what an earlier frame left behind
        return (memory["samples"].tobytes(), memory["drivers"].tobytes())

    return take


def telecommands(pieces: Pieces) -> Result:
    UPLINK.restore(COLD)
    receiver = TcReceiver(UPLINK, RADIO.scid, RADIO.command_vcid, RADIO.farm_window)
    packets = [packet for piece in pieces for packet in receiver.feed(piece)]
    buffer = UPLINK.array(UplinkBufferSection)
    for name, fill in (("pending", "pending_fill"), ("frame", "frame_fill")):
        buffer[name][int(buffer[fill]) if name == "pending" or buffer["in_cltu"] else 0 :] = 0
    return packets, UPLINK.snapshot()


def telemetry(pieces: Pieces) -> Result:
    receiver = TmReceiver(1, RADIO.scid)
    found = [receiver.feed(piece) for piece in pieces]
    found.append(receiver.feed(b"", at_end=True))
    return (
        [item for f in found for item in f.packets],
        [word for f in found for word in f.clcws],
        receiver.counts.tobytes(),
    )


def framed(body: bytes) -> bytes:
    octets = FramedDriver.framing.sync + body
    return octets + crc16(octets).to_bytes(2, "big")


def cadus(count: int) -> list[bytes]:
    channel = TmChannel(Pool((DownlinkQueueSection, TmFramesSection)), RADIO.scid, 1, (0,))
    for number in range(count):
        channel.push(0, TcPacket(RADIO.apid, number, 17, 1, bytes(100)).encode())
    return [channel.next_cadu(0x01000000) for _ in range(count)]


def cltus() -> list[bytes]:
    sender = TcSender(RADIO.scid, RADIO.command_vcid, window=100)
    return [sender.send(TcPacket(RADIO.apid, number, 17, 1, bytes(30 * number)).encode(), 0) for number in range(4)]


FRAMES = [encode_frame(apid, 0, 1, bytes(size)) for apid, size in ((7, 1), (0x20, 3), (0x40, 300), (7, 1016))]
PVT = HEAD + bytes(92)
PVT += fletcher8(PVT[2:])
DECODERS: dict[str, tuple[Callable[[Pieces], Result], list[bytes]]] = {
    "board frames": (board_frames, [*FRAMES, b"\0", b"\xff" * 1030, b"\x01" * 1031]),
    "star tracker": (star_tracker, [*FRAMES, b"\0"]),
    "UBX": (ubx, [PVT, HEAD, b"$GNGGA,,*79\r\n", b"\xb5\x62\x01\x35\x08\x00", b"\xd3\x00\x02", b"$"]),
    "unit with a framing": (unit(FramedDriver), [framed(b"abcd"), framed(b"\xaa\x55\xaa\xaa"), b"\xaa", b"\xaa\x55"]),
    "unit with packets": (unit(PacketDriver), [*FRAMES, b"\0"]),
    "telecommands": (telecommands, [*cltus(), cltu_encode(bytes(8)), b"\xeb\x90", b"\xeb", b"\x55" * 16]),
    "telemetry": (telemetry, [*cadus(5), ASM, ASM[:2], cadus(3)[2][:-30]]),
}


@pytest.mark.parametrize("name", DECODERS)
@given(st.data())
@settings(max_examples=30, deadline=None)
def test_however_a_stream_is_cut_the_results_and_all_counters_are_the_same(name, data):
    """DRV-12: whole, cut anywhere, or in pieces of one size: the same results and counters."""
    take, known = DECODERS[name]
    parts = data.draw(st.lists(st.one_of(st.sampled_from(known), st.binary(max_size=40)), max_size=10))
    stream = b"".join(parts)
    cuts = sorted(data.draw(st.sets(st.integers(0, max(len(stream), 1)), max_size=20)))
    bounds = [0, *(cut for cut in cuts if cut < len(stream)), len(stream)]
    whole = take([stream])
    assert take([stream[a:b] for a, b in itertools.pairwise(bounds)]) == whole
    size = data.draw(st.sampled_from([1, 2, 7, 64]))
    assert take([stream[i : i + size] for i in range(0, len(stream), size)]) == whole
