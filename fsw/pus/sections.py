"""Pool sections of the PUS services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fsw.core.section import KEYFRAMES, Section
from hal.record import field

if TYPE_CHECKING:
    from fsw.core.gap import Gap

MAX_MESSAGE_TYPES = 64
MAX_STRUCTURES = 32
EXTENSION_STRUCTURES = 16  # first structure of extensions, in the order of the vehicle file
MAX_STRUCTURE_PARAMETERS = 40
MAX_EVENTS = 128
MAX_FAILURES = 24
SEQ_COUNT_MASK = 0x3FFF  # packet sequence counts have 14 bits
MAX_DESTINATIONS = 7  # besides the ground's 0; one more takes the place of the one that was answered longest ago


class UplinkSection(Section):
    """Counters of received and accepted telecommands."""

    section = "uplink"
    writer = "uplink"
    tc_octets = field("u4", doc="uplink octets received")
    tc_packets = field("u4", doc="telecommand packets of accepted frames; data that is no packets counts as one")
    tc_dropped = field("u4", doc="of these dropped: no telecommand, or not for this satellite (uplink.tc_rejects)")
    radio_errors = field("u4", doc="reads that the radio link refused")
    tc_accepted = field("u4", doc="telecommands accepted")
    tc_rejected = field("u4", doc="telecommands refused at acceptance")
    tc_rejects = field("u4", MAX_FAILURES, doc="telecommands refused at acceptance, by fsw.pus.messages.Failure")
    tc_unreadable = field("u4", doc="of these, data without a header by which a report could name it")


class RequestsSection(Section):
    """Counters of executed and failed telecommands."""

    section = "requests"
    writer = "requests"
    tc_completed = field("u4", doc="telecommands completed")
    tc_failed = field("u4", doc="telecommands that failed after acceptance")


class PusSection(Section):
    """Counters of the telemetry packets."""

    section = "pus"
    writer = "telemeter"
    record_hz_of = (("destination_counters", KEYFRAMES),)  # they follow from the packets, as octets of the radio link
    cold_keeps = (
        "tm_seq_count", "message_counters", "first_count", "destination_answers", "destination_used", "destination_ids",
        "destination_counters",
    )  # fmt: skip
    destination_counters = field(
        "u2", (MAX_DESTINATIONS, MAX_MESSAGE_TYPES), doc="message type counters of the destinations of destination_ids"
    )
    tm_seq_count = field("u2", doc="packet sequence count of the next telemetry packet")
    message_counters = field(
        "u2", MAX_MESSAGE_TYPES, doc="message type counters of destination 0, indexed as fsw.pus.messages.Tm"
    )
    first_count = field("u2", doc="where the message type counters of a new destination begin")
    destinations_replaced = field("u4", doc="destinations that gave their place to another")
    destination_answers = field("u4", doc="packets to destinations other than 0")
    destination_used = field("u4", MAX_DESTINATIONS, doc="destination_answers at its last packet; 0: a free place")
    destination_ids = field("u2", MAX_DESTINATIONS, doc="destinations other than 0, as telecommands gave their source")

    @classmethod
    def after_gap(cls, own: Any, gap: Gap) -> None:  # noqa: ANN401
        """Counts go on past every packet that may have left."""
        own["tm_seq_count"] = (int(own["tm_seq_count"]) + gap.reserved) & SEQ_COUNT_MASK
        for name in ("message_counters", "destination_counters", "first_count"):
            own[name] += gap.reserved


class EventReportsSection(Section):
    """Events whose reports are enabled or disabled (ST[05])."""

    section = "event_reports"
    writer = "events"
    rate_hz = 1
    disabled = field("u1", MAX_EVENTS, doc="1 where the report of that event is disabled")


class HousekeepingSection(Section):
    """Housekeeping report structures (ST[03])."""

    section = "housekeeping"
    writer = "housekeeping"
    rate_hz = 1
    interval_s = field("u2", MAX_STRUCTURES, unit="s", doc="collection interval; 0: the structure does not exist")
    countdown_s = field("u2", MAX_STRUCTURES, unit="s", doc="time to the next periodic report")
    enabled = field("u1", MAX_STRUCTURES, doc="1 where periodic generation is enabled")
    length = field("u1", MAX_STRUCTURES, doc="number of parameters")
    parameter_ids = field("u2", (MAX_STRUCTURES, MAX_STRUCTURE_PARAMETERS), doc="parameters in their order")
