"""Typed errors of the CCSDS engines: one line that says what was found and what was expected."""

from __future__ import annotations


class CcsdsError(ValueError):
    """Any octets or arguments that an engine cannot use."""


class CodingError(CcsdsError):
    """Wrong length, depth or parameter of a channel code."""


class UncorrectableError(CodingError):
    """More errors than the code can correct."""


class PacketError(CcsdsError):
    """Octets that are no space packet or PUS packet, or fields that do not fit in one."""


class FrameError(CcsdsError):
    """Octets that are no transfer frame, or fields that do not fit in one."""
