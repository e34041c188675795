"""PUS-PARAM: ST[20] in octets; `spacepackets` makes the requests and reads the reports."""

import math
import struct

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from spacepackets.ecss.tc import PusTc
from spacepackets.ecss.tm import PusTm

from fsw.core.events import EventId, EventQueue
from fsw.core.parameters import ParameterStore
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.core.sections import ParametersSection
from fsw.health.devices import fitted
from fsw.pus._packetizer import MAX_DATA_OCTETS
from fsw.pus.messages import Failure, Tm
from fsw.pus.outbox import Outbox
from fsw.pus.st20_parameters import ParameterManagement
from ground.dictionary.build import dictionary
from ground.dictionary.decoder import Decoder
from hal.vehicle.load import load_vehicle
from hal.vehicle.onboard_limits import Relation
from tests.fsw.service_bench import ServiceBench

VEHICLE = load_vehicle()
DECODER = Decoder(dictionary(VEHICLE))
REQUEST = bytes.fromhex("1864c001")


class WatchedOutbox(Outbox):
    """Notes what watched parameters were when the execution of a request began."""

    def __init__(self, note):
        super().__init__()
        self.note = note

    def send(self, message, data, destination=0):
        super().send(message, data, destination)
        if message is Tm.START_OK:
            self.note()


class Satellite:
    """ST[20] on a whole pool; `command` gives what came back as (service, subtype, source data)."""

    def __init__(self):
        self.pool = Pool(flight_sections(), fitted=fitted(VEHICLE))
        self.events = EventQueue(self.pool)
        self.store = ParameterStore(self.pool, VEHICLE, self.events)
        self.bench = ServiceBench(
            self.pool, 100, lambda outbox: [ParameterManagement(self.pool, self.store, outbox)],
            WatchedOutbox(self.note),
        )  # fmt: skip
        self._sent = []
        self.watched, self.at_start = [], []  # names of parameters; their values when a request's execution began

    def note(self):
        self.at_start = [np.ravel(self.pool.view(name)).copy() for name in self.watched]

    @property
    def sent(self):
        """What was sent since `forget`, as packets."""
        self._sent += [PusTm.unpack(packet, timestamp_len=7) for packet in self.bench.packets()]
        return self._sent

    def command(self, subtype, data):
        self.sent.clear()
        tc = PusTc(20, subtype, apid=100, app_data=data, seq_count=1, source_id=9)
        assert self.bench.receive(bytes(tc.pack()))
        return [(t.service, t.message_subtype, t.tm_data) for t in self.sent]

    def id(self, name):
        return self.pool.parameter(name).id


SAT = Satellite()
SCALARS = ["time.t_ns", "mode.adcs", "tm_frames.mcfc", "attitude.sigma_rad", "parameters.fine_hold_s"]


def ask(*ids):
    return struct.pack(f">H{len(ids)}H", len(ids), *ids)


def settings_of(*pairs):
    return struct.pack(">H", len(pairs)) + b"".join(struct.pack(">Hd", *pair) for pair in pairs)


@given(st.lists(st.sampled_from([p.name for p in SAT.pool.parameters()]), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
@example(["pus.tm_seq_count"])
@example(["pus.message_counters", "uplink.tc_accepted"])
def test_any_parameter_of_the_pool_is_reported_by_its_id(names):
    """TM[20,2] holds number, id and all elements, big-endian; the dictionary alone reads it back.

    The values are those of the moment at which the request's execution begins: its acceptance and its start have been
    counted and reported, the report itself has not.
    """
    SAT.watched = names
    octets = 2 + sum(2 + SAT.pool.view(name).nbytes for name in names)
    reports = SAT.command(1, ask(*map(SAT.id, names)))
    values = SAT.at_start
    if octets > MAX_DATA_OCTETS:
        assert reports == [(1, 1, REQUEST), (1, 4, REQUEST + struct.pack(">HId", Failure.NO_CAPACITY, octets, 0.0))]
        return
    assert [r[:2] for r in reports] == [(1, 1), (1, 3), (20, 2), (1, 7)]
    data = reports[2][2]
    at = 2
    for name, value in zip(names, values, strict=True):
        assert int.from_bytes(data[at : at + 2], "big") == SAT.id(name)
        assert data[at + 2 : at + 2 + value.nbytes] == value.astype(value.dtype.newbyteorder(">")).tobytes()
        at += 2 + value.nbytes
    assert at == len(data)
    groups = DECODER.decode(20, 2, data).values["parameters"]
    assert [set(g) - {"parameter_id"} for g in groups] == [{name} for name in names]
    assert all(t.pus_tm_sec_header.dest_id == 9 for t in SAT.sent)


def test_a_value_is_set_for_the_next_tick_and_reported():
    sat = Satellite()
    number = sat.id("parameters.fine_hold_s")
    assert [r[:2] for r in sat.command(3, settings_of((number, 12.5)))] == [
        (1, 1), (1, 3), (1, 5), (1, 5), (1, 7),  # two steps: it holds, it is kept
    ]  # fmt: skip
    assert sat.pool["parameters.fine_hold_s"] == sat.store.get("fine_hold_s") == 12.5
    assert sat.command(1, ask(number))[2][2] == struct.pack(">HHd", 1, number, 12.5)
    (event,) = sat.events.drain()
    assert (event.id, event.values) == (EventId.PARAMETER_SET, (number, VEHICLE.autonomy.fine_hold_s, 12.5))


def test_a_value_that_cannot_be_kept_holds_and_the_request_fails():
    """The second step fails: ground knows that the value ends with this flight."""
    sat = Satellite()
    number = sat.id("parameters.fine_hold_s")
    sat.store.keep = lambda: False
    why = struct.pack(">HId", Failure.NOT_KEPT, 0, 0.0)
    assert sat.command(3, settings_of((number, 12.5)))[2:] == [
        (1, 5, REQUEST + b"\0\1"), (1, 6, REQUEST + b"\0\2" + why), (1, 8, REQUEST + why),
    ]  # fmt: skip
    assert sat.store.get("fine_hold_s") == 12.5
    assert sat.pool["requests.tc_failed"] == 1


HOLD, RATE = SAT.id("parameters.fine_hold_s"), SAT.id("parameters.safe_rate_radps")


@pytest.mark.parametrize(("subtype", "data", "code", "parameter"), [
    (1, ask(0xFFFF), Failure.UNKNOWN_IDENTIFIER, 0xFFFF),
    (1, ask(0), Failure.UNKNOWN_IDENTIFIER, 0),
    (1, ask(), Failure.ILLEGAL_DATA, 0),
    (1, b"", Failure.BAD_LENGTH, 0),
    (1, ask(HOLD) + b"x", Failure.BAD_LENGTH, 5),
    (1, ask(*[HOLD] * 129), Failure.ILLEGAL_DATA, 129),
    (1, ask(SAT.id("drivers.star_tracker.stream.encoded")),
     Failure.NO_CAPACITY, 1034),
    (3, settings_of((0xFFFF, 1.0)), Failure.UNKNOWN_IDENTIFIER, 0xFFFF),
    (3, settings_of((HOLD, 1.0))[:-1], Failure.BAD_LENGTH, 11),
    (3, settings_of((HOLD, 1.0)) + b"x", Failure.BAD_LENGTH, 13),
    (3, struct.pack(">HHf", 1, HOLD, 1.0), Failure.BAD_LENGTH, 8),
    (3, settings_of((HOLD, math.nan)), Failure.NOT_A_NUMBER, HOLD),
    (3, settings_of((HOLD, math.inf)), Failure.NOT_A_NUMBER, HOLD),
    (3, settings_of((HOLD, -0.5)), Failure.OUT_OF_LIMITS, HOLD),
    (3, settings_of((RATE, VEHICLE.device("gyro").range_radps)), Failure.CONTRADICTION, RATE),
    (3, settings_of((SAT.id("attitude.sigma_rad"), 1.0)), Failure.READ_ONLY, SAT.id("attitude.sigma_rad")),
    (3, struct.pack(">HHB", 1, SAT.id("mode.adcs"), 1), Failure.READ_ONLY, SAT.id("mode.adcs")),
    (3, struct.pack(">HH4d", 1, SAT.id("attitude.q_bi"), 0, 0, 0, 1), Failure.READ_ONLY, SAT.id("attitude.q_bi")),
    (3, settings_of(*[(HOLD, 1.0)] * 33), Failure.ILLEGAL_DATA, 33),
])  # fmt: skip
def test_what_is_wrong_is_reported_and_changes_nothing(subtype, data, code, parameter):
    """Every failure says code and value; of several settings none is made when one is wrong, wherever it stands."""
    sat = Satellite()
    before = sat.pool.array(ParametersSection).tobytes()
    count = int.from_bytes(data[:2], "big")
    orders = [data]
    if subtype == 3 and code not in (Failure.BAD_LENGTH, Failure.ILLEGAL_DATA):
        good = struct.pack(">Hd", SAT.id("parameters.rate_hold_s"), 0.5)
        head = struct.pack(">H", count + 1)
        orders += [head + good + data[2:]] + ([head + data[2:] + good] if code != Failure.UNKNOWN_IDENTIFIER else [])
    for order in orders:
        (accepted, (service, report, said)) = sat.command(subtype, order)
        assert (accepted, service, report, said[:4]) == ((1, 1, REQUEST), 1, 4, REQUEST)
        found = struct.unpack(">HId", said[4:])
        if code is Failure.ILLEGAL_DATA:
            assert found == (code, 0, parameter)  # field 0 is the count
        else:
            assert found[:2] == (code, parameter)
        if code in (Failure.NOT_A_NUMBER, Failure.OUT_OF_LIMITS):
            assert struct.pack(">d", found[2]) == data[4:12]
        if code is Failure.CONTRADICTION:
            assert found[2] == Relation.SAFE_RATE_BELOW_GYRO_RANGE
        assert sat.pool.array(ParametersSection).tobytes() == before


@given(st.sampled_from([1, 3]), st.binary(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_octets_are_answered_and_leave_every_parameter_within_its_limits(subtype, data):
    reports = SAT.command(subtype, data)
    assert reports[-1][:2] in {(1, 4), (1, 7)}
    for f in ParametersSection.fields:
        assert f.low <= SAT.pool[f"parameters.{f.name}"] <= f.high


@given(st.lists(st.tuples(st.sampled_from([HOLD, RATE, 0xFFFF]), st.floats()), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_all_or_none(pairs):
    sat = SAT
    limits = {HOLD: "fine_hold_s", RATE: "safe_rate_radps"}
    fields = {f.name: f for f in ParametersSection.fields}
    fits = all(n in limits and fields[limits[n]].low <= v <= fields[limits[n]].high for n, v in pairs)
    rate = dict(pairs).get(RATE)
    fits = fits and (rate is None or max(VEHICLE.control.slew_rate_max_radps, sat.store.get("detumble_exit_radps"))
                     < rate < VEHICLE.device("gyro").range_radps)  # fmt: skip
    before = sat.pool.array(ParametersSection).copy()
    reports = sat.command(3, settings_of(*pairs))
    assert reports[-1][:2] == ((1, 7) if fits else (1, 4))
    if fits:
        assert {n: sat.store.get(n) for n, _ in pairs} == dict(pairs)
    else:
        assert sat.pool.array(ParametersSection) == before
