"""Records of the engines: all counters, queues and partly received units. The caller owns their memory."""

from __future__ import annotations

from ccsds.formats import BCH_BLOCK_OCTETS
from hal.record import Record, field

VIRTUAL_CHANNELS = 8  # CCSDS 132.0-B-3, 4.1.2.4: three bits
TC_REJECTS = 10
DOWNLINK_QUEUE_OCTETS = 16384
CLTU_OCTETS = 1029  # the longest TC transfer frame, 1024 octets, in whole codeblocks of 7
SEGMENT_OCTETS = 4096


class TmFrameCounters(Record):
    """Counters and state of the sending end of a TM master channel."""

    vc_fill = field("u4", VIRTUAL_CHANNELS, unit="octet", doc="octets of packets waiting, per virtual channel")
    vc_head = field("u4", VIRTUAL_CHANNELS, unit="octet", doc="read position in the channel's part of the queue")
    vc_partial = field("u4", VIRTUAL_CHANNELS, unit="octet", doc="octets left of the packet that a frame began")
    vc_idle_left = field("u1", VIRTUAL_CHANNELS, unit="octet", doc="octets left of the idle packet that a frame began")
    vc_packets = field("u4", VIRTUAL_CHANNELS, doc="packets waiting, the one partly sent included")
    packets_accepted = field("u4", VIRTUAL_CHANNELS, doc="packets taken into the queue")
    packets_refused = field("u4", VIRTUAL_CHANNELS, doc="packets refused because the queue was full")
    packets_sent = field("u4", VIRTUAL_CHANNELS, doc="packets whose last octet left in a frame")
    frames_sent = field("u4", VIRTUAL_CHANNELS, doc="transfer frames made")
    vcfc = field("u1", VIRTUAL_CHANNELS, doc="virtual channel frame count of the next frame")
    mcfc = field("u1", doc="master channel frame count of the next frame")


class TcFrameCounters(Record):
    """Counters and state of the receiving end of a TC virtual channel, FARM-1 included."""

    tc_octets_in = field("u8", unit="octet", doc="octets of the uplink given to the CLTU receiver")
    # channel
    cltus_received = field("u4", doc="CLTUs delimited: start sequence found and codeblocks decoded")
    cltus_dropped = field("u4", doc="start sequences without a codeblock, and CLTUs that never ended")
    codeblocks_corrected = field("u4", doc="BCH codeblocks with one bit corrected")
    tc_octets_skipped = field("u4", unit="octet", doc="octets outside CLTUs")
    # frames and FARM-1
    tc_frames_valid = field("u4", doc="transfer frames that passed the validation checks")
    tc_rejected = field("u4", TC_REJECTS, doc="transfer frames and packets dropped, by TcReject")
    farm_accepted_ad = field("u4", doc="type-AD frames accepted (E1)")
    farm_accepted_bd = field("u4", doc="type-BD frames accepted (E6)")
    farm_accepted_bc = field("u4", doc="control commands executed (E7, E8)")
    farm_discarded = field("u4", doc="type-AD frames discarded (E2 to E5)")
    tc_packets = field("u4", doc="packets delivered")
    farm_state = field("u1", doc="FarmState: 1 open, 2 wait, 3 lockout")
    farm_v_r = field("u1", doc="V(R), the next N(S) expected")
    farm_lockout = field("u1", doc="Lockout flag")
    farm_wait = field("u1", doc="Wait flag")
    farm_retransmit = field("u1", doc="Retransmit flag")
    farm_b = field("u1", doc="FARM-B counter")
    no_rf_available = field("u1", doc="CLCW flag: the uplink carrier is not usable")
    no_bit_lock = field("u1", doc="CLCW flag: the demodulator has no bit lock")


class DownlinkQueue(Record):
    """Packets waiting for frames: one ring of octets, divided evenly among the virtual channels in use."""

    octets = field("u1", DOWNLINK_QUEUE_OCTETS, doc="space packets back to back; see vc_head and vc_fill")


class UplinkBuffer(Record):
    """Partly received CLTU and segmented packet."""

    cltu_at = field("u8", unit="octet", doc="octet of the uplink at which the CLTU began")
    frame_fill = field("u4", unit="octet", doc="octets decoded of the CLTU")
    segment_fill = field("u4", unit="octet", doc="octets gathered of the segmented packet")
    in_cltu = field("u1", doc="1 between start sequence and tail")
    pending_fill = field("u1", unit="octet", doc="octets waiting in `pending`")
    segment_map = field("u1", doc="MAP of the segmented packet")
    segment_open = field("u1", doc="1 while a segmented packet is being gathered")
    pending = field("u1", BCH_BLOCK_OCTETS, doc="octets not yet searched or not yet a whole codeblock")
    frame = field("u1", CLTU_OCTETS, doc="decoded octets of the CLTU")
    segment = field("u1", SEGMENT_OCTETS, doc="segmented packet so far")


class TmReception(Record):
    """Counters of a TM receiver; every octet and frame that it was given is in exactly one of them."""

    octets_in = field("u8", unit="octet", doc="octets given")
    octets_skipped = field("u8", unit="octet", doc="octets outside CADUs: no sync marker led to a frame")
    octets_truncated = field("u8", unit="octet", doc="octets left over when the stream ended")
    cadus_ok = field("u8", doc="CADUs decoded; each is then a frame used, repeated, malformed, foreign or not of TM")
    cadus_uncorrectable = field("u8", doc="CADUs in sync dropped: more than 16 symbol errors in a codeword")
    cadus_fecf = field("u8", doc="CADUs in sync dropped: frame error control field wrong")
    false_syncs = field("u8", doc="sync markers that led to no frame")
    symbols_corrected = field("u8", unit="octet", doc="Reed-Solomon symbols corrected")
    frames_ok = field("u8", doc="transfer frames used")
    frames_other_version = field("u8", doc="frames dropped: version other than 0, so no TM frames")
    frames_foreign = field("u8", doc="frames dropped: other spacecraft id")
    frames_malformed = field("u8", doc="frames dropped: header inconsistent with the frame")
    frames_idle = field("u8", doc="frames with idle data only")
    frames_not_packets = field("u8", doc="frames whose sync flag says that the data field holds no packets")
    frames_repeated = field("u8", doc="frames dropped: the same frame had come already")
    frames_late = field("u8", doc="frames used that came after their successors; no longer counted as missing")
    count_restarts = field("u8", doc="times that the master channel frame count began anew; what was lost is unknown")
    frames_lost = field("u8", doc="frames missing by the master channel frame count")
    vc_frames_lost = field("u8", VIRTUAL_CHANNELS, doc="frames missing by the virtual channel frame count")
    packets = field("u8", VIRTUAL_CHANNELS, doc="packets delivered")
    packets_idle = field("u8", doc="idle packets removed")
    packets_in_idle_frames = field("u8", doc="packets found in frames that claim idle data only")
    packets_broken = field("u8", doc="packets dropped because a frame of theirs was missing or contradicted them")
    octets_unused = field("u8", unit="octet", doc="data-field octets that belong to no packet that could be used")
    clcws = field("u8", doc="operational control fields with a CLCW")
