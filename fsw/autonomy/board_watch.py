"""The board watch: reports resets, faults and identity of the boards as events."""

from __future__ import annotations

from fsw.autonomy.sections import BoardsSection
from fsw.core.events import BoardNumber, EventId, EventQueue
from fsw.core.pool import Pool
from hal.samples import BoardIdentity
from hal.wire import ResetReason


class BoardWatch:
    """Writes `BoardsSection`; runs as the application "boards", in the slow rate group."""

    def __init__(self, pool: Pool, events: EventQueue) -> None:
        names = {board: f"samples.{board.name.lower()}_health" for board in BoardNumber}
        self._health = {board: pool.handle(n).array for board, n in names.items() if f"{n}.identity" in pool}
        self._seen = pool.array(BoardsSection)
        self._raise = events.raise_event

    def step(self) -> None:
        """Report what has changed since the last step."""
        for board, health in self._health.items():
            if health["reset_count"] != self._seen["resets"][board]:
                self._restarted(board)
            if health["identity"] != self._seen["identity"][board]:
                self._identified(board)

    def _restarted(self, board: BoardNumber) -> None:
        health = self._health[board]
        self._seen["resets"][board] = health["reset_count"]
        self._raise(EventId.BOARD_STARTED, board, int(health["reset_reason"]))
        if health["reset_reason"] == ResetReason.FAULT:
            self._raise(EventId.BOARD_FAULT, board, int(health["fault_pc"]), int(health["fault_status"]))

    def _identified(self, board: BoardNumber) -> None:
        health = self._health[board]
        identity = int(health["identity"])
        self._seen["identity"][board] = identity
        if identity == BoardIdentity.UNKNOWN:
            return
        event = EventId.BOARD_REFUSED if identity == BoardIdentity.REFUSED else EventId.BOARD_IDENTITY
        self._raise(event, board, identity, int(health["firmware_version"]))
