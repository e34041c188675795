"""Sections of the data pool: records with one writer."""

from __future__ import annotations

from typing import ClassVar

from hal.record import Record


class Section(Record):
    """A record that lives in the data pool and that exactly one application writes."""

    section: ClassVar[str] = ""  # name in telemetry and tests: "mode" in "mode.system"
    writer: ClassVar[str] = ""  # the one application that writes it
    platform: ClassVar[bool] = False  # measured by host clocks: out of recording hash, diff and replay
    rate_hz: ClassVar[int] = 0  # how often it changes; 0: every tick
