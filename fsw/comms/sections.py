"""Pool sections of the on-board ends of the link."""

from __future__ import annotations

from ccsds.records import DownlinkQueue, FrameCounters, UplinkBuffer
from fsw.core.section import KEYFRAMES, Section
from hal.record import field


class LinkSection(Section):
    """Downlink pacing and the on-board half of the packet ledger; `FrameCountersSection` counts the rest."""

    section = "link"
    writer = "telemeter"
    downlink_credit_bits = field("i8", unit="bit", doc="channel bits earned and not yet used")
    cadus_sent = field("u4", doc="channel access data units sent")
    tm_generated = field("u4", doc="telemetry packets made by the services")
    tm_dropped = field("u4", doc="telemetry packets dropped because their virtual channel's queue was full")
    tc_octets = field("u4", doc="uplink octets received")
    tc_packets = field("u4", doc="telecommand packets of accepted frames; data that is no packets counts as one")
    tc_dropped = field("u4", doc="of these dropped: no telecommand, or not for this satellite (pus.tc_rejects)")
    radio_errors = field("u4", doc="reads and writes that the radio link refused; a frame refused is a frame lost")


class FrameCountersSection(FrameCounters, Section):
    """Counters and protocol state of the TM and TC engines on board."""

    section = "frames"
    writer = "link"


class DownlinkQueueSection(DownlinkQueue, Section):
    """Packets waiting for frames."""

    section = "downlink_queue"
    writer = "link"
    record_hz = KEYFRAMES  # what leaves the queue is recorded as octets of the radio link


class UplinkBufferSection(UplinkBuffer, Section):
    """What has arrived of a CLTU and of a segmented packet."""

    section = "uplink_buffer"
    writer = "link"
    record_hz = KEYFRAMES
