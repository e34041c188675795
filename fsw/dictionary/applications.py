"""The names of the applications, in the order of the tick: their numbers in events and in `executive.exceptions`."""

from __future__ import annotations

from collections.abc import Iterable

BEFORE_EXTENSIONS = (
    "exchange", "sense", "navigation", "estimate", "guide", "control", "actuate", "boards", "time",
)  # fmt: skip
AFTER_EXTENSIONS = (
    "fdir", "mode_manager", "uplink", "requests", "events", "housekeeping", "telemeter", "checkpoint", "downlink",
)  # fmt: skip


def application_names(extensions: Iterable[str]) -> tuple[str, ...]:
    """Return all names, with those of extension applications in their place."""
    return (*BEFORE_EXTENSIONS, *extensions, *AFTER_EXTENSIONS)
