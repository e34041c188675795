"""A flight: flight software in a simulated world, with a ground station at the other end of the radio link.

This is the one module of `sim` that composes `fsw`.
"""

from __future__ import annotations

import hashlib
import resource
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsw.core.modes import AdcsMode
from fsw.core.recording import Recorder
from fsw.main import FlightSoftware
from fsw.pus.st08_functions import LAYOUTS, Function
from hal.vehicle import Vehicle
from sim._requirements import Evaluator
from sim.ground_segment import GroundSegment
from sim.ledger import Ledger, close_ledger
from sim.physics.records import TruthRecord
from sim.requirements import Requirement, Shown, verdict
from sim.scenario import Scenario, disperse, plan
from sim.world import World

Progress = Callable[[float, str, float], None]


@dataclass(frozen=True)
class Result:
    """What a flight showed."""

    seed: int
    duration_s: float
    realtime_factor: float
    tick_us_mean: float
    peak_rss_mb: float
    requirements: list[Requirement]
    recording: Path
    recording_sha256: str
    cadu_sha256: str
    ledger: Ledger
    interrupted: bool

    def as_dict(self) -> dict[str, Any]:
        """The object that `--json` prints."""
        return {
            "seed": self.seed, "duration_s": self.duration_s, "realtime_factor": self.realtime_factor,
            "tick_us_mean": self.tick_us_mean, "peak_rss_mb": self.peak_rss_mb,
            "requirements": [r.as_dict() for r in self.requirements], "recording_sha256": self.recording_sha256,
            "cadu_sha256": self.cadu_sha256, "ledger": self.ledger.as_dict(), "interrupted": self.interrupted,
        }  # fmt: skip


