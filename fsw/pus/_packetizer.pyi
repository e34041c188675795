from collections.abc import Sequence

from hal.handle import Kernel

MAX_PACKET_OCTETS: int  # of one telemetry packet
HEADER_OCTETS: int  # before its source data
MAX_DATA_OCTETS: int  # its source data

class Packetizer(Kernel):
    def __init__(self, apid: int) -> None: ...
    def build(self, message: int, service: int, subtype: int, destination: int, data: bytes) -> bytes: ...

class Structure(Kernel):
    def __init__(self, structure_id: int, rows: Sequence[tuple[str, int, int, int, int]]) -> None: ...
    def report(self) -> bytes: ...
