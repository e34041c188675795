from hal.drivers._driver import Driver

class Board(Driver):
    @property
    def late(self) -> int: ...
    def set_board(
        self,
        kind: int,
        apid_offset: int,
        config: bytes,
        period_ns: int,
        deadline_ns: int,
        silent_after_ns: int,
    ) -> None: ...
