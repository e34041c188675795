"""Pool sections of the PUS services."""

from __future__ import annotations

from fsw.core.section import Section
from hal.record import field

MAX_MESSAGE_TYPES = 64
MAX_STRUCTURES = 32
OUTSIDE_STRUCTURES = 16  # first structure of applications and units from other packages, in the vehicle file's order
MAX_STRUCTURE_PARAMETERS = 40
MAX_EVENTS = 128


class PusSection(Section):
    """Counters of the telemetry packets and the state of the services."""

    section = "pus"
    writer = "telemeter"
    tm_seq_count = field("u2", doc="packet sequence count of the next telemetry packet")
    message_counters = field("u2", MAX_MESSAGE_TYPES, doc="message type counters, indexed as fsw.pus.messages.Tm")
    tc_accepted = field("u4", doc="telecommands accepted")
    tc_rejected = field("u4", doc="telecommands refused at acceptance")
    tc_completed = field("u4", doc="telecommands completed")
    tc_failed = field("u4", doc="telecommands that failed after acceptance")
    event_disabled = field("u1", MAX_EVENTS, doc="1 where the report of that event is disabled")


class HousekeepingSection(Section):
    """Housekeeping report structures (ST[03])."""

    section = "housekeeping"
    writer = "telemeter"
    rate_hz = 1
    interval_s = field("u2", MAX_STRUCTURES, unit="s", doc="collection interval; 0: the structure does not exist")
    countdown_s = field("u2", MAX_STRUCTURES, unit="s", doc="time to the next periodic report")
    enabled = field("u1", MAX_STRUCTURES, doc="1 where periodic generation is enabled")
    length = field("u1", MAX_STRUCTURES, doc="number of parameters")
    parameter_ids = field("u2", (MAX_STRUCTURES, MAX_STRUCTURE_PARAMETERS), doc="parameters in their order")
