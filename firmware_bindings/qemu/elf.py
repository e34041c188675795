"""Symbols and segments of a board's image: a 32-bit little-endian ARM executable in ELF.

Source: ELF specification 1.2 (TIS, 1995): header, program headers, sections of type SHT_SYMTAB.
"""

from __future__ import annotations

import struct
from pathlib import Path
from typing import NamedTuple

from firmware_bindings.errors import EmulatorError
from hal.files import read_whole

LARGEST = 1 << 26  # octets of a file
IDENT = b"\x7fELF\x01\x01"  # 32 bits, little-endian
ET_EXEC, EM_ARM = 2, 40
PT_LOAD, SHT_SYMTAB = 1, 2
STB_GLOBAL, STT_FUNC = 1, 2
HEADER = struct.Struct("<16sHHIIIIIHHHHHH")
SEGMENT = struct.Struct("<8I")
SECTION = struct.Struct("<10I")
SYMBOL = struct.Struct("<IIIBBH")


class Segment(NamedTuple):
    """What is loaded: `size` octets at the physical `address`."""

    address: int
    size: int


class Image:
    """A board's image; raises `EmulatorError` with one line when `path` is not one."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            octets = read_whole(path, LARGEST)
        except OSError as error:
            raise EmulatorError(f"{path}: image cannot be read: {error.strerror}") from None
        try:
            self._parse(octets)
        except (struct.error, IndexError, ValueError, UnicodeDecodeError):
            raise EmulatorError(f"{path}: the image is damaged: its tables point outside the file") from None

    def symbol(self, name: str) -> int:
        """Return the address of `name`, of a function without the Thumb bit; raise `EmulatorError` if absent."""
        try:
            return self.symbols[name]
        except KeyError:
            raise EmulatorError(f"{self.path}: no symbol {name!r} in the image") from None

    def is_loaded(self, address: int, size: int) -> bool:
        """Tell whether the image puts anything in `size` octets from `address` on."""
        return any(s.address < address + size and address < s.address + s.size for s in self.segments)

    def _parse(self, octets: bytes) -> None:
        header = HEADER.unpack_from(octets.ljust(HEADER.size, b"\0"))
        if not (octets.startswith(IDENT) and header[1:3] == (ET_EXEC, EM_ARM)):
            raise EmulatorError(f"{self.path}: not an image: expected a 32-bit ARM executable in ELF")
        segments_at, sections_at = header[5], header[6]
        segment_count, section_count = header[10], header[12]
        segments = [SEGMENT.unpack_from(octets, segments_at + i * SEGMENT.size) for i in range(segment_count)]
        self.segments = [Segment(s[3], s[4]) for s in segments if s[0] == PT_LOAD and s[4] > 0]
        sections = [SECTION.unpack_from(octets, sections_at + i * SECTION.size) for i in range(section_count)]
        self.symbols: dict[str, int] = {}
        for section in sections:
            if section[1] == SHT_SYMTAB:
                self._read_symbols(octets, section, sections[section[6]])

    def _read_symbols(self, octets: bytes, table: tuple[int, ...], names: tuple[int, ...]) -> None:
        for at in range(table[4], table[4] + table[5] - SYMBOL.size + 1, SYMBOL.size):
            name_at, value, _, info, _, section = SYMBOL.unpack_from(octets, at)
            if name_at and section:
                start = names[4] + name_at
                name = octets[start : octets.index(b"\0", start)].decode()
                address = value & ~1 if info & 15 == STT_FUNC else value
                if info >> 4 == STB_GLOBAL or name not in self.symbols:
                    self.symbols[name] = address
