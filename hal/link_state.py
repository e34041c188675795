"""The state of drivers between exchanges, as records in the caller's memory: a copy of it is a snapshot.

Zeroed memory is a cold start. The drivers' kernels work in these records in place (`hal/_link_state.pxd`).
"""

from __future__ import annotations

from typing import ClassVar

from hal.record import Record, field

FRAME_CAPACITY = 1030  # largest frame, COBS overhead and 0x00 included
TIME_POINTS = 16  # windows that the line of `BoardTime` is fitted to
GNSS_CAPACITY = 128  # octets of an unfinished UBX message


class FrameStream(Record):
    """Receiving end of a link of frames."""

    frames_ok = field("u4", doc="frames decoded")
    cobs_errors = field("u4", doc="frames dropped: a code octet points past their end")
    crc_errors = field("u4", doc="frames dropped: CRC")
    length_errors = field("u4", doc="frames dropped: too short, too long, or not what the header says")
    header_errors = field("u4", doc="frames dropped: not version 0, unsegmented, without secondary header")
    size = field("u4", unit="octet", doc="octets of an unfinished frame in `encoded`")
    overflow = field("u1", doc="1 while an over-long frame is skipped up to its end")
    encoded = field("u1", FRAME_CAPACITY, doc="the unfinished frame")


class BoardTime(Record):
    """Board time to mission time: mission = board + offset_ns + drift * (board - reference_ns)."""

    reference_ns = field("i8", unit="ns", doc="board time")
    offset_ns = field("i8", unit="ns", doc="mission minus board time there")
    drift = field("f8", doc="mission seconds gained per board second")
    window_end_ns = field("i8", unit="ns", doc="board time at which the window ends")
    best_board_ns = field("i8", unit="ns", doc="board time of the window's fastest arrival")
    best_offset_ns = field("i8", unit="ns", doc="mission minus board time of that arrival")
    best_residual_ns = field("i8", unit="ns", doc="how far it lies above the line; the largest number: none yet")
    point_board_ns = field("i8", TIME_POINTS, unit="ns", doc="the fastest arrivals of the last windows, a ring")
    point_offset_ns = field("i8", TIME_POINTS, unit="ns", doc="mission minus board time of these")
    windows = field("u4", doc="windows completed since the start")
    running = field("u1", doc="1 after the first pair")


class LinkState(Record):
    """Head of every driver's state."""

    # Patterns of fields: what a gap in time sets to zero, because what had half arrived is nothing; and what even a
    # cold start takes from the flight before, when it can.
    gap_clears: ClassVar[tuple[str, ...]] = ("stream.size", "stream.overflow")
    cold_keeps: ClassVar[tuple[str, ...]] = ()

    stream = field(FrameStream, doc="receiving end; unused by units with another framing")
    mistyped = field("u4", doc="good frames that are not for this driver")
    heard_ns = field("i8", unit="ns", doc="tick time of the last exchange with an accepted packet")
    opened_ns = field("i8", unit="ns", doc="tick time of the last exchange")
    started = field("u1", doc="1 after the first exchange")
    heard = field("u1", doc="1 when a packet was accepted in the last exchange")


class BoardLinkState(LinkState):
    """State of the driver of a board that runs our firmware."""

    # What tells the time, and what the board counts.
    cold_keeps = ("clock.*", "cycle", "board_ns", "running", "seq_count", "command_seq")

    clock = field(BoardTime, doc="board time to mission time")
    configured = field("u1", doc="1 when the board has said so since its last restart")
    config_sent = field("u1", doc="1 when it has gone out: only then can the board speak of ours")
    urgent = field("u1", doc="1: send at the next exchange, whatever the period")
    running = field("u1", doc="1 when a sensor packet was accepted since the last restart")
    lived = field("u1", doc="1 when a cycle of the board's present life was accepted")
    born = field("u1", doc="1 when that life began with a reset that this driver saw")
    seq_count = field("u2", doc="of the packets sent")
    command_seq = field("u2", doc="of the commands sent")
    counted_accepted = field("u2", doc="commands accepted as the board counts, modulo 2**16")
    counted_rejected = field("u2", doc="commands refused as the board counts, modulo 2**16")
    counted_bad = field("u2", doc="frames dropped as the board counts, modulo 2**16")
    cycle = field("u4", doc="of the last accepted sensor packet")
    sent_period = field("i8", doc="tick time // board period of the last command")
    board_ns = field("i8", unit="ns", doc="board time of the last accepted sensor packet")
    cycle_valid_ns = field("i8", unit="ns", doc="mission time of validity of its samples")
    late = field("u4", doc="packets accepted after the exchange that waited for them had ended")
    stale_since = field("u4", doc="packets refused since the last accepted one, those of past cycles left out")
    arrived = field("u8", doc="cycles whose packet arrived: bit k is the last accepted cycle - k")
    outstanding = field("i4", doc="frames sent that the board has not counted: least of the last `settling`")
    settling = field("u4", doc="packets since which `outstanding` is the least")
    under_way = field("u4", doc="frames sent in this period of the board, since its last report: it may yet count them")
    refused = field("u4", doc="refused packets that follow each other")
    refused_cycle = field("u4", doc="cycle of the last of these")
    refused_board_ns = field("i8", unit="ns", doc="board time of the last of these")
    refused_now_ns = field("i8", unit="ns", doc="mission time of its arrival")


class StarTrackerLinkState(LinkState):
    """State of the star tracker's driver."""

    last_valid_ns = field("i8", unit="ns", doc="time of validity of the last accepted report")
    last_seq = field("u2", doc="sequence number of that report")
    running = field("u1", doc="1 after the first accepted report")


class OtherMessageState(Record):
    """The GNSS driver's position in a message that flight does not use."""

    kind = field("u1", doc="protocol of the message under way, `hal.drivers.other_messages.Kind`; 0 for none")
    octets = field("u2", unit="octet", doc="octets of it so far")
    size = field("u2", unit="octet", doc="octets of it in all, as far as that is known")
    check = field("u4", doc="its check so far")
    bad = field("u1", doc="1 within a run of octets that belong to no message")


class GnssLinkState(LinkState):
    """State of the GNSS receiver's driver."""

    gap_clears = (*LinkState.gap_clears, "pending_fill", "other.kind", "other.bad")

    clock = field(BoardTime, doc="TAI of solutions to mission time")
    last_tai_ns = field("i8", unit="ns", doc="TAI of the last accepted solution")
    refused_tai_ns = field("i8", unit="ns", doc="TAI of the last of the refused solutions that follow each other")
    seq = field("u4", doc="solutions accepted")
    refused = field("u1", doc="how many these are")
    pending_fill = field("u1", unit="octet", doc="octets in `pending`")
    pending = field("u1", GNSS_CAPACITY, doc="octets that may begin a UBX message")
    other = field(OtherMessageState, doc="other messages of the receiver")


class UnitLinkState(LinkState):
    """State of a driver that is written in Python.

    With a framing of its own `stream.encoded` is what waits, `stream.overflow` 1 within a run that belongs to no frame.
    """

    clock = field(BoardTime, doc="unit time to mission time")
    last_unit_ns = field("i8", unit="ns", doc="unit time of the last accepted report")
    refused_unit_ns = field("i8", unit="ns", doc="unit time of the last of the refused reports that follow each other")
    refused = field("u4", doc="how many these are")
