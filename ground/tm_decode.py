"""`smartsat tm decode FILE`: prints any recorded CADU stream, frame by frame and packet by packet.

The coding is found by trying: interleaving depth, randomizer and whether frames carry a FECF are those with which
the first CADUs decode. Files are read in pieces, so that their size does not matter.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from fsw.ccsds.clcw import Clcw
from fsw.ccsds.coding import Randomizer
from fsw.ccsds.errors import FrameError, PacketError
from fsw.ccsds.packets import SpacePacket, TmPacket
from fsw.ccsds.tm_frames import (
    ASM,
    FECF_OCTETS,
    FHP_IDLE_DATA,
    FHP_NO_PACKET_START,
    OCF_OCTETS,
    CaduReceiver,
    Frame,
    PacketExtractor,
    Reception,
    TmFrameHeader,
    cadu_octets,
    new_counts,
)
from fsw.pus.messages import Tm
from ground.dictionary.build import Dictionary
from ground.dictionary.check import HashCheck
from ground.dictionary.decoder import Decoder, Report, ReportError
from hal.errors import InputError
from hal.files import open_regular

PIECE_OCTETS = 1 << 16
PROBE_OCTETS = 1 << 17
PROBES = 16  # pieces with a sync marker to try before giving up
INTERLEAVES = (5, 4, 8, 1, 2, 3)
RANDOMIZERS = (Randomizer.TM_255, Randomizer.TM_131071, Randomizer.NONE)
EPOCH = datetime(2000, 1, 1, 12)


class DecodeError(InputError):
    """A file that cannot be decoded; one line says what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class StreamCoding:
    """How the CADUs of a stream are coded."""

    interleave: int
    randomizer: Randomizer
    fecf: bool

    def __str__(self) -> str:
        check = "FECF" if self.fecf else "no FECF"
        return f"coding  RS(255,223) interleaved {self.interleave}, randomizer {self.randomizer.name}, {check}"


@dataclass(frozen=True, slots=True)
class FrameRecord:
    """One transfer frame."""

    offset: int  # of its CADU in the file
    header: TmFrameHeader
    clcw: Clcw | None
    corrections: int

    def __str__(self) -> str:
        h = self.header
        named = {FHP_IDLE_DATA: "idle", FHP_NO_PACKET_START: "none"}
        first = "undefined" if h.sync_flag else named.get(h.first_header_pointer, str(h.first_header_pointer))
        line = f"frame   @{self.offset} scid={h.scid} vcid={h.vcid} mcfc={h.mcfc} vcfc={h.vcfc} first={first}"
        if self.corrections:
            line += f" corrected={self.corrections}"
        if self.clcw is None:
            return line
        flags = [
            n for n in ("lockout", "wait", "retransmit", "no_rf_available", "no_bit_lock") if getattr(self.clcw, n)
        ]
        state = f" clcw vcid={self.clcw.vcid} v_r={self.clcw.report_value} farm_b={self.clcw.farm_b}"
        return line + state + "".join(" " + n for n in flags)


@dataclass(frozen=True, slots=True)
class PacketRecord:
    """One space packet; `tm` is there when it is a PUS-C report."""

    vcid: int
    packet: SpacePacket
    tm: TmPacket | None
    octets: int

    def __str__(self) -> str:
        p = self.packet
        line = f"packet  vcid={self.vcid} apid={p.apid} seq={p.seq_count} octets={self.octets}"
        if self.tm is None:
            return f"{line} data={p.data[:16].hex()}{'...' if len(p.data) > 16 else ''}"
        line += f" TM[{self.tm.service_type},{self.tm.message_subtype}] count={self.tm.message_type_counter}"
        return f"{line} destination={self.tm.destination_id} time={tai_text(self.tm.t_tai_ns)} data={len(self.tm.data)}"


@dataclass(frozen=True, slots=True)
class ContentRecord:
    """What a report holds, by the dictionary; `error` says why it could not be read."""

    report: Report | None
    error: str = ""

    def __str__(self) -> str:
        return f"report  {self.report or self.error}"


@dataclass(frozen=True, slots=True)
class DictionaryRecord:
    """The satellite follows another dictionary: which sections differ."""

    text: str

    def __str__(self) -> str:
        return f"differs {self.text}"


@dataclass(frozen=True, slots=True)
class Summary:
    """What became of the stream; the last record."""

    counts: dict[str, int]

    def __str__(self) -> str:
        shown = ("cadus_ok", "frames_ok", "frames_idle", "packets", "frames_lost", "packets_broken")
        rare = [name for name, value in self.counts.items() if value and name not in (*shown, "octets_in", "clcws")]
        return "total   " + " ".join(f"{name}={self.counts[name]}" for name in (*shown, *rare))


Record = StreamCoding | FrameRecord | PacketRecord | ContentRecord | DictionaryRecord | Summary


def tai_text(t_tai_ns: int) -> str:
    """Return TAI in ISO 8601 with microseconds."""
    return (EPOCH + timedelta(microseconds=t_tai_ns // 1000)).isoformat(timespec="microseconds") + " TAI"


class Contents:
    """Reads the reports of the satellite that a dictionary describes; those of others are left alone."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._decoder, self._check = Decoder(dictionary), HashCheck(dictionary)
        self._scid, self._apid = dictionary["link"]["scid"], dictionary["link"]["apid"]

    def records(self, scid: int, tm: TmPacket) -> Iterator[ContentRecord | DictionaryRecord]:
        """Yield what a report holds, and what the satellite says of its dictionary when that differs."""
        if (scid, tm.apid) != (self._scid, self._apid):
            return
        try:
            yield ContentRecord(self._decoder.decode(tm.service_type, tm.message_subtype, tm.data))
        except ReportError as error:
            yield ContentRecord(None, str(error))
        if (tm.service_type, tm.message_subtype) == Tm.HK_REPORT.value:
            text = self._check.receive(tm.data)
            if text:
                yield DictionaryRecord(text)


def decode_file(path: str | Path, dictionary: Dictionary | None = None) -> Iterator[Record]:
    """Yield the records of a file: its coding, frames with their packets, and a summary; `str` of each is its line.

    With a dictionary also what the reports of its satellite hold, each after its packet.
    Raises `DecodeError` when the file cannot be read, is empty or holds no CADU that can be decoded.
    """
    try:
        with open_regular(path) as stream:
            coding = _find_coding(path, stream)
            stream.seek(0)
            yield coding
            contents = None if dictionary is None else Contents(dictionary)
            yield from _decode(iter(lambda: stream.read(PIECE_OCTETS), b""), coding, contents)
    except OSError as error:
        raise DecodeError(f"{path}: cannot be read: {error.strerror or error}") from None


def _find_coding(path: str | Path, stream: BinaryIO) -> StreamCoding:
    """Try pieces of the file, overlapping by two CADUs, until one decodes."""
    octets = stream.read(PROBE_OCTETS)
    total, tried = len(octets), 0
    while octets and tried < PROBES:
        if ASM in octets:
            tried += 1
            coding = _coding_of(octets)
            if coding is not None:
                return coding
        more = stream.read(PROBE_OCTETS)
        total += len(more)
        octets = octets[-2 * cadu_octets(max(INTERLEAVES)) :] + more if more else b""
    if not total:
        raise DecodeError(f"{path}: empty: expected a stream of CADUs")
    if not tried:
        raise DecodeError(f"{path}: no sync marker {ASM.hex()} in {total} octets: expected a stream of CADUs")
    if total < cadu_octets(1):
        raise DecodeError(f"{path}: truncated: {total} octets, expected at least one CADU of {cadu_octets(1)}")
    depths = ", ".join(map(str, sorted(INTERLEAVES)))
    raise DecodeError(f"{path}: no CADU decodes: expected RS(255,223) codeblocks of interleaving depth {depths}")


def _coding_of(octets: bytes) -> StreamCoding | None:
    """Return the coding with which most of `octets` decodes, if any does."""
    best, best_octets = None, 0
    for fecf, interleave, randomizer in itertools.product((True, False), INTERLEAVES, RANDOMIZERS):
        frames = CaduReceiver(interleave, randomizer=randomizer, fecf=fecf).feed(octets, at_end=True)
        good = sum(_plausible(frame.octets) for frame in frames)
        if 2 * good > len(frames) and good * cadu_octets(interleave) > best_octets:
            best, best_octets = StreamCoding(interleave, randomizer, fecf), good * cadu_octets(interleave)
        if 2 * best_octets > len(octets):
            break
    return best


def _plausible(frame: bytes) -> bool:
    """Whether the header makes sense: Reed-Solomon alone does not tell randomized frames from others.

    Nor does it refuse repeated octets: a file of sync markers decodes at depth 4.
    """
    header = TmFrameHeader.decode(frame)
    if header.version or frame.startswith(ASM):
        return False
    pointer_ok = header.first_header_pointer >= FHP_IDLE_DATA or header.first_header_pointer < len(frame)
    return header.sync_flag or (header.segment_length_id == 3 and pointer_ok)


def _decode(pieces: Iterator[bytes], coding: StreamCoding, contents: Contents | None) -> Iterator[Record]:
    counts = new_counts()
    receiver = CaduReceiver(coding.interleave, randomizer=coding.randomizer, fecf=coding.fecf, counts=counts)
    extractor = PacketExtractor(fecf=coding.fecf, counts=counts)
    for piece in pieces:
        for frame in receiver.feed(piece):
            yield from _records(frame, extractor.receive(frame.octets), coding.fecf, contents)
    for frame in receiver.feed(b"", at_end=True):
        yield from _records(frame, extractor.receive(frame.octets), coding.fecf, contents)
    yield Summary({name: int(counts[name].sum()) for name in counts.dtype.names or ()})


def _records(frame: Frame, reception: Reception, fecf: bool, contents: Contents | None) -> Iterator[Record]:
    header = TmFrameHeader.decode(frame.octets)
    yield FrameRecord(frame.offset, header, _clcw(frame.octets, fecf), frame.corrections)
    for vcid, octets in reception.packets:
        packet = SpacePacket.decode(octets)
        try:
            tm: TmPacket | None = TmPacket.decode(octets)
        except PacketError:
            tm = None
        yield PacketRecord(vcid, packet, tm, len(octets))
        if contents is not None and tm is not None:
            yield from contents.records(header.scid, tm)


def _clcw(frame: bytes, fecf: bool) -> Clcw | None:
    if not frame[1] & 1:
        return None
    end = len(frame) - (FECF_OCTETS if fecf else 0)
    try:
        return Clcw.decode(int.from_bytes(frame[end - OCF_OCTETS : end], "big"))
    except FrameError:
        return None
