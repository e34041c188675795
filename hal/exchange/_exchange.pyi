from collections.abc import Iterable

from hal.clock import Clock
from hal.drivers._driver import Driver
from hal.links.link import ByteLink

class ExchangeKernel:
    octets: list[tuple[int, int, bytes]]

    @property
    def timing(self) -> tuple[int, tuple[int, ...]]: ...
    def set_parties(
        self, drivers: Iterable[Driver], links: Iterable[ByteLink], numbers: Iterable[int], clock: Clock
    ) -> None: ...
    def relink(self, i: int, link: ByteLink) -> None: ...
    def send(self, t_ns: int) -> None: ...
    def exchange(self, t_ns: int) -> None: ...
