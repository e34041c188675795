from collections.abc import Mapping

from hal.drivers._board import Board

class AdcsBoard(Board):
    def set_scale(self, scale: Mapping[str, object], names: Mapping[str, str]) -> None: ...
