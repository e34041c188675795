from collections.abc import Mapping

from hal.devices.layout import Layout
from hal.drivers._board import Board

class AdcsBoard(Board):
    def set_layout(self, layout: Layout, names: Mapping[str, str]) -> None: ...
