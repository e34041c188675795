"""How engines get their memory: a pool of sections, or records of their own."""

from __future__ import annotations

from typing import Protocol

from hal.record import Record


class SectionMemory(Protocol):
    """Anything that owns sections at fixed addresses, such as the data pool."""

    def address(self, section: type[Record], /) -> int:
        """Return the address of the section's first octet; it must stay valid while the owner lives."""
