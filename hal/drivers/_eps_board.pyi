from hal.drivers._board import Board

class EpsBoard(Board):
    def set_limits(
        self, limits: tuple[float, float, float], eps: int, health: int, switches: int, state: int
    ) -> None: ...
