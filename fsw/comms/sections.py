"""Pool sections of the on-board ends of the link."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from ccsds.formats import FarmState
from ccsds.records import DownlinkQueue, TcFrameCounters, TmFrameCounters, UplinkBuffer
from fsw.core.section import KEYFRAMES, Section
from hal.record import field

if TYPE_CHECKING:
    from fsw.core.gap import Gap

UNKNOWN_FRAMES = 128  # frame counts left out when nobody knows how long a gap was: half of their range


class LinkSection(Section):
    """Counters of the services' packets, and the pace of the downlink."""

    section = "link"
    writer = "telemeter"
    gap_clears = ("downlink_credit_bits",)
    downlink_credit_bits = field("i8", unit="bit", doc="channel bits earned and not yet used")
    tm_generated = field("u4", doc="telemetry packets made by the services")
    tm_dropped = field("u4", doc="telemetry packets dropped because their virtual channel's queue was full")

    @classmethod
    def after_gap(cls, own: Any, gap: Gap) -> None:  # noqa: ANN401
        """What waited for the downlink is dropped (`TmFramesSection.gap_clears`), and counted here."""
        own["tm_dropped"] += gap.pool["tm_frames.vc_packets"].sum()


class TmFramesSection(TmFrameCounters, Section):
    """The TM engine."""

    section = "tm_frames"
    writer = "telemeter"
    gap_clears = ("vc_fill", "vc_head", "vc_partial", "vc_idle_left", "vc_packets")
    cold_keeps = ("mcfc", "vcfc")

    @classmethod
    def after_gap(cls, own: Any, gap: Gap) -> None:  # noqa: ANN401
        """Frame counts go on past all that the channel can have carried."""
        frames = frames_within(gap)
        for name in ("mcfc", "vcfc"):
            own[name] = (own[name].astype(int) + frames) & 0xFF


def frames_within(gap: Gap) -> int:
    """Return how many transfer frames, at most, can have left in a gap in time."""
    from ccsds.tm_frames import cadu_octets  # noqa: PLC0415 - compiled: the build reads these records before

    radio = gap.vehicle.radio
    bits = (gap.ticks + 2) * (radio.downlink_bps // gap.vehicle.rates.base_hz)
    frames = 1 + math.ceil(bits / (8 * cadu_octets(radio.rs_interleave)))
    return frames if gap.time_known else max(frames, UNKNOWN_FRAMES)


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

    @classmethod
    def after_gap(cls, own: Any, gap: Gap) -> None:  # noqa: ANN401
        """FARM-1 locks out when accepted frames may be forgotten: they must not be accepted again.

        Ground unlocks and sets V(R).
        """
        if gap.forgotten:
            own["farm_state"] = FarmState.LOCKOUT
            own["farm_lockout"] = 1


class UplinkBufferSection(UplinkBuffer, Section):
    """Partly received CLTU and segmented packet."""

    section = "uplink_buffer"
    writer = "uplink"
    gap_clears = ("in_cltu", "pending_fill", "frame_fill", "segment_fill", "segment_open")  # what had half arrived
    record_hz = KEYFRAMES
