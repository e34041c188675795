"""Checks that ground's dictionary fits the satellite, which sends the hash of each section in housekeeping."""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection
from typing import Any, Final

from numpy.typing import NDArray

from fsw.core.pool import Pool
from fsw.dictionary.sections import DICTIONARY_STRUCTURE, SECTIONS, DictionarySection
from ground.dictionary.build import Dictionary
from hal.saved import State, attributes, set_attributes

HEAD: Final = DICTIONARY_STRUCTURE.to_bytes(2, "big")
OCTETS: Final = len(HEAD) + 8 * (2 + len(SECTIONS))


class HashCheck:
    """Compares the hashes that the satellite sends with those of a dictionary.

    `checked`: reports seen; `differing`: how many of them said something else; `sections`: what differed in the last.
    """

    def __init__(self, content: Dictionary) -> None:
        self._vehicle = content["vehicle"]
        hashes = content["hashes"]
        words = (content["version"], int(hashes["whole"], 16), *(int(hashes[name], 16) for name in SECTIONS))
        self._expected = HEAD + struct.pack(f">{len(words)}Q", *words)
        self.checked = 0
        self.differing = 0
        self.sections: tuple[str, ...] = ()

    def save(self) -> State:
        """Return what was counted, as plain data (`hal.saved`)."""
        return attributes(self, ("checked", "differing", "sections"))

    def restore(self, state: State) -> None:
        """Continue from what was saved."""
        set_attributes(self, ("checked", "differing", "sections"), state)

    def receive(self, data: bytes) -> str:
        """Take the source data of any TM[3,25]; return in one line what differs; "" when nothing does."""
        if data[:2] != HEAD:
            return ""
        self.checked += 1
        if data == self._expected:
            self.sections = ()
            return ""
        self.differing += 1
        if len(data) != OCTETS or data[2:10] != self._expected[2:10]:
            self.sections = ("format",)
        else:
            places = range(18, OCTETS, 8)
            said = zip(SECTIONS, places, strict=True)
            self.sections = tuple(n for n, at in said if data[at : at + 8] != self._expected[at : at + 8]) or ("whole",)
        return f"dictionary of {self._vehicle} does not fit the satellite: {', '.join(self.sections)} differ"


def adopt_hashes(pool: Pool, recorded: Callable[[str], NDArray[Any]], known: Collection[str]) -> list[str]:
    """Write the recorded hashes into the pool, of the parameters `known` to both; return the sections that differ."""
    differing = []
    for f in DictionarySection.fields:
        name = f"{DictionarySection.section}.{f.name}"
        if name in known and pool.view(name) != recorded(name):
            pool.view(name)[...] = recorded(name)
            differing.append(f.name)
    return [name for name in differing if name != "whole"]
