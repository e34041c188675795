from collections.abc import Iterable

from fsw.core.pool import Pool
from fsw.core.section import Section

MAX_PACKET_OCTETS: int  # of one telemetry packet
HEADER_OCTETS: int  # before its source data

class Packetizer:
    def __init__(self, pool: Pool, pus_section: type[Section], time_section: type[Section], apid: int) -> None: ...
    def build(self, message: int, service: int, subtype: int, destination: int, data: bytes) -> bytes: ...

class Structure:
    def __init__(self, packetizer: Packetizer, structure_id: int, items: Iterable[tuple[int, int, int]]) -> None: ...
    def report(self, message: int, destination: int) -> bytes: ...
