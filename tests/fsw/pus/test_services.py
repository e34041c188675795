"""PUS-SVC: telecommands in, reports out, as octets on both sides; reports are read by `spacepackets`."""

import math
import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from spacepackets.ecss.tc import PusTc
from spacepackets.ecss.tm import PusTm

from fsw.autonomy.requests import Refusal, RequestResult
from fsw.core.pool import Pool
from fsw.core.requests import OnBoardRequest
from fsw.core.sections import EventsSection, TimeSection
from fsw.guidance.sections import ModeSection
from fsw.health.devices import Device
from fsw.pus.messages import Failure, RequestError
from fsw.pus.sections import HousekeepingSection, PusSection, RequestsSection, UplinkSection
from fsw.pus.st03_housekeeping import Housekeeping, StructureDefinition
from fsw.pus.st08_functions import FUNCTIONS, LAYOUTS, FunctionManagement
from fsw.pus.st17_test import ConnectionTest
from hal.vehicle.functions import Function
from tests.fsw.service_bench import ServiceBench

APID = 100
HK = (StructureDefinition(0, 2, ("time.t_ns", "mode.adcs")),)


class Satellite:
    """Services on a pool, with the downlink as a list; it carries functions out as an application does."""

    name = "mode_manager"
    functions = tuple(Function)

    def __init__(self):
        self.pool = Pool([
            TimeSection, ModeSection, PusSection, HousekeepingSection, EventsSection, UplinkSection, RequestsSection
        ])  # fmt: skip
        self._sent = []
        self.performed = []
        self.broken = False
        self.refusal = Refusal.NONE
        self.bench = ServiceBench(self.pool, APID, self.services)
        self.events = self.bench.events

    def services(self, outbox):
        devices = set(Device) - {Device.WHEEL_3}  # of a satellite with three wheels
        self.housekeeping = Housekeeping(self.pool, outbox, HK)
        return self.housekeeping, ConnectionTest(outbox, APID), FunctionManagement(devices, (self,))

    @property
    def sent(self):
        """What was sent since `forget`, as packets."""
        self._sent += [PusTm.unpack(packet, timestamp_len=7) for packet in self.bench.packets()]
        return self._sent

    def judge(self, function, arguments):
        return RequestResult(self.refusal is Refusal.NONE, self.refusal)

    def perform(self, function, arguments):
        if self.broken:
            raise ZeroDivisionError
        self.performed.append((function, arguments))

    def command(self, service, subtype, data=b"", apid=APID, ack=0b1111):
        """Send a telecommand made by `spacepackets`; return the reports as (service, subtype, data)."""
        self.sent.clear()
        tc = PusTc(service, subtype, apid=apid, app_data=data, seq_count=77, source_id=3, ack_flags=ack)
        self.accepted = self.bench.receive(bytes(tc.pack()))
        return [(t.service, t.message_subtype, t.tm_data) for t in self.sent]


REQUEST = bytes.fromhex("1864c04d")  # TC packet of APID 100, unsegmented, count 77


def failed(code, parameter=0, value=0.0, request=REQUEST):
    """The source data of a failure report."""
    return request + struct.pack(">HId", code, parameter, value)


def kinds(reports):
    return [r[:2] for r in reports]


def test_ping_is_verified_and_answered():
    """ST[17]: are-you-alive gives acceptance, start, the report and completion; the reports name the request."""
    sat = Satellite()
    reports = sat.command(17, 1)
    assert kinds(reports) == [(1, 1), (1, 3), (17, 2), (1, 7)]
    assert {r[2] for r in reports if r[0] == 1} == {REQUEST}
    assert all(t.pus_tm_sec_header.dest_id == 3 for t in sat.sent)


@pytest.mark.parametrize("ack", range(16))
def test_only_requested_acknowledgements_are_sent(ack):
    """ST[01]: success reports follow the four flags, acceptance first."""
    wanted = [(1, 1)] * (ack >> 3 & 1) + [(1, 3)] * (ack >> 2 & 1) + [(17, 2)] + [(1, 7)] * (ack & 1)
    assert kinds(Satellite().command(17, 1, ack=ack)) == wanted


@pytest.mark.parametrize(("service", "subtype", "data", "apid", "report", "code", "parameter"), [
    (17, 1, b"", 101, (1, 10), Failure.ILLEGAL_APID, 101),
    (99, 1, b"", APID, (1, 2), Failure.ILLEGAL_SERVICE, 99),
    (17, 9, b"", APID, (1, 2), Failure.ILLEGAL_SUBTYPE, 9),
    (17, 1, b"x", APID, (1, 4), Failure.BAD_LENGTH, 1),
    (17, 3, b"\0\1", APID, (1, 4), Failure.UNKNOWN_IDENTIFIER, 1),
    (8, 1, b"\xff\xff", APID, (1, 4), Failure.UNKNOWN_IDENTIFIER, 0xFFFF),
    (8, 1, b"\0\4\0", APID, (1, 4), Failure.BAD_LENGTH, 1),
    (3, 9, b"\0\1\0\x0f", APID, (1, 4), Failure.UNKNOWN_IDENTIFIER, 15),
    (3, 27, b"\0\1\0\x0f", APID, (1, 4), Failure.UNKNOWN_IDENTIFIER, 15),
    (3, 5, b"\0\5\0\0", APID, (1, 4), Failure.BAD_LENGTH, 4),
])  # fmt: skip
def test_failures_say_why_even_without_acknowledgement_flags(service, subtype, data, apid, report, code, parameter):
    """ST[01]: every failure is reported with request, code and the offending value."""
    reports = Satellite().command(service, subtype, data, apid, ack=0)
    assert kinds(reports) == [report]
    request = struct.pack(">HH", 0x1800 | apid, 0xC04D)
    assert reports[0][2] == failed(code, parameter, request=request)


def test_functions_reach_the_satellite_with_their_arguments():
    """ST[08]: identifier and big-endian arguments; what is not possible now fails at its start, with its reason."""
    sat = Satellite()
    data = struct.pack(">Hddd", Function.TRACK_TARGET, 0.5, -1.25, 30.0)
    assert kinds(sat.command(8, 1, data))[-1] == (1, 7)
    assert sat.performed == [(Function.TRACK_TARGET, (0.5, -1.25, 30.0))]
    sat.refusal = Refusal.ATTITUDE_INVALID
    assert sat.command(8, 1, data) == [
        (1, 1, REQUEST), (1, 4, failed(Failure.REFUSED, Function.TRACK_TARGET, Refusal.ATTITUDE_INVALID)),
    ]  # fmt: skip
    assert len(sat.performed) == 1


NAN = float("nan")


@pytest.mark.parametrize(("function", "arguments", "field", "value"), [
    (Function.TRACK_TARGET, (9.0, 0.0, 0.0), 1, 9.0),
    (Function.TRACK_TARGET, (NAN, 0.0, 0.0), 1, NAN),
    (Function.TRACK_TARGET, (0.0, -math.inf, 0.0), 2, -math.inf),
    (Function.TRACK_TARGET, (0.0, 7.0, 0.0), 2, 7.0),
    (Function.TRACK_TARGET, (0.0, 0.0, 1e9), 3, 1e9),
    (Function.HOLD_INERTIAL, (0.0, 0.0, 0.0, 2.0), 4, 2.0),
    (Function.HOLD_INERTIAL, (0.0, NAN, 0.0, 1.0), 2, NAN),
    (Function.HOLD_INERTIAL, (1.0, 1.0, 1.0, 1.0), 1, 2.0),
    (Function.HOLD_INERTIAL, (0.0, 0.0, 0.0, 0.0), 1, 0.0),
    (Function.EXCLUDE_SENSOR, (77,), 1, 77.0),
    (Function.EXCLUDE_SENSOR, (0,), 1, 0.0),
    (Function.ADMIT_SENSOR, (Device.WHEEL_3,), 1, float(Device.WHEEL_3)),
])  # fmt: skip
def test_illegal_arguments_are_illegal_data_and_named(function, arguments, field, value):
    """ST[08]: the report of the failed start names the field and what was found, whatever the state."""
    sat = Satellite()
    sat.refusal = Refusal.WRONG_SYSTEM_MODE
    reports = sat.command(8, 1, struct.pack(">H" + LAYOUTS[function], function, *arguments))
    assert kinds(reports) == [(1, 1), (1, 4)]
    code, number, found = struct.unpack(">HId", reports[1][2][4:])
    assert (code, number) == (Failure.ILLEGAL_DATA, field)
    assert found == value or (math.isnan(found) and math.isnan(value))
    assert sat.performed == []


@pytest.mark.parametrize("function", [f for f in Function if FUNCTIONS[f].items])
def test_each_argument_is_judged_at_both_ends_of_its_range(function):
    """ST[08]: what its declaration allows is taken, to the last bit; the next number is not."""
    items = FUNCTIONS[function].items
    good = [0.0] * (len(items) - 1) + [1.0] if function is Function.HOLD_INERTIAL else [1] * len(items)
    for n, item in enumerate(items):
        for edge, beyond in ((item.low, -math.inf), (item.high, math.inf)):
            if edge is None:
                continue
            for value, fits in ((edge, function is not Function.HOLD_INERTIAL), (math.nextafter(edge, beyond), False)):
                arguments = [*good[:n], value, *good[n + 1 :]]
                reports = Satellite().command(8, 1, struct.pack(">H" + LAYOUTS[function], function, *arguments))
                if fits:
                    assert kinds(reports)[-1] == (1, 7)
                elif function is not Function.HOLD_INERTIAL or value != edge:
                    assert reports[-1][:2] == (1, 4)
                    assert reports[-1][2][4:] == struct.pack(">HId", Failure.ILLEGAL_DATA, 1 + n, value)


def test_an_exception_in_the_execution_is_a_failed_completion_and_goes_on_to_the_executive():
    """ST[01]: TM[1,8] is of the execution alone."""
    sat = Satellite()
    sat.broken = True
    with pytest.raises(ZeroDivisionError):
        sat.command(8, 1, struct.pack(">H", Function.NADIR))
    assert [(t.service, t.message_subtype, t.tm_data) for t in sat.sent] == [
        (1, 1, REQUEST), (1, 3, REQUEST), (1, 8, failed(Failure.EXCEPTION)),
    ]  # fmt: skip
    assert (sat.pool["uplink.tc_accepted"], sat.pool["requests.tc_failed"], sat.pool["requests.tc_completed"]) == (
        1,
        1,
        0,
    )


def test_periodic_housekeeping_follows_interval_enable_and_disable():
    """ST[03]: reports come every interval while enabled; one-shot at once; values are those of the pool."""
    sat = Satellite()
    sat.pool.array(TimeSection)["t_ns"] = 123456789
    sat.pool.array(ModeSection)["adcs"] = 4
    for _ in range(6):
        sat.housekeeping.step()
    assert [(t.service, t.message_subtype) for t in sat.sent] == [(3, 25)] * 3
    assert struct.unpack(">HqB", sat.sent[0].tm_data) == (0, 123456789, 4)
    assert kinds(sat.command(3, 27, b"\0\1\0\0")) == [(1, 1), (1, 3), (3, 25), (1, 7)]
    sat.command(3, 6, b"\0\1\0\0")
    sat.sent.clear()
    for _ in range(6):
        sat.housekeeping.step()
    assert sat.sent == []
    sat.command(3, 5, b"\0\1\0\0")
    sat.command(3, 31, struct.pack(">HHH", 1, 0, 1))
    sat.sent.clear()
    for _ in range(4):
        sat.housekeeping.step()
    assert len(sat.sent) == 4


def test_structures_are_created_reported_and_deleted():
    """ST[03]: ground makes a structure of any parameters by their ids, asks for it and deletes it."""
    sat = Satellite()
    ids = [sat.pool.parameter(n).id for n in ("mode.target_lat_rad", "uplink.tc_accepted")]
    create = struct.pack(">HHHHH", 5, 7, 2, *ids)
    assert kinds(sat.command(3, 1, create))[-1] == (1, 7)
    assert sat.command(3, 1, create) == [(1, 1, REQUEST), (1, 4, failed(Failure.REFUSED, 5))]
    report = sat.command(3, 9, b"\0\1\0\5")[2]
    assert report == (3, 10, struct.pack(">HBHHHH", 5, 0, 7, 2, *ids))
    assert sat.command(3, 33, b"\0\1\0\5")[2] == (3, 35, struct.pack(">HHBH", 1, 5, 0, 7))
    snapshot = sat.pool.snapshot()
    assert kinds(sat.command(3, 3, b"\0\1\0\5"))[-1] == (1, 7)
    assert sat.command(3, 27, b"\0\1\0\5") == [(1, 1, REQUEST), (1, 4, failed(Failure.UNKNOWN_IDENTIFIER, 5))]
    sat.pool.restore(snapshot)
    sat.housekeeping.reload()
    assert kinds(sat.command(3, 27, b"\0\1\0\5"))[-1] == (1, 7)


def test_parameters_are_appended_to_a_structure_that_is_not_enabled():
    """ST[03]: TC[3,29] lengthens a structure; the next report holds what was appended, in that order."""
    sat = Satellite()
    latitude, accepted, tick = (
        sat.pool.parameter(n).id for n in ("mode.target_lat_rad", "uplink.tc_accepted", "time.tick")
    )
    sat.command(3, 1, struct.pack(">HHHH", 5, 7, 1, latitude))
    append = struct.pack(">HHHH", 5, 2, accepted, tick)
    assert kinds(sat.command(3, 29, append)) == [(1, 1), (1, 3), (1, 7)]
    assert sat.command(3, 9, b"\0\1\0\5")[2][2] == struct.pack(">HBHHHHH", 5, 0, 7, 3, latitude, accepted, tick)
    sat.pool.array(TimeSection)["tick"] = 77
    accepted_now = int(sat.pool["uplink.tc_accepted"]) + 1
    assert sat.command(3, 27, b"\0\1\0\5")[2][2] == struct.pack(">HdIQ", 5, 0.0, accepted_now, 77)
    assert sat.housekeeping._interval[5] == 7
    snapshot = sat.pool.snapshot()
    sat.command(3, 3, b"\0\1\0\5")
    sat.pool.restore(snapshot)
    sat.housekeeping.reload()
    assert len(sat.command(3, 27, b"\0\1\0\5")[2][2]) == 22


def test_a_parameter_that_lies_in_pieces_is_reported_whole():
    """ST[03]: of an array of records each record's field, not what follows the first."""
    sat = Satellite()
    number = lambda name: sat.pool.parameter(name).id  # noqa: E731
    sat.command(3, 1, struct.pack(">HHHHH", 5, 7, 2, number("events.ring.t_ns"), number("mode.adcs")))
    times = sat.pool.view("events.ring.t_ns")
    times[:] = np.arange(1000, 1000 + times.size)
    sent = sat.command(3, 27, b"\0\1\0\5")[2][2]
    assert struct.unpack(f">H{times.size}qB", sent) == (5, *range(1000, 1000 + times.size), sat.pool["mode.adcs"])
    assert sat.command(3, 1, struct.pack(">HHHH", 6, 7, 1, number("events.ring.values")))[-1] == (
        1,
        4,
        failed(Failure.NO_CAPACITY, 6),
    )


@pytest.mark.parametrize(("ids", "enable", "code", "parameter"), [
    ((0xFFFF,), False, Failure.UNKNOWN_IDENTIFIER, 0xFFFF),
    ((0,), False, Failure.UNKNOWN_IDENTIFIER, 0),
    (("uplink.tc_accepted", "uplink.tc_accepted"), False, Failure.ILLEGAL_DATA, "uplink.tc_accepted"),
    (("mode.target_lat_rad",), False, Failure.ILLEGAL_DATA, "mode.target_lat_rad"),
    (("uplink.tc_accepted",), True, Failure.REFUSED, 5),
    (("housekeeping.parameter_ids",), False, Failure.NO_CAPACITY, 5),
])  # fmt: skip
def test_what_cannot_be_appended_or_made_says_why_and_changes_nothing(ids, enable, code, parameter):
    sat = Satellite()
    number = lambda x: sat.pool.parameter(x).id if isinstance(x, str) else x  # noqa: E731
    sat.command(3, 1, struct.pack(">HHHH", 5, 7, 1, number("mode.target_lat_rad")))
    if enable:
        sat.command(3, 5, b"\0\1\0\5")
    before = sat.pool.array(HousekeepingSection).copy()
    listed = struct.pack(f">H{len(ids)}H", len(ids), *map(number, ids))
    illegal = code is Failure.ILLEGAL_DATA  # the last one listed: fields are structure, count, then the parameters
    expected = failed(code, 1 + len(ids), number(parameter)) if illegal else failed(code, number(parameter))
    assert sat.command(3, 29, b"\0\5" + listed) == [(1, 1, REQUEST), (1, 4, expected)]
    assert sat.pool.array(HousekeepingSection) == before
    if not enable and ids != ("mode.target_lat_rad",):
        expected = failed(code, 6 if number(parameter) == 5 else number(parameter))
        if illegal:  # structure, interval, count, then the parameters
            expected = failed(code, 2 + len(ids), number(parameter))
        assert sat.command(3, 1, struct.pack(">HH", 6, 7) + listed) == [(1, 1, REQUEST), (1, 4, expected)]
        assert sat.pool.array(HousekeepingSection) == before


def test_enabled_structure_is_not_deleted():
    """ST[03]: deletion of an enabled structure is refused and changes nothing."""
    sat = Satellite()
    before = sat.pool.array(HousekeepingSection).copy()
    assert sat.command(3, 3, b"\0\1\0\0") == [(1, 1, REQUEST), (1, 4, failed(Failure.REFUSED, 0))]
    assert sat.pool.array(HousekeepingSection) == before


@given(st.binary(max_size=300))
@settings(max_examples=300, deadline=None)
def test_any_octets_are_rejected_or_carried_out(octets):
    """Any octet string into the router: no exception; what is not a packet is counted once and reported once."""
    sat = Satellite()
    before = sat.pool.array(HousekeepingSection).tobytes()
    if not sat.bench.receive(octets):
        assert sat.pool["uplink.tc_rejected"] == sat.pool["uplink.tc_rejects"].sum() == 1
        assert len(sat.sent) + sat.events.waiting == 1
        assert sat.pool["uplink.tc_unreadable"] == sat.events.waiting
        assert sat.pool.array(HousekeepingSection).tobytes() == before


@given(st.sampled_from([3, 5, 8, 17]), st.integers(0, 255), st.binary(max_size=120))
@settings(max_examples=300, deadline=None)
def test_any_data_in_any_request_is_answered(service, subtype, data):
    """Well-formed packets with any subtype and data: never an exception, always an end to the request."""
    sat = Satellite()
    reports = kinds(sat.command(service, subtype, data))
    assert reports[-1] in {(1, 2), (1, 4), (1, 7)}


def test_request_error_has_words():
    """A request error reads as a sentence part for the event log."""
    assert str(RequestError(Failure.BAD_LENGTH)) == "bad length"


def structures(*sids):
    return struct.pack(f">H{len(sids)}H", len(sids), *sids)


def with_structures(*sids):
    """A satellite with these structures besides the one that it has."""
    sat = Satellite()
    number = sat.pool.parameter("mode.adcs").id
    for sid in sids:
        assert kinds(sat.command(3, 1, struct.pack(">HHHH", sid, 5, 1, number)))[-1] == (1, 7)
    return sat


def test_a_request_of_several_steps_reports_each():
    """ST[01]: TM[1,5] with the number of the step, after what the step did."""
    sat = with_structures(5, 6)
    reports = sat.command(3, 27, structures(5, 0, 6))
    assert kinds(reports) == [(1, 1), (1, 3), (3, 25), (1, 5), (3, 25), (1, 5), (3, 25), (1, 5), (1, 7)]
    assert [r[2] for r in reports if r[:2] == (1, 5)] == [REQUEST + struct.pack(">H", n) for n in (1, 2, 3)]


@pytest.mark.parametrize("ack", range(16))
def test_steps_are_reported_when_progress_was_asked_for(ack):
    wanted = [(3, 25), (1, 5)] if ack & 2 else [(3, 25)]
    reports = with_structures(5).command(3, 27, structures(5, 0), ack=ack)
    assert [r for r in kinds(reports) if r not in ((1, 1), (1, 3), (1, 7))] == wanted * 2


def test_a_request_of_one_step_reports_none():
    assert kinds(with_structures(5).command(3, 27, structures(5))) == [(1, 1), (1, 3), (3, 25), (1, 7)]


def test_the_step_that_fails_is_named_and_the_rest_is_not_done():
    """ST[01]: TM[1,6] with the step, then TM[1,8]; both whatever the acknowledgement flags say."""
    sat = with_structures(5, 6)
    del sat.housekeeping._compiled[5]  # as if a defect had lost it after the request was judged
    sat.housekeeping._require = lambda _sid: None
    with pytest.raises(KeyError):
        sat.command(3, 27, structures(0, 5, 6), ack=0)
    assert [(t.service, t.message_subtype, t.tm_data) for t in sat.sent if t.service == 1] == [
        (1, 6, REQUEST + struct.pack(">HHId", 2, Failure.EXCEPTION, 0, 0.0)), (1, 8, failed(Failure.EXCEPTION)),
    ]  # fmt: skip
    assert [t.service for t in sat.sent].count(3) == 1
    assert sat.pool["requests.tc_failed"] == 1


def test_requests_of_the_satellite_itself_are_carried_out_in_their_order_without_reports():
    """One that raises keeps none of the others, and the exception is then the executive's."""
    sat, done = Satellite(), []
    sat.bench.queue.put(OnBoardRequest("fdir", lambda: done.append(1)))
    sat.bench.queue.put(OnBoardRequest("fdir", lambda: 1 / 0))
    sat.bench.queue.put(OnBoardRequest("fdir", lambda: done.append(2)))
    with pytest.raises(ZeroDivisionError):
        sat.bench.requests.step()
    assert (done, sat.sent) == ([1, 2], [])
    sat.bench.requests.step()
    assert done == [1, 2]


def test_telecommands_of_one_tick_are_accepted_first_and_then_carried_out():
    sat = Satellite()
    for count in (1, 2):
        assert sat.bench.acceptance.receive(bytes(PusTc(17, 1, apid=APID, seq_count=count).pack()))
    sat.bench.requests.step()
    assert [(t.service, t.message_subtype) for t in sat.sent] == [(1, 1)] * 2 + [(1, 3), (17, 2), (1, 7)] * 2


@pytest.mark.parametrize(("subtype", "data", "field"), [
    (3, structures(5, 6, 5), 3), (27, structures(0, 0), 2), (5, structures(6, 6), 2), (9, structures(5, 0, 0), 3),
    (31, struct.pack(">HHHHH", 2, 5, 7, 5, 9), 3),
])  # fmt: skip
def test_a_structure_named_twice_is_refused_with_its_field(subtype, data, field):
    sat = with_structures(5, 6)
    reports = sat.command(3, subtype, data)
    assert kinds(reports) == [(1, 1), (1, 4)]
    found = struct.unpack(">HId", reports[1][2][4:])
    assert found[:2] == (Failure.ILLEGAL_DATA, field)


@pytest.mark.parametrize("error", [SystemExit, ZeroDivisionError])
@pytest.mark.parametrize("where", ["owner", "prepare"])
def test_no_accepted_telecommand_is_without_an_end(error, where):
    """Whatever a service raises, and wherever: it is TM[1,4], and the next telecommand is carried out."""
    sat = Satellite()

    def broken(_request):
        raise error

    service = sat.bench.requests._services[8]
    setattr(service, where, broken)
    command = struct.pack(">H", Function.NADIR)
    for packet in (PusTc(8, 1, apid=APID, app_data=command, seq_count=1), PusTc(17, 1, apid=APID, seq_count=2)):
        sat.bench.acceptance.receive(bytes(packet.pack()))
    with pytest.raises(error):
        sat.bench.requests.step()
    assert [(t.service, t.message_subtype) for t in sat.sent] == [(1, 1), (1, 1), (1, 4), (1, 3), (17, 2), (1, 7)]
    assert (sat.pool["requests.tc_failed"], sat.pool["requests.tc_completed"]) == (1, 1)
