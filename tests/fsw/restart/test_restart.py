"""What a start from a snapshot leaves of the past, and what not."""

import itertools
import math
from fnmatch import fnmatchcase

import numpy as np
import pytest

from ccsds.formats import FarmState
from ccsds.tm_frames import cadu_octets
from fsw.core.events import EventId, EventQueue
from fsw.core.persistence import DirectoryStorage, SnapshotStore
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.core.section import matching
from fsw.restart.checkpoint import RESERVED
from fsw.restart.start import RestartReason, Start, StartKind, TimeSource
from sim.spacecraft.spacecraft import Spacecraft
from tests.fsw.restart.stored import SCENARIO, VEHICLE, Quiet, flight

FLOWN = 250  # ticks


@pytest.fixture
def flown(tmp_path):
    """A world in which flight has just ended without a word, and the state that it left."""
    world = Spacecraft(VEHICLE, SCENARIO, 1)
    before = flight(world, tmp_path)
    for _ in range(FLOWN):
        before.tick()
    before.pool.view("tc_frames.farm_v_r")[...] = 9
    return world, before, tmp_path


CLEARED = """
samples.*.valid samples.*.new samples.*_health.silent_ticks
drivers.*.stream.size drivers.*.stream.overflow drivers.gnss.pending_fill drivers.gnss.other.kind drivers.gnss.other.bad
command.actuators.valid guide.goal link.downlink_credit_bits
tm_frames.vc_fill tm_frames.vc_head tm_frames.vc_partial tm_frames.vc_idle_left tm_frames.vc_packets
uplink_buffer.in_cltu uplink_buffer.*_fill uplink_buffer.segment_open
"""
KEPT_COLD = """
time.* tai.* executive.ticks events.raised restart.starts restart.warm_starts
drivers.adcs.clock.* drivers.eps.clock.* drivers.*s.cycle drivers.*s.board_ns drivers.adcs.running drivers.eps.running
drivers.*s.seq_count drivers.*s.command_seq
pus.tm_seq_count pus.message_counters pus.first_count pus.destination_answers pus.destination_used pus.destination_ids
pus.destination_counters tm_frames.mcfc tm_frames.vcfc
"""


@pytest.mark.parametrize(("attribute", "patterns"), [("gap_clears", CLEARED), ("cold_keeps", KEPT_COLD)])
def test_all_that_a_gap_clears_and_a_cold_start_keeps(attribute, patterns):
    """RST-120: a field that moves to another section takes its declaration with it."""
    declared = {leaf.name for section in flight_sections() for leaf in matching(section, attribute)}
    names = [p.name for p in Pool(flight_sections()).parameters()]
    assert declared == {name for name in names if any(fnmatchcase(name, p) for p in patterns.split())}


def test_the_first_start_is_cold(tmp_path):
    pool = flight(Spacecraft(VEHICLE, SCENARIO, 1), tmp_path).pool
    assert (pool["restart.kind"], pool["restart.starts"], pool["time.tick"]) == (StartKind.COLD, 1, 0)


def test_time_goes_on_and_nothing_of_the_past_comes_back(flown):
    world, before, folder = flown
    world.step(world.t_ns + 3_000_000_000)
    after = flight(world, folder, Start(reason=RestartReason.SIGNAL, code=9, restarts=1))
    pool, past = after.pool, before.pool
    assert (pool["restart.kind"], pool["restart.time_source"]) == (StartKind.SNAPSHOT, TimeSource.ADCS_BOARD)
    assert abs(pool["time.t_ns"] - world.t_ns) <= 100_000_000
    assert pool["restart.gap_ns"] == pool["restart.started_ns"] - 201 * 100_000_000  # the snapshot is of tick 200
    assert not pool["command.actuators.valid"]
    assert not any(
        pool[f"samples.{name}.valid"]
        for name in ("gyro", "magnetometer", "sun_sensors", "wheels", "star_tracker", "power")
    )
    assert pool["tc_frames.farm_state"] == FarmState.LOCKOUT
    assert not pool["tm_frames.vc_fill"].any()
    assert not pool["monitors.status"][pool["monitors.status"] == 2].any()
    ahead = (pool["pus.tm_seq_count"] - past["pus.tm_seq_count"]) & 0x3FFF
    assert 0 < ahead <= RESERVED
    assert pool["events.raised"] > past["events.raised"]
    assert (pool["pus.message_counters"].astype(int) > past["pus.message_counters"].astype(int)).all()


def kept_pool(before, folder):
    """The pool as the newest snapshot in `folder` has it."""
    pool = Pool(before.pool.sections, {p.name: p.id for p in before.pool.parameters()}, fitted=before.pool.fitted)
    assert SnapshotStore(DirectoryStorage(folder), EventQueue(pool)).load(pool) is not None
    return pool


def test_counts_go_on_past_all_that_may_have_been_sent_since_and_little_further(flown):
    """Frame counts have 8 bits, those of boards 14 and 16: as many as the gap can hold are left out, and a few."""
    world, before, folder = flown
    kept = kept_pool(before, folder)
    world.step(world.t_ns + 3_000_000_000)
    pool = flight(world, folder).pool
    gap = int(pool["restart.gap_ns"]) // 100_000_000
    assert gap > 30

    def left_out(name, modulo):
        return (
            (pool[name].astype(int) - kept[name]) % modulo
            if pool.view(name).ndim
            else (pool[name] - kept[name]) % modulo
        )

    cadu_bits = 8 * cadu_octets(VEHICLE.radio.rs_interleave)
    frames = math.ceil(gap * VEHICLE.radio.downlink_bps / VEHICLE.rates.base_hz / cadu_bits)
    assert frames < 240  # else this shows nothing
    assert frames <= left_out("tm_frames.mcfc", 256) <= frames + 8
    assert (left_out("tm_frames.vcfc", 256) == left_out("tm_frames.mcfc", 256)).all()
    for board in ("adcs", "eps"):
        assert 3 * gap <= left_out(f"drivers.{board}.seq_count", 1 << 14) <= 3 * gap + 8
        assert gap <= left_out(f"drivers.{board}.command_seq", 1 << 16) <= gap + 4
    for name in ("pus.message_counters", "pus.destination_counters", "pus.first_count"):
        assert np.all(left_out(name, 1 << 16) >= RESERVED)


def test_what_had_half_arrived_is_forgotten(flown):
    """No octet of before begins a message, a frame or a CLTU of after; nothing earned or missed before counts."""
    world, before, folder = flown
    half = ["drivers.gnss.pending_fill", *(f"uplink_buffer.{n}" for n in ("in_cltu", "pending_fill", "segment_open"))]
    half += [
        f"drivers.{link}.stream.{n}" for link in ("adcs", "eps", "star_tracker", "gnss") for n in ("size", "overflow")
    ]
    half += ["link.downlink_credit_bits", *(f"samples.{n}_health.silent_ticks" for n in ("adcs", "eps", "gnss"))]
    for name in half:
        before.pool.view(name)[...] = 9
    before.checkpoint.save(wait=True)
    assert all(kept_pool(before, folder)[name] == 9 for name in half)
    pool = flight(world, folder).pool
    assert {name: pool[name] for name in half} == dict.fromkeys(half, 0)


def test_the_ledger_of_events_and_of_packets_stays_closed(flown):
    world, _, folder = flown
    pool = flight(world, folder).pool
    assert pool["events.raised"] == (
        pool["events.taken"] + pool["events.dropped"] + pool["events.waiting"] + pool["events.skipped"]
    )
    assert pool["link.tm_generated"] == (
        pool["link.tm_dropped"] + pool["tm_frames.packets_sent"].sum() + pool["tm_frames.vc_packets"].sum()
    )


def test_a_second_death_before_the_next_checkpoint_repeats_nothing(flown):
    world, _, folder = flown
    counts = []
    for _ in range(3):
        after = flight(world, folder)
        for _ in range(30):
            after.tick()
        counts.append(int(after.pool["pus.tm_seq_count"]))
    assert all((b - a) & 0x3FFF >= RESERVED // 2 for a, b in itertools.pairwise(counts))


def test_when_nothing_answers_it_goes_on_at_the_earliest_time_and_says_so(flown):
    world, _, folder = flown
    silent = dict.fromkeys(world.links, Quiet())
    after = flight(world, folder, links=silent)
    assert after.pool["restart.time_source"] == TimeSource.SNAPSHOT
    assert after.pool["time.tick"] == 201
    assert not after.pool["tai.synchronised"]
    for _ in range(100):
        after.tick()
    assert after.pool["time.tick"] == 300


def test_no_number_of_an_event_comes_twice(flown):
    """RST-060: what was raised after the snapshot may have reached ground, under its number."""
    world, before, folder = flown
    for _ in range(5):
        before.events.raise_event(EventId.TIME_REFUSED, 1.0)
    before.events.collect()
    used = range(before.pool["events.raised"])
    after = flight(world, folder, Start(reason=RestartReason.SIGNAL, code=9, restarts=1))
    numbers = [event.number for event in after.events.drain()]
    assert len(numbers) >= 4  # of the process before, the snapshot, the start
    assert len(set(numbers)) == len(numbers)
    assert not set(used) & set(numbers)
