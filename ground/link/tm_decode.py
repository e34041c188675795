"""`smartsat tm decode FILE`: prints any recorded CADU stream, frame by frame and packet by packet.

The coding is found by trying (`ground.link.tm_coding`): interleaving depth, randomizer and whether frames carry a FECF
are those with which the first CADUs decode. Files are read in pieces, so that their size does not matter.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from pathlib import Path

from ccsds.clcw import Clcw
from ccsds.errors import FrameError, PacketError
from ccsds.formats import FHP_IDLE_DATA, FHP_NO_PACKET_START, TM_FECF_OCTETS, TM_OCF_OCTETS
from ccsds.packets import SpacePacket, TmPacket
from ccsds.tm_frames import (
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
from ground.link.tm_coding import DecodeError, StreamCoding, find_coding, version_name
from hal.files import open_regular

PIECE_OCTETS = 1 << 16
SKIPPED_MAX = 0.1  # part of a file that may be in no good CADU: more is said, and the exit code is not 0
EPOCH = datetime(2000, 1, 1, 12)


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
class OtherFrame:
    """A transfer frame of another protocol, which is not read."""

    offset: int  # of its CADU in the file
    version: int

    def __str__(self) -> str:
        return f"frame   @{self.offset} {version_name(self.version)}: not a TM frame, not read"


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
    """The contents of a report, by the dictionary; `error` says why it could not be decoded."""

    report: Report | None
    error: str = ""

    def __str__(self) -> str:
        return f"report  {self.report or self.error}"


@dataclass(frozen=True, slots=True)
class DictionaryRecord:
    """The satellite uses another dictionary: the sections that differ."""

    text: str

    def __str__(self) -> str:
        return f"differs {self.text}"


@dataclass(frozen=True, slots=True)
class Summary:
    """The last record: totals, and octets that could not be read."""

    counts: dict[str, int]
    unread_octets: int = 0  # in no good CADU, an unfinished one at the end left out
    foreign: str = ""  # said when the reports of no spacecraft in it could be read

    def __str__(self) -> str:
        shown = ("cadus_ok", "frames_ok", "frames_idle", "packets", "frames_lost", "packets_broken")
        rare = [name for name, value in self.counts.items() if value and name not in (*shown, "octets_in", "clcws")]
        return "total   " + " ".join(f"{name}={self.counts[name]}" for name in (*shown, *rare))

    @property
    def complete(self) -> bool:
        """Whether at most `SKIPPED_MAX` of the file could not be read."""
        return self.unread_octets <= SKIPPED_MAX * self.counts["octets_in"]

    @property
    def notes(self) -> list[str]:
        """Notes for the operator, a line each."""
        notes = [self.foreign] if self.foreign else []
        if self.counts["frames_other_version"]:
            notes.append(f"{self.counts['frames_other_version']} frames are not TM frames (version 0), not read")
        if not self.complete:
            c, part = self.counts, self.unread_octets / self.counts["octets_in"]
            notes.append(
                f"{self.unread_octets} of {c['octets_in']} octets ({part:.0%}) are in no good CADU: "
                f"{c['octets_skipped']} octets lead from no sync marker on an octet boundary to a codeblock, "
                f"{c['cadus_uncorrectable']} CADUs are uncorrectable, {c['cadus_fecf']} have a wrong FECF; "
                f"expected at most {SKIPPED_MAX:.0%}"
            )
        return notes


Record = StreamCoding | FrameRecord | OtherFrame | PacketRecord | ContentRecord | DictionaryRecord | Summary


def tai_text(t_tai_ns: int) -> str:
    """Return TAI in ISO 8601 with microseconds."""
    return (EPOCH + timedelta(microseconds=t_tai_ns // 1000)).isoformat(timespec="microseconds") + " TAI"


class Contents:
    """Decodes the reports of the satellite that a dictionary describes; ignores those of others."""

    def __init__(self, dictionary: Dictionary) -> None:
        self._decoder, self._check = Decoder(dictionary), HashCheck(dictionary)
        self._scid, self._apid = dictionary["link"]["scid"], dictionary["link"]["apid"]
        self._seen: set[int] = set()  # spacecraft of frames

    def note(self, scid: int) -> None:
        """Note a frame's spacecraft."""
        self._seen.add(scid)

    @property
    def foreign(self) -> str:
        """The note when no frame is of the spacecraft that the dictionary describes."""
        if not self._seen or self._scid in self._seen:
            return ""
        found = ", ".join(map(str, sorted(self._seen)[:8]))
        return f"no frame is of spacecraft {self._scid}, whose reports were to be read: found spacecraft {found}"

    def records(self, scid: int, tm: TmPacket) -> Iterator[ContentRecord | DictionaryRecord]:
        """Yield the contents of a report, and dictionary hashes of the satellite that differ."""
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
            coding = find_coding(path, stream)
            stream.seek(0)
            yield coding
            contents = None if dictionary is None else Contents(dictionary)
            yield from _decode(iter(lambda: stream.read(PIECE_OCTETS), b""), coding, contents)
    except OSError as error:
        raise DecodeError(f"{path}: cannot be read: {error.strerror or error}") from None


def _decode(pieces: Iterator[bytes], coding: StreamCoding, contents: Contents | None) -> Iterator[Record]:
    memory = new_counts()
    receiver = CaduReceiver(coding.interleave, randomizer=coding.randomizer, fecf=coding.fecf, memory=memory)
    extractors: dict[int, PacketExtractor] = {}  # every spacecraft counts its own frames
    for piece in chain(pieces, (None,)):
        for frame in receiver.feed(piece or b"", at_end=piece is None):
            scid = TmFrameHeader.decode(frame.octets).scid
            if scid not in extractors:
                extractors[scid] = PacketExtractor(fecf=coding.fecf, memory=memory)
            yield from _records(frame, extractors[scid].receive(frame.octets), coding.fecf, contents)
    counts = memory["reception"]
    totals = {name: int(counts[name].sum()) for name in counts.dtype.names or ()}
    bad = totals["cadus_uncorrectable"] + totals["cadus_fecf"]
    unread = totals["octets_skipped"] + bad * cadu_octets(coding.interleave)
    yield Summary(totals, unread, "" if contents is None else contents.foreign)


def _records(frame: Frame, reception: Reception, fecf: bool, contents: Contents | None) -> Iterator[Record]:
    header = TmFrameHeader.decode(frame.octets)
    if header.version:
        yield OtherFrame(frame.offset, header.version)
        return
    if contents is not None:
        contents.note(header.scid)
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
    end = len(frame) - (TM_FECF_OCTETS if fecf else 0)
    try:
        return Clcw.decode(int.from_bytes(frame[end - TM_OCF_OCTETS : end], "big"))
    except FrameError:
        return None
