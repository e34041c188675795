"""A minimal ground client: pings a satellite that `smartsat fly --ground` flies, and waits for the answer.

    python ping.py HOST PORT

Needs `spacepackets` only. The numbers are those of the reference vehicle, `[radio]` of its file. It relies on TCP for
the octets: it checks the CRC of each frame and leaves out what Reed-Solomon could correct on a real radio link.
"""

import socket
import sys
from collections.abc import Iterator

from fastcrc.crc16 import ibm_3740 as crc16  # comes with spacepackets
from spacepackets.ccsds.spacepacket import SpacePacketHeader
from spacepackets.ccsds.tm_frame import TmTransferFrame
from spacepackets.ecss.tc import PusTc
from spacepackets.ecss.tm import PusTm
from spacepackets.exceptions import InvalidCrcCcitt16Error

SCID, APID, COMMAND_VCID, INTERLEAVE = 194, 100, 0, 5
ASM, TIME_OCTETS = bytes.fromhex("1ACFFC1D"), 7
FRAME, CODEBLOCK = 223 * INTERLEAVE, 255 * INTERLEAVE


def cltu(packet: bytes) -> bytes:
    """One type-BD frame (232.0-B, 4.1) in BCH codeblocks between start and tail sequence (231.0-B, 3.3 and 5.2)."""
    frame = (0x2000 | SCID).to_bytes(2, "big") + (COMMAND_VCID << 10 | len(packet) + 6).to_bytes(2, "big") + b"\0"
    octets = frame + packet + crc16(frame + packet).to_bytes(2, "big")
    octets += b"\x55" * (-len(octets) % 7)
    blocks = b""
    for block in (octets[at : at + 7] for at in range(0, len(octets), 7)):
        parity = 0
        for bit in (octet >> k & 1 for octet in block for k in range(7, -1, -1)):
            parity = (parity << 1 ^ (0x45 if bit ^ parity >> 6 else 0)) & 0x7F
        blocks += block + bytes([(parity ^ 0x7F) << 1])
    return bytes.fromhex("EB90") + blocks + bytes.fromhex("C5C5C5C5C5C5C579")


def pseudo_noise() -> bytes:
    """The sequence that a CADU is randomized with (131.0-B, 10.4.1)."""
    bits = [1] * 8
    while len(bits) < 8 * CODEBLOCK:
        bits.append(bits[-1] ^ bits[-3] ^ bits[-5] ^ bits[-8])
    return int("".join(map(str, bits)), 2).to_bytes(CODEBLOCK, "big")


def packets(link: socket.socket) -> Iterator[bytes]:
    """Yield the packets of every CADU that comes over the socket."""
    stream, noise, channels = b"", pseudo_noise(), {}
    while octets := link.recv(65536):
        stream += octets
        while (at := stream.find(ASM)) >= 0 and len(stream) >= at + 4 + CODEBLOCK:
            block, stream = stream[at + 4 : at + 4 + CODEBLOCK], stream[at + 4 + CODEBLOCK :]
            try:
                frame = TmTransferFrame.unpack(bytes(map(int.__xor__, block, noise))[:FRAME], FRAME, True)
            except InvalidCrcCcitt16Error:
                continue
            vcid, pointer = frame.primary_header.vc_id, frame.primary_header.frame_datafield_status.first_header_pointer
            if vcid not in channels and pointer >= 0x7FE:
                continue  # no packet starts here
            data = channels.pop(vcid, None)
            data = frame.data_field[pointer:] if data is None else data + frame.data_field
            while len(data) >= 6 and len(data) >= (size := SpacePacketHeader.unpack(data).packet_len):
                yield data[:size]
                data = data[size:]
            channels[vcid] = data


def main(host: str, port: str) -> None:
    """Send TC[17,1] and print TM[17,2]."""
    with socket.create_connection((host, int(port)), timeout=30) as link:
        link.sendall(cltu(PusTc(service=17, message_subtype=1, apid=APID).pack()))
        for packet in packets(link):
            if packet[7:9] == bytes([17, 2]):
                answer = PusTm.unpack(packet, TIME_OCTETS)
                print(f"TM[17,2] from APID {answer.apid}, time {answer.timestamp.hex()}")
                return
    raise SystemExit("the satellite has gone without an answer")


if __name__ == "__main__":
    main(*sys.argv[1:3])
