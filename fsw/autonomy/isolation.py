"""The application "fdir": ends power cycles that monitors began."""

from __future__ import annotations

from fsw.autonomy.exclusions import Exclusions
from fsw.autonomy.sections import FdirSection
from fsw.core.pool import Pool


class Isolation:
    """Runs after estimation and control, before the mode manager."""

    def __init__(self, pool: Pool, exclusions: Exclusions) -> None:
        self._cycled = pool.array(FdirSection)["cycled_off"].reshape(1).data
        self._exclusions = exclusions

    def step(self) -> None:
        """Look whether a power cycle is over."""
        if self._cycled[0]:
            self._exclusions.end_cycle()
