"""Pool sections of the on-board ends of the link."""

from __future__ import annotations

from ccsds.records import DownlinkQueue, TcFrameCounters, TmFrameCounters, UplinkBuffer
from fsw.core.section import KEYFRAMES, Section
from hal.record import field


class LinkSection(Section):
    """Counters of the services' packets, and the pace of the downlink."""

    section = "link"
    writer = "telemeter"
    downlink_credit_bits = field("i8", unit="bit", doc="channel bits earned and not yet used")
    tm_generated = field("u4", doc="telemetry packets made by the services")
    tm_dropped = field("u4", doc="telemetry packets dropped because their virtual channel's queue was full")


class TmFramesSection(TmFrameCounters, Section):
    """The TM engine."""

    section = "tm_frames"
    writer = "telemeter"


class DownlinkQueueSection(DownlinkQueue, Section):
    """Packets waiting for frames."""

    section = "downlink_queue"
    writer = "telemeter"
    record_hz = KEYFRAMES  # what leaves the queue is recorded as octets of the radio link


class DownlinkSection(Section):
    """Counters of frames sent by the radio."""

    section = "downlink"
    writer = "downlink"
    cadus_sent = field("u4", doc="channel access data units sent")
    radio_errors = field("u4", doc="writes that the radio link refused, each a frame lost")


class TcFramesSection(TcFrameCounters, Section):
    """The TC engine."""

    section = "tc_frames"
    writer = "uplink"


class UplinkBufferSection(UplinkBuffer, Section):
    """Partly received CLTU and segmented packet."""

    section = "uplink_buffer"
    writer = "uplink"
    record_hz = KEYFRAMES
