"""How engines get their memory: a pool of sections, or records of their own."""

from __future__ import annotations

from typing import Protocol

from fsw.core.section import Section


class SectionMemory(Protocol):
    """Anything that owns sections at fixed addresses, such as the data pool."""

    def address(self, section: type[Section], /) -> int:
        """Return the address of the section's first octet; it must stay valid while the owner lives."""
