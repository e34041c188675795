"""The events of a run folder, in mission time."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from hal import json_text
from hal.files import read_whole

LARGEST = 1 << 28  # octets
NAMES = {1: "info", 2: "low", 3: "medium", 4: "high"}  # severities of ST[05]


@dataclass(frozen=True)
class FlightEvent:
    """One event as the ground received it."""

    t_s: float  # mission time
    severity: int  # 1 informative to 4 high
    text: str


def load(path: Path, tai_offset_ns: int) -> tuple[FlightEvent, ...]:
    """Read `events.jsonl`; `tai_offset_ns` is TAI at mission time 0. A missing file or a cut line has no event."""
    if not path.is_file():
        return ()
    out = []
    try:
        text = read_whole(path, LARGEST).decode("utf-8", "replace")
    except OSError:
        return ()
    for line in text.split("\n"):
        try:
            entry = json_text.loads(line)
            t_s = (int(entry["t_tai_ns"]) - tai_offset_ns) * 1e-9
            if "text" in entry:
                out.append(FlightEvent(t_s, int(entry["severity"]), str(entry["text"])))
            else:
                out.append(FlightEvent(t_s, 3, f"telecommand failed, report {tuple(entry['report'])}"))
        except (ValueError, KeyError, TypeError, OverflowError):
            continue
    return tuple(sorted(out, key=lambda e: e.t_s))


def clock(t_s: float) -> str:
    """Mission time as h:mm:ss."""
    t = round(t_s)
    return f"{t // 3600}:{t // 60 % 60:02d}:{t % 60:02d}"
