"""Packets, PUS headers and TM frames against `spacepackets`, both ways."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacepackets.ccsds.spacepacket import PacketType as TheirType
from spacepackets.ccsds.spacepacket import SequenceFlags as TheirFlags
from spacepackets.ccsds.spacepacket import SpacePacketHeader
from spacepackets.ccsds.tm_frame import (
    MasterChannelId,
    TmFramePrimaryHeader,
    TmTransferFrame,
    TransferFrameDataFieldStatus,
)
from spacepackets.ecss.tc import PusTc
from spacepackets.ecss.tm import PusTm

from ccsds import cuc
from ccsds.coding import crc16, randomize, rs_decode, rs_encode
from ccsds.formats import Randomizer
from ccsds.packets import Acknowledgement, PacketType, SequenceFlags, SpacePacket, TcPacket, TmPacket
from ccsds.tm_frames import ASM, TmChannel, TmFrameHeader, TmReceiver
from fsw.comms.sections import DownlinkQueueSection, TmFramesSection
from fsw.core.pool import Pool

apids, counts, octet, word = st.integers(0, 2046), st.integers(0, 16383), st.integers(0, 255), st.integers(0, 65535)


@given(apids, counts, st.binary(min_size=1, max_size=50), st.booleans(), st.booleans(), st.integers(0, 3))
@settings(deadline=None)
def test_primary_headers(apid, count, data, is_tc, secondary, flags):
    ours = SpacePacket(apid, count, data, PacketType(is_tc), secondary, SequenceFlags(flags)).encode()
    theirs = SpacePacketHeader(TheirType(int(is_tc)), apid, count, len(data) - 1, secondary, TheirFlags(flags))
    assert ours == bytes(theirs.pack()) + data


@given(apids, counts, octet, octet, word, st.integers(0, 15), st.binary(max_size=50))
@settings(deadline=None)
def test_telecommands(apid, count, service, subtype, source, ack, data):
    ours = TcPacket(apid, count, service, subtype, data, source, Acknowledgement(ack))
    theirs = PusTc(
        service=service, message_subtype=subtype, apid=apid, seq_count=count, app_data=data, source_id=source,
        ack_flags=ack,
    )  # fmt: skip
    assert ours.encode() == bytes(theirs.pack())
    assert TcPacket.decode(bytes(theirs.pack())) == ours
    back = PusTc.unpack(ours.encode())
    assert (back.service, back.app_data, back.seq_count) == (service, data, count)


@given(apids, counts, octet, octet, word, word, st.integers(0, 10**18), st.binary(max_size=50))
@settings(deadline=None)
def test_telemetry(apid, count, service, subtype, counter, destination, t_ns, data):
    time = cuc.encode_cuc(t_ns)
    theirs = PusTm(
        service=service, message_subtype=subtype, timestamp=time, source_data=data, apid=apid, seq_count=count,
        message_counter=counter, destination_id=destination,
    )  # fmt: skip
    ours = TmPacket(apid, count, service, subtype, cuc.decode_cuc(time), data, counter, destination)
    assert ours.encode() == bytes(theirs.pack())
    assert TmPacket.decode(bytes(theirs.pack())) == ours
    back = PusTm.unpack(ours.encode(), cuc.OCTETS)
    assert (back.service, bytes(back.source_data), bytes(back.timestamp)) == (service, data, time)


def frame_of(cadu, interleave):
    return rs_decode(randomize(cadu[len(ASM) :], Randomizer.TM_255), interleave).data


@pytest.mark.parametrize("interleave", [1, 5])
def test_our_frames_in_their_parser(interleave):
    channel = TmChannel(Pool((DownlinkQueueSection, TmFramesSection)), 0x3A5, interleave, (2, 0))
    sent = [SpacePacket(n, n, bytes([n]) * 300).encode() for n in range(1, 21)]
    for packet in sent:
        assert channel.push(2, packet)
    fields, joined = [], b""
    for number in range(9):
        octets = frame_of(channel.next_cadu(0x01020304), interleave)
        frame = TmTransferFrame.unpack(octets, 223 * interleave, has_error_control_field=True)
        head = frame.primary_header
        fields.append((head.vc_id, head.master_ch_frame_count))
        assert head.master_channel_id == MasterChannelId(0, 0x3A5)
        assert head.ocf_flag
        assert frame.op_ctrl_field == bytes.fromhex("01020304")
        ours = TmFrameHeader.decode(octets)
        assert ours.first_header_pointer == head.frame_datafield_status.first_header_pointer
        assert head.frame_datafield_status.segment_len_id == ours.segment_length_id == 3
        assert fields[-1][1] == number
        joined += frame.data_field if head.vc_id == 2 else b""
    assert joined.startswith(b"".join(sent)[: len(joined)] if interleave == 1 else b"".join(sent))


@given(
    st.integers(0, 1023), st.integers(0, 7), octet, octet, st.integers(0, 0xFFFFFFFF), st.lists(st.integers(7, 90))
)  # fmt: skip
@settings(max_examples=50, deadline=None)
def test_their_frames_in_our_receiver(scid, vcid, mcfc, vcfc, ocf, sizes):
    packets, room = [], 223 - 12
    for n, size in enumerate(sizes):
        if size + 7 <= room:
            packets.append(SpacePacket(n % 2047, n, bytes(size - 6)).encode())
            room -= size
    fill = SpacePacket(2047, 0, b"\x55" * (room - 6)).encode()
    status = TransferFrameDataFieldStatus(False, False, False, 3, 0)
    header = TmFramePrimaryHeader(MasterChannelId(0, scid), vcid, True, mcfc, vcfc, status)
    data = b"".join(packets) + fill
    ocf_octets = ocf.to_bytes(4, "big")
    fecf = crc16(header.pack() + data + ocf_octets).to_bytes(2, "big")
    octets = TmTransferFrame(223, header, None, data, ocf_octets, fecf).pack()
    cadu = ASM + randomize(rs_encode(octets), Randomizer.TM_255)
    found = TmReceiver(1, scid).feed(cadu)
    assert found.packets == [(vcid, packet) for packet in packets]
    assert found.clcws == ([ocf] if ocf < 1 << 31 else [])
