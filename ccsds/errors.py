"""Typed errors of the CCSDS engines: one line that says what was found and what was expected."""

from __future__ import annotations

import enum


class CcsdsError(ValueError):
    """Octets or arguments that an engine cannot use."""


class CodingError(CcsdsError):
    """Wrong length, depth or parameter of a channel code."""


class UncorrectableError(CodingError):
    """More errors than the code can correct."""


@enum.unique
class PacketReject(enum.IntEnum):
    """Why octets are not a packet of the expected kind."""

    FIELD = 0  # a field that does not fit, of a packet to be written
    LENGTH = 1  # fewer or more octets than the packet says, or than its headers need
    VERSION = 2  # packet version other than 0
    TYPE = 3  # telemetry where a telecommand is expected, or the reverse
    NO_SECONDARY_HEADER = 4
    CHECKSUM = 5
    PUS_VERSION = 6
    SEGMENTED = 7  # sequence flags say that it is a part of something
    TRAILING = 8  # octets follow the last whole packet


class PacketError(CcsdsError):
    """Octets that are not a space packet or PUS packet, or fields that do not fit into one.

    `reason` says why; `found` is the number that was wrong: a version, flags, or how many octets there are.
    """

    def __init__(self, message: str, reason: PacketReject = PacketReject.FIELD, found: int = 0) -> None:
        super().__init__(message)
        self.reason = reason
        self.found = found


class FrameError(CcsdsError):
    """Octets that are not a transfer frame, or fields that do not fit into one."""
