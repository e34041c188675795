"""Errors of emulators, one line each."""

from __future__ import annotations

from hal.links.link import LinkError


class EmulatorError(LinkError):
    """An emulator cannot be started or does not do what it was told; the message is one line."""


class MissingProgramError(EmulatorError):
    """An optional program is not installed; the message says what to install."""
