from typing import Any, Protocol

from numpy.typing import NDArray

from hal.record import Record

class Handles(Protocol):
    def handle(self, name: str) -> Handle: ...

class UnboundError(RuntimeError): ...

class Handle:
    record: type[Record] | str
    name: str
    count: int
    stride: int
    def __init__(self, record: type[Record] | str, name: str, array: NDArray[Any]) -> None: ...
    @property
    def array(self) -> NDArray[Any]: ...
    def field(self, name: str) -> Handle: ...

class Kernel:
    @property
    def bound_to(self) -> tuple[Handle, ...]: ...
    def bind(self, pool: Handles) -> None: ...
