"""Finds the coding of a recorded CADU stream by trying, or the reason why none can be read.

Every cause that is named here was seen in the octets: counted markers, codeblocks and frames, never a guess.
"""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from ccsds.formats import FHP_IDLE_DATA, Randomizer
from ccsds.tm_frames import ASM, CaduReceiver, TmFrameHeader, cadu_octets
from hal.errors import InputError

PROBE_OCTETS = 1 << 17
PROBES = 16  # pieces with a sync marker to try before giving up
INTERLEAVES = (5, 4, 8, 1, 2, 3)
RANDOMIZERS = (Randomizer.TM_255, Randomizer.TM_131071, Randomizer.NONE)
VERSIONS = {0: "TM", 1: "AOS", 3: "USLP"}  # by the first two bits: CCSDS 132.0-B, 732.0-B, 732.1-B
INVERTED = bytes(octet ^ 0xFF for octet in ASM)


class DecodeError(InputError):
    """A file that cannot be decoded; one line says what was found and what was expected."""


@dataclass(frozen=True, slots=True)
class StreamCoding:
    """The coding of the CADUs of a stream."""

    interleave: int
    randomizer: Randomizer
    fecf: bool

    def __str__(self) -> str:
        check = "FECF" if self.fecf else "no FECF"
        return f"coding  RS(255,223) interleaved {self.interleave}, randomizer {self.randomizer.name}, {check}"


@dataclass
class Evidence:
    """Counts of markers, codeblocks and frames in the pieces that were tried."""

    octets: int = 0  # looked at
    markers: int = 0
    gaps: Counter[int] = field(default_factory=Counter)  # octets from one marker to the next
    misplaced: Counter[str] = field(default_factory=Counter)  # markers off the octet boundaries, or inverted
    frames: dict[StreamCoding, Counter[int]] = field(default_factory=dict)  # decoded, by version

    def look(self, octets: bytes) -> None:
        """Count the markers of a piece."""
        self.octets += len(octets)
        places = _places(octets)
        self.markers += len(places)
        self.gaps.update(b - a for a, b in itertools.pairwise(places))
        if places:
            return
        bits = int.from_bytes(octets, "big")
        for shift in range(8):
            shifted = (bits << shift).to_bytes(len(octets) + 1, "big")
            late = [f"late by {shift} bits"] if shift else []
            for how, marker in ((late, ASM), (["inverted", *late], INVERTED)):
                self.misplaced[", ".join(how)] += shifted.count(marker)

    def cause(self) -> str:
        """Return the reason why nothing can be read."""
        if not self.markers:
            found = ", ".join(f"{count} {how}" for how, count in self.misplaced.items() if count)
            return (
                f"no sync marker {ASM.hex()} on an octet boundary in {self.octets} octets"
                f"{f' (found {found})' if found else ''}: expected a stream of CADUs"
            )
        if self.octets < cadu_octets(1):
            return f"truncated: {self.octets} octets, expected at least one CADU of {cadu_octets(1)}"
        return f"no CADU decodes: {self._why_none()}"

    def _why_none(self) -> str:
        sure = {coding: versions for coding, versions in self.frames.items() if coding.fecf and versions}
        if sure:
            coding, versions = max(sure.items(), key=lambda item: item[1].total())
            expected = "version 0 (TM)" if set(versions) != {0} else "a header that can be, not a sync marker"
            return (
                f"{versions.total()} codeblocks are good ({str(coding).removeprefix('coding').strip()}), but hold "
                f"{_versions(versions)}: expected {expected}"
            )
        some = {coding: versions for coding, versions in self.frames.items() if versions}
        if some:
            depth = max(some, key=lambda coding: some[coding].total()).interleave
            held = {c.randomizer.name: v for c, v in some.items() if c.interleave == depth and not c.fecf}
            found = "; ".join(f"{name}: {_versions(v)}" for name, v in held.items())
            return (
                f"codeblocks are good at interleaving depth {depth}, but hold no TM frame of version 0 whose header "
                f"can be, and no FECF is good ({found})"
            )
        depths = ", ".join(str(depth) for depth in sorted(INTERLEAVES))
        sizes = ", ".join(str(cadu_octets(depth)) for depth in sorted(INTERLEAVES))
        gap = f"; markers are most often {self.gaps.most_common(1)[0][0]} octets apart" if self.gaps else ""
        return (
            f"{self.markers} sync markers, none followed by a codeblock that RS(255,223) corrects: expected "
            f"interleaving depth {depths}, so CADUs of {sizes} octets{gap}"
        )


def find_coding(path: str | Path, stream: BinaryIO) -> StreamCoding:
    """Try pieces of the file, overlapping by two CADUs, until one decodes; raise `DecodeError` with the cause."""
    evidence = Evidence()
    octets = more = stream.read(PROBE_OCTETS)
    tried = 0
    while octets and tried < PROBES:
        evidence.look(more)
        if ASM in octets:
            tried += 1
            coding = _coding_of(octets, evidence)
            if coding is not None:
                return coding
        more = stream.read(PROBE_OCTETS)
        octets = octets[-2 * cadu_octets(max(INTERLEAVES)) :] + more if more else b""
    if not evidence.octets:
        raise DecodeError(f"{path}: empty: expected a stream of CADUs")
    raise DecodeError(f"{path}: {evidence.cause()}")


def _coding_of(octets: bytes, evidence: Evidence) -> StreamCoding | None:
    """Return the coding with which most of `octets` decodes, or None."""
    best, best_octets = None, 0
    for fecf, interleave, randomizer in itertools.product((True, False), INTERLEAVES, RANDOMIZERS):
        coding = StreamCoding(interleave, randomizer, fecf)
        frames = CaduReceiver(interleave, randomizer=randomizer, fecf=fecf).feed(octets, at_end=True)
        evidence.frames.setdefault(coding, Counter()).update(frame.octets[0] >> 6 for frame in frames)
        good = sum(_plausible(frame.octets) for frame in frames)
        if 2 * good > len(frames) and good * cadu_octets(interleave) > best_octets:
            best, best_octets = coding, good * cadu_octets(interleave)
        if 2 * best_octets > len(octets):
            break
    return best


def _plausible(frame: bytes) -> bool:
    """Return whether the header makes sense: Reed-Solomon alone does not tell randomized frames from others.

    Nor does it refuse repeated octets: a file of sync markers decodes at depth 4.
    """
    header = TmFrameHeader.decode(frame)
    if header.version or frame.startswith(ASM):
        return False
    pointer_ok = header.first_header_pointer >= FHP_IDLE_DATA or header.first_header_pointer < len(frame)
    return header.sync_flag or (header.segment_length_id == 3 and pointer_ok)


def version_name(version: int) -> str:
    """Return a frame version and the protocol that it belongs to."""
    return f"version {version} ({VERSIONS[version]})" if version in VERSIONS else f"version {version}"


def _versions(versions: Counter[int]) -> str:
    return ", ".join(f"{count} frames of {version_name(version)}" for version, count in sorted(versions.items()))


def _places(octets: bytes) -> list[int]:
    """Return the positions of sync markers."""
    places, at = [], octets.find(ASM)
    while at >= 0:
        places.append(at)
        at = octets.find(ASM, at + len(ASM))
    return places
