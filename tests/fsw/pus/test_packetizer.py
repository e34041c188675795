"""PUS-OBS: telemetry packets against an independent implementation."""

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacepackets.ecss.tm import PusTm

from fsw.core.pool import Pool
from fsw.core.sections import EventsSection, TimeSection
from fsw.navigation.sections import NavigationSection
from fsw.pus._packetizer import MAX_DATA_OCTETS, MAX_PACKET_OCTETS, Packetizer, Structure
from fsw.pus.messages import Tm
from fsw.pus.outbox import Outbox
from fsw.pus.sections import MAX_DESTINATIONS, PusSection
from hal.handle import UnboundError

# 2026-01-01T00:00:00 TAI: 9496.5 days after the mission's TAI epoch, 24837 days after the CUC epoch 1958.
T_2026_NS = int(9496.5 * 86400) * 10**9


def make():
    pool = Pool([TimeSection, PusSection, NavigationSection, EventsSection])
    packetizer = Packetizer(100)
    packetizer.bind(pool)
    return pool, packetizer


@given(st.binary(max_size=900), st.integers(0, 65535), st.sampled_from(list(Tm)))
@settings(max_examples=100, deadline=None)
def test_packet_is_what_spacepackets_reads(data, destination, message):
    """Every field of a packet is read back by `spacepackets`, checksum included."""
    _, packetizer = make()
    service, subtype = message.value
    packet = packetizer.build(message.index, service, subtype, destination, data)
    seen = PusTm.unpack(packet, timestamp_len=7)
    assert (seen.apid, seen.service, seen.message_subtype, seen.seq_count) == (100, service, subtype, 0)
    assert seen.pus_tm_sec_header.dest_id == destination
    assert seen.tm_data == data


def test_counters_run_per_message_type_and_wrap():
    """Sequence counts run per application (14 bits), message counters per message type (16 bits)."""
    pool, packetizer = make()
    pool.array(PusSection)["tm_seq_count"] = 0x3FFF
    pool.array(PusSection)["message_counters"][Tm.ALIVE.index] = 0xFFFF
    packets = [packetizer.build(m.index, *m.value, 0, b"") for m in (Tm.ALIVE, Tm.ALIVE, Tm.EVENT_LOW)]
    seen = [PusTm.unpack(p, timestamp_len=7) for p in packets]
    assert [s.seq_count for s in seen] == [0x3FFF, 0, 1]
    assert [s.pus_tm_sec_header.message_counter for s in seen] == [0xFFFF, 0, 0]


def counts(packetizer, *destinations):
    """Send a sign of life to each destination in turn; return the message type counters, read by `spacepackets`."""
    packets = [packetizer.build(Tm.ALIVE.index, 17, 2, destination, b"") for destination in destinations]
    return [PusTm.unpack(p, timestamp_len=7).pus_tm_sec_header.message_counter for p in packets]


def test_messages_are_counted_for_each_destination():
    """A gap in what one destination gets is a loss: nothing sent to others leaves one."""
    pool, packetizer = make()
    assert counts(packetizer, 0, 0x1234, 0, 5, 0x1234, 0) == [0, 0, 1, 0, 1, 2]
    packetizer.build(Tm.EVENT_LOW.index, 5, 2, 5, b"")
    assert counts(packetizer, 5, 0xFFFF, 5) == [1, 0, 2]
    assert pool["pus.destinations_replaced"] == 0


def test_one_destination_too_many_takes_the_place_of_the_one_that_was_answered_longest_ago():
    pool, packetizer = make()
    assert counts(packetizer, *range(1, MAX_DESTINATIONS + 1), 1) == [0] * MAX_DESTINATIONS + [1]
    pool.array(PusSection)["first_count"] = 4096
    assert counts(packetizer, 99, 0, 1, 3) == [4096, 0, 2, 1]  # 2 went
    assert counts(packetizer, 2) == [4096]  # in place of 4
    assert set(pool["pus.destination_ids"].tolist()) == {99, 1, 3, 2, 5, 6, 7}
    assert pool["pus.destinations_replaced"] == 2


@pytest.mark.parametrize(("t_ns", "coarse", "fine"), [
    (T_2026_NS, 24837 * 86400, 0),
    (T_2026_NS + 500_000_000, 24837 * 86400, 0x8000),
    (-1, 15340 * 86400 + 43200 - 1, 0xFFFF),
])  # fmt: skip
def test_time_is_cuc_since_1958_tai(t_ns, coarse, fine):
    """CCSDS 301.0-B-4: P-field 1E, four octets of seconds and two of 2**-16 s since 1958-01-01 TAI."""
    pool, packetizer = make()
    pool.array(TimeSection)["t_tai_ns"] = t_ns
    packet = packetizer.build(Tm.ALIVE.index, 17, 2, 0, b"")
    assert struct.unpack(">BIH", packet[13:20]) == (0x1E, coarse, fine)


def test_structure_gathers_parameters_big_endian():
    """TM[3,25] holds the structure id and the parameters' values in order."""
    pool, packetizer = make()
    nav = pool.array(NavigationSection)
    nav["pos_i_m"] = (1.5, -2.5, 7e6)
    nav["gnss_used"] = 77
    at = {f.name: f.offset for f in NavigationSection.fields}
    rows = [(at["pos_i_m"], 8, 3, 8), (at["gnss_used"], 4, 1, 4), (at["valid"], 1, 1, 1)]
    structure = Structure(9, [("navigation", *row) for row in rows])
    structure.bind(pool)
    packet = packetizer.build(Tm.HK_REPORT.index, 3, 25, 0, structure.report())
    data = PusTm.unpack(packet, timestamp_len=7).tm_data
    assert struct.unpack(">HdddIB", data) == (9, 1.5, -2.5, 7e6, 77, 0)


def test_oversize_is_refused_before_anything_changes():
    """Data that no packet can hold raises and counts nothing."""
    pool, packetizer = make()
    with pytest.raises(ValueError, match="at most"):
        packetizer.build(Tm.ALIVE.index, 17, 2, 0, bytes(1100))
    assert pool.array(PusSection)["tm_seq_count"] == 0
    outbox = Outbox()
    outbox.send(Tm.ALIVE, bytes(MAX_DATA_OCTETS))
    with pytest.raises(ValueError, match="at most"):
        outbox.send(Tm.ALIVE, bytes(MAX_DATA_OCTETS + 1))
    assert [len(data) for _, data, _ in outbox.take()] == [MAX_DATA_OCTETS]
    assert len(packetizer.build(Tm.ALIVE.index, 17, 2, 0, bytes(MAX_DATA_OCTETS))) == MAX_PACKET_OCTETS
    pool.array(PusSection)["message_counters"] = 0
    with pytest.raises(ValueError, match="one packet"):
        Structure(1, [("navigation", 0, 8, 200, 8)])
    with pytest.raises(ValueError, match="at most 64"):
        Structure(1, [("navigation", 0, 8, 1, 8)] * 65)
    assert np.all(pool.array(PusSection)["message_counters"] == 0)


def test_rows_stay_within_their_section():
    """A row that would end outside its section, or a packetizer without a pool, is refused: no octet is read."""
    pool, _ = make()
    with pytest.raises(TypeError, match="which has"):
        Structure(1, [("events", EventsSection.size - 8, 8, 2, 8)]).bind(pool)
    with pytest.raises(UnboundError):
        Structure(1, []).report()
    with pytest.raises(UnboundError):
        Packetizer(100).build(Tm.ALIVE.index, 17, 2, 0, b"")
