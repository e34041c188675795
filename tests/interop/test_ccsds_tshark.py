"""Space packets against Wireshark's CCSDS dissector: what we encode says there what it says here.

The packets go to `tshark` as a capture file of a user link type, one packet a record. Wireshark has no dissector for
TM or TC transfer frames, nor for PUS-C: primary headers (CCSDS 133.0-B) and lengths are what it judges.
"""

from __future__ import annotations

import random
import struct
import subprocess

from ccsds.packets import PacketType, SequenceFlags, SpacePacket, TcPacket
from ccsds.tc_frames import FrameType, TcFrame, cltu_encode
from ccsds.tc_receiver import TcReceiver
from fsw.comms.sections import TcFramesSection, UplinkBufferSection
from fsw.core.pool import Pool
from ground.link.station import GroundStation
from hal.vehicle.load import load_vehicle

RADIO = load_vehicle().radio
USER_0 = 147  # LINKTYPE_USER0
FIELDS = ("version", "type", "secheader", "apid", "seqflag", "seqnum", "length")
LENGTH_ERROR = "ccsds.length.error"  # expert information: the length field contradicts the octets there are


def pcap(packets):
    """A capture file with these packets (the libpcap format, version 2.4)."""
    out = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, USER_0)
    for number, packet in enumerate(packets):
        out += struct.pack("<IIII", number, 0, len(packet), len(packet)) + packet
    return out


def dissected(tshark, packets, folder):
    """What Wireshark says of each packet: the fields of its primary header, and whether the length is wrong."""
    capture = folder / "packets.pcap"
    capture.write_bytes(pcap(packets))
    command = [
        tshark, "-n", "-r", str(capture), "-o", 'uat:user_dlts:"User 0 (DLT=147)","ccsds","0","","0",""',
        "-T", "fields", "-E", "separator=/t", "-E", "occurrence=f",
    ]  # fmt: skip
    for field in FIELDS:
        command += ["-e", f"ccsds.{field}"]
    out = subprocess.run([*command, "-e", LENGTH_ERROR], capture_output=True, text=True, timeout=600, check=True)
    rows = [line.split("\t") for line in out.stdout.splitlines()]
    return [(tuple(int(value, 0) for value in row[: len(FIELDS)]), bool(row[len(FIELDS)])) for row in rows]


def ours(octets):
    p = SpacePacket.decode(octets)
    flags = (0, int(p.packet_type), int(p.has_secondary_header), p.apid, int(p.sequence_flags), p.seq_count)
    return (*flags, len(octets) - 7)


def test_any_packet_header_says_the_same_there(tshark, tmp_path):
    rng = random.Random(4)
    packets = [
        SpacePacket(
            rng.randrange(2047), rng.randrange(16384), rng.randbytes(rng.choice([1, 2, 11, 300, 4000])),
            rng.choice(list(PacketType)), rng.random() < 0.5, rng.choice(list(SequenceFlags)),
        ).encode()
        for _ in range(300)
    ]  # fmt: skip
    assert [fields for fields, _ in dissected(tshark, packets, tmp_path)] == [ours(packet) for packet in packets]


def test_every_packet_of_a_real_downlink_says_the_same_there(tshark, downlink, tmp_path):
    path, count = downlink
    packets = GroundStation(RADIO).receive(path.read_bytes())
    assert len(packets) == count > 100
    found = dissected(tshark, packets, tmp_path)
    assert [fields for fields, _ in found] == [ours(packet) for packet in packets]
    assert {fields[3] for fields, _ in found} == {RADIO.apid}


def test_telecommands_out_of_our_receiver_say_the_same_there(tshark, tmp_path):
    """Packet, frame, CLTU, receiver: what Wireshark reads is what was asked for."""
    receiver = TcReceiver(Pool((TcFramesSection, UplinkBufferSection)), RADIO.scid, 0, RADIO.farm_window)
    sent = [TcPacket(RADIO.apid, count, 17, 1, bytes(count)) for count in range(50)]
    uplink = b"".join(cltu_encode(TcFrame(RADIO.scid, 0, FrameType.BD, p.encode(), 0).encode()) for p in sent)
    found = [fields for fields, _ in dissected(tshark, receiver.feed(uplink), tmp_path)]
    # secondary header 5 octets, checksum 2; the length field counts one less than the octets behind the header
    assert found == [(0, 1, 1, RADIO.apid, 3, p.seq_count, 5 + len(p.data) + 2 - 1) for p in sent]


def test_a_packet_cut_short_is_found_there_and_here(tshark, tmp_path):
    """The judge can say no: a length field that contradicts the octets."""
    whole = SpacePacket(5, 6, bytes(20)).encode()
    (_, good), (_, bad) = dissected(tshark, [whole, whole[:-4]], tmp_path)
    assert (good, bad) == (False, True)
