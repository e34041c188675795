"""Pool section of the dictionary."""

from __future__ import annotations

from fsw.core.section import KEYFRAMES, Section
from hal.record import field

DIGEST = "first 8 octets of the SHA-256 of"


class DictionarySection(Section):
    """The dictionary that telemetry uses: one hash for each of its sections, filled once at start.

    The names of the fields after `whole` are the names of the dictionary's sections, in their order.
    """

    section = "dictionary"
    writer = "telemeter"
    record_hz = KEYFRAMES
    version = field("u8", doc="version of the dictionary's format")
    whole = field("u8", doc=f"{DIGEST} the hashes of all sections")
    link = field("u8", doc=f"{DIGEST} frame, packet and link parameters")
    enumerations = field("u8", doc=f"{DIGEST} the enumerations")
    parameters = field("u8", doc=f"{DIGEST} the parameters of the pool")
    housekeeping = field("u8", doc=f"{DIGEST} the housekeeping structures that exist from start")
    telemetry = field("u8", doc=f"{DIGEST} the telemetry messages")
    telecommands = field("u8", doc=f"{DIGEST} the telecommands")
    functions = field("u8", doc=f"{DIGEST} the functions of ST[08]")
    events = field("u8", doc=f"{DIGEST} the events")
    failures = field("u8", doc=f"{DIGEST} the failure codes of ST[01]")
    monitors = field("u8", doc=f"{DIGEST} the monitors")


SECTIONS = tuple(f.name for f in DictionarySection.fields[2:])
DICTIONARY_STRUCTURE = 15  # the housekeeping structure that carries them
