from collections.abc import Mapping

from hal.drivers._board import Board

class EpsBoard(Board):
    def set_limits(self, limits: tuple[float, float, float], names: Mapping[str, str]) -> None: ...
