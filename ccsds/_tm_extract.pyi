from ccsds._tm_receive import CaduReceiver
from hal.handle import Kernel

class PacketExtractor(Kernel):
    def __init__(self, scid: int, fecf: bool) -> None: ...
    def receive(self, frame: bytes | bytearray | memoryview) -> tuple[list[tuple[int, bytes]], list[int]]: ...

def receive_stream(
    cadus: CaduReceiver, extractor: PacketExtractor, octets: bytes | bytearray | memoryview, at_end: bool
) -> tuple[list[tuple[int, bytes]], list[int]]: ...
