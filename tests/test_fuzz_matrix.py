"""Every decoder and every kind of link of the project has a test that gives it any octets, and this table names it.

A decoder is a function or method that takes octets and whose name says that it reads them. One that is not in the
table fails here; so does a test in the table that is not there, or is no property-based test.
"""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ccsds import coding, cuc
from ccsds.coding import BchMode
from ccsds.errors import CodingError, FrameError, PacketError
from ccsds.packets import split_packets
from ccsds.tm_frames import TmFrameHeader
from fsw.pus.st05_events import unpack_event
from ground.link.segment import GroundSegment
from ground.link.station import GroundStation
from ground.pytest_plugin.received import ReceivedTelemetry
from hal import packet
from hal.drivers.framing import SyncFraming
from hal.links.loop import LoopLink
from hal.links.open_link import known_schemes
from hal.vehicle.load import load_vehicle
from sim.scenario.planning import Plan
from tests.contract import test_links as contract

ROOT = Path(__file__).parents[1]
PACKAGES = ("hal", "ccsds", "firmware_bindings", "fsw", "sim", "ground")
READS = re.compile(r"decode|unpack|^(feed|receive|receive_\w+|split\w*|take|take_octets|read|parse|tc_frame_octets)$")
OCTETS = re.compile(r"\b(bytes|bytearray|memoryview|Buffer)\b")
HERE = "tests/test_fuzz_matrix.py::"
TC, TM, PACKETS = (f"tests/ccsds/test_ccsds_{name}.py::" for name in ("tc", "tm", "packets"))
CODING, PUS = "tests/ccsds/test_ccsds_coding.py::", "tests/fsw/pus/test_services.py::"
BOARDS, CORE, GROUND_LINK = "tests/firmware_bindings/", "tests/fsw/core/", "tests/ground/link/"
FRAMES = "tests/hal/test_packet.py::test_any_garbage_then_a_delimiter_then_a_packet"
TIME = "tests/hal/test_time_recovery.py::test_any_octets_are_no_time_or_a_possible_one"
GNSS = "tests/hal/test_gnss_driver.py::"
UNIT = "tests/hal/test_unit_driver.py::test_any_octets_leave_a_driver_that_works"
DICTIONARY = "tests/ground/dictionary/test_decoding.py::"
SATELLITE_TM = HERE + "test_any_packets_from_the_satellite_are_taken_on_the_ground"

DECODERS = {
    "firmware_bindings/qemu/watchdog:WatchdogLog.feed": BOARDS + "test_qemu_watchdog.py::test_any_log_is_read",
    "ccsds/_rs:decoded": CODING + "test_any_codeblock_is_corrected_to_a_codeword_or_refused",
    "ccsds/_tc_receive:CltuDecoder.feed": TC + "test_after_any_garbage_a_telecommand_arrives",
    "ccsds/_tm_extract:PacketExtractor.receive": TM + "test_any_frame_yields_packets_or_counts",
    "ccsds/_tm_extract:receive_stream": TM + "test_after_any_garbage_the_next_cadus_arrive",
    "ccsds/_tm_receive:CaduReceiver.feed": TM + "test_after_any_garbage_the_next_cadus_arrive",
    "ccsds/coding:bch_decode": HERE + "test_any_codeblock_is_data_or_a_coding_error",
    "ccsds/coding:rs_decode": CODING + "test_any_codeblock_is_corrected_to_a_codeword_or_refused",
    "ccsds/cuc:decode_cuc": HERE + "test_any_octets_are_a_time_or_a_packet_error",
    "ccsds/packets:SpacePacket.decode": PACKETS + "test_any_octets_are_a_packet_or_a_packet_error",
    "ccsds/packets:TcPacket.decode": PACKETS + "test_any_octets_are_a_packet_or_a_packet_error",
    "ccsds/packets:TmPacket.decode": PACKETS + "test_any_octets_are_a_packet_or_a_packet_error",
    "ccsds/packets:split_packets": HERE + "test_any_octets_are_packets_or_a_packet_error",
    "ccsds/tc_frames:TcFrame.decode": TC + "test_any_octets_are_a_frame_or_a_frame_error",
    "ccsds/tc_frames:tc_frame_octets": TC + "test_any_octets_are_a_frame_or_a_frame_error",
    "ccsds/tc_receiver:CltuReceiver.feed": TC + "test_after_any_garbage_a_telecommand_arrives",
    "ccsds/tc_receiver:TcReceiver.feed": TC + "test_after_any_garbage_a_telecommand_arrives",
    "ccsds/tc_receiver:TcReceiver.receive_frame": TC + "test_any_sealed_frame_is_taken_or_refused_with_a_reason",
    "ccsds/tm_frames:CaduReceiver.feed": TM + "test_after_any_garbage_the_next_cadus_arrive",
    "ccsds/tm_frames:PacketExtractor.receive": TM + "test_any_frame_yields_packets_or_counts",
    "ccsds/tm_frames:TmFrameHeader.decode": HERE + "test_any_octets_are_a_header_or_a_typed_error",
    "ccsds/tm_frames:TmReceiver.feed": TM + "test_after_any_garbage_the_next_cadus_arrive",
    "fsw/recorder/format:unpack_header": "tests/fsw/recorder/test_recording.py::test_any_octets_are_a_typed_error",
    "fsw/pus/definitions:read": "tests/fsw/pus/test_definitions.py::test_any_octets_are_values_or_a_request_error",
    "fsw/pus/st01_verification:Acceptance.receive": PUS + "test_any_octets_are_rejected_or_carried_out",
    "fsw/pus/st05_events:unpack_event": HERE + "test_any_octets_are_an_event_or_a_value_error",
    "ground/dictionary/check:HashCheck.receive": DICTIONARY + "test_any_octets_are_checked",
    "ground/dictionary/decoder:Decoder.decode": DICTIONARY + "test_any_report_is_read_or_a_report_error",
    "ground/pytest_plugin/received:ReceivedTelemetry.receive": SATELLITE_TM,
    "ground/link/station:GroundStation.receive": HERE + "test_any_octets_of_a_downlink_are_packets_or_counted",
    "ground/link/telemetry:Telemetry.receive": SATELLITE_TM,
    "hal/_packet:FrameDecoder.feed": FRAMES,
    "hal/_packet:cobs_decode": HERE + "test_any_octets_are_a_header_or_a_typed_error",
    "hal/drivers/_driver:Driver.receive": "tests/hal/test_adcs_board.py::test_any_packet_is_taken_or_counted",
    "hal/drivers/_unit:Unit.decode": UNIT,
    "hal/drivers/framing:SyncFraming.split": HERE + "test_any_octets_are_in_a_frame_dropped_or_left",
    "hal/drivers/gnss:GnssDriver.take_octets": "tests/hal/test_gnss_driver.py::test_recovers_after_any_garbage",
    "hal/drivers/other_messages:OtherMessages.take": GNSS + "test_counts_do_not_depend_on_how_the_stream_is_cut",
    "hal/drivers/ubx:UbxStream.feed": GNSS + "test_finds_the_message_after_any_garbage",
    "hal/drivers/unit:UnitDriver.split": UNIT,
    "hal/packet:PrimaryHeader.decode": HERE + "test_any_octets_are_a_header_or_a_typed_error",
    "hal/exchange/time_recovery:BoardListener.take": TIME,
    "hal/exchange/time_recovery:GnssListener.take": TIME,
    "hal/exchange/time_recovery:Listener.take": TIME,
    "hal/exchange/time_recovery:StarTrackerListener.take": TIME,
    "hal/saved:unpack": "tests/hal/test_saved.py::test_any_octets_are_data_or_an_error",
    "sim/faults/witness:Decoder.feed": "",  # an interface: those that have it are above
    "sim/mission:Downlink.feed": TM + "test_after_any_garbage_the_next_cadus_arrive",  # a `TmReceiver`
    "sim/devices/unit:UnitModel.receive": "",  # an interface: what somebody's model does with octets
}  # fmt: skip
FILES = {  # what reads a whole file
    "snapshots of a flight": "tests/ground/cli/test_fly_from.py::test_any_octets_are_snapshots_or_refused",
    "a vehicle file": "tests/hal/test_vehicle_fuzz.py::test_any_octets_load_or_are_refused",
    "an element set": "tests/hal/test_tle.py::test_any_line_is_judged",
    "a scenario file": "tests/sim/scenario/test_scenario.py::"
    "test_a_damaged_file_is_refused_in_one_line_or_still_a_scenario",
    "a recording": "tests/fsw/recorder/test_recording.py::test_any_octets_are_a_typed_error",
    "a replay": "tests/ground/recordings/test_replay.py::test_no_damage_brings_it_down",
    "a checkpoint": "tests/fsw/core/test_persistence.py::test_any_octets_on_the_storage_are_a_cold_start",
    "kept parameters": CORE + "test_kept_parameters.py::test_any_octets_on_the_storage_leave_values_within_limits",
    "a snapshot": "tests/fsw/core/test_pool.py::test_octets_that_are_no_snapshot_are_refused_and_change_nothing",
    "a CADU stream": "tests/ground/link/test_tm_decode.py::test_any_file_is_records_or_a_decode_error",
    "a spy's file": "tests/hal/test_spy_links.py::test_any_file_is_records_or_a_spy_error",
    "a spy's file in words": "tests/ground/link/test_spy_print.py::test_any_file_is_lines_or_a_spy_error",
    "a dictionary": "tests/ground/dictionary/test_files.py::test_any_file_is_a_dictionary_or_one_line",
    "a firmware image": "tests/firmware_bindings/test_qemu_elf.py::test_any_octets_are_read_or_refused",
    "a board's bus": "tests/firmware_bindings/test_board_hostile.py::test_any_octets_then_a_valid_exchange",
}  # fmt: skip
ANY_LINK = "tests/contract/test_links.py::test_any_octets_may_be_written"
LINKS = {
    "loop": ANY_LINK,
    "qemu": ANY_LINK,
    "replay": "tests/ground/recordings/test_replay_link.py::test_any_damaged_recording_gives_octets_then_a_link_error",
    "serial": ANY_LINK,
    "sim": ANY_LINK,
    "step": "tests/hal/test_stepped_links.py::test_any_octets_cross_in_order_with_the_step",
    "spy": "tests/hal/test_spy_links.py::test_any_octets_and_any_failures_are_noted_in_order",
    "tcp": "tests/hal/test_tcp_links.py::test_any_octets_in_any_pieces_with_any_disconnects",
}
ELSEWHERE = {
    "the space link over TCP": GROUND_LINK
    + "test_link_server.py::test_any_octets_and_disconnects_leave_a_server_that_serves",
    "URLs of links": "tests/hal/test_link_urls.py::test_any_text_is_a_link_or_a_link_error",
}
TESTS = sorted({*DECODERS.values(), *FILES.values(), *LINKS.values(), *ELSEWHERE.values()} - {""})


def decoders(package):
    """Yield the decoders of a package, as module:name."""
    for path in sorted((ROOT / package).rglob("*.py*")):
        if path.suffix in {".py", ".pyi"} and not {"__pycache__", "templates"} & set(path.parts):
            tree = ast.parse(path.read_text(encoding="utf-8"))
            module = path.relative_to(ROOT).with_suffix("").as_posix()
            for scope in [tree, *(node for node in ast.walk(tree) if isinstance(node, ast.ClassDef))]:
                inside = f"{scope.name}." if isinstance(scope, ast.ClassDef) else ""
                for node in scope.body:
                    if isinstance(node, ast.FunctionDef) and reads_octets(node) and not inside.startswith("_"):
                        yield f"{module}:{inside}{node.name}"


def reads_octets(function):
    arguments = [*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs]
    kinds = " ".join(ast.unparse(a.annotation) for a in arguments if a.annotation)
    public = not function.name.startswith("_")
    return public and bool(READS.search(function.name)) and bool(OCTETS.search(kinds))


@cache
def property_tests(file):
    """The tests of a file that draw what they are given."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef) and any("given(" in ast.unparse(d) for d in node.decorator_list)
    }


def test_every_decoder_is_in_the_table():
    found = {name for package in PACKAGES for name in decoders(package)}
    assert found - set(DECODERS) == set(), "give these any octets in a test, and name it here"
    assert set(DECODERS) - found == set(), "these are no more"


def test_every_kind_of_link_is_in_the_table_and_keeps_the_contract():
    own = {scheme for scheme in known_schemes() if not scheme.startswith("bench")}  # which a test registers
    assert own == set(LINKS)
    assert own <= {name.split()[0] for name in contract.ENDS | contract.DEVICES}


@pytest.mark.parametrize("name", TESTS)
def test_the_named_test_is_there_and_draws_what_it_is_given(name):
    file, test = name.split("::")
    assert test in property_tests(file)


# ------------------------------------------------------------------ decoders whose any octets are drawn here


@given(st.one_of(st.binary(max_size=10), st.binary(min_size=8, max_size=8)), st.sampled_from(list(BchMode)))
def test_any_codeblock_is_data_or_a_coding_error(block, mode):
    try:
        data, corrections = coding.bch_decode(block, mode)
    except CodingError:
        return
    again = coding.bch_encode(data)
    wrong = sum((a ^ b).bit_count() for a, b in zip(again[:7] + bytes([again[7] & 0xFE]),
                                                    block[:7] + bytes([block[7] & 0xFE]), strict=True))  # fmt: skip
    assert wrong == corrections <= 1


@given(st.one_of(st.binary(max_size=12), st.binary(min_size=6, max_size=6).map(lambda o: b"\x1e" + o)))
def test_any_octets_are_a_time_or_a_packet_error(octets):
    try:
        t_ns = cuc.decode_cuc(octets)
    except PacketError:
        return
    assert cuc.encode_cuc(t_ns) == octets


@given(st.binary(max_size=60))
def test_any_octets_are_packets_or_a_packet_error(octets):
    try:
        packets = split_packets(octets)
    except PacketError:
        return
    assert b"".join(packets) == octets


@given(st.binary(max_size=40))
def test_any_octets_are_a_header_or_a_typed_error(octets):
    for decode, error in ((TmFrameHeader.decode, FrameError), (packet.PrimaryHeader.decode, packet.PacketError)):
        try:
            assert decode(octets) == decode(octets[:6])
        except error:
            assert len(octets) < 6 or octets[0] >> 5
    try:
        assert packet.cobs_decode(packet.cobs_encode(packet.cobs_decode(octets))) == packet.cobs_decode(octets)
    except packet.PacketError as error:
        assert "\n" not in str(error)


@given(st.binary(max_size=60))
def test_any_octets_are_an_event_or_a_value_error(octets):
    try:
        _, _, values = unpack_event(octets)
    except ValueError:
        return
    assert len(octets) == 6 + 8 * len(values)


@given(st.lists(st.binary(max_size=40)), st.integers(2, 12))
def test_any_octets_are_in_a_frame_dropped_or_left(pieces, size):
    framing, rest, given_, kept = SyncFraming(b"\xaa", size, lambda frame: frame[-1] & 1 == 0), b"", 0, 0
    for piece in pieces:
        found = framing.split(rest + piece)
        given_ += len(piece)
        kept += sum(map(len, found.frames)) + found.dropped
        rest = found.rest
        assert kept + len(rest) == given_
        assert len(rest) < size


RADIO = load_vehicle().radio


@given(st.lists(st.binary(max_size=200)))
@settings(deadline=None)
def test_any_octets_of_a_downlink_are_packets_or_counted(pieces):
    station = GroundStation(RADIO)
    for piece in pieces:
        assert station.receive(piece) == []
    assert station.counts.octets == sum(map(len, pieces))
    assert station.counts.octets_skipped <= station.counts.octets


Report = st.builds(
    lambda service, subtype, data: (service, subtype, data),
    st.sampled_from([1, 3, 5, 17, 20, 99]), st.integers(0, 40), st.binary(max_size=60),
)  # fmt: skip


@given(st.lists(st.one_of(st.binary(max_size=60), Report), max_size=8))
@settings(deadline=None)
def test_any_packets_from_the_satellite_are_taken_on_the_ground(packets):
    """Reports with sound headers and any data, and octets that are none: the ground goes on, and counts them."""
    from ccsds.packets import TmPacket

    segment, received = (
        GroundSegment(RADIO, LoopLink.pair()[0], Plan((), (), None, {}, 5680.0, tick_s=0.1)),
        ReceivedTelemetry(),
    )
    received.telemetry = telemetry_of_nothing()
    for item in packets:
        octets = item if isinstance(item, bytes) else TmPacket(RADIO.apid, 1, item[0], item[1], 0, item[2]).encode()
        if len(octets) > 7:  # the station gives whole packets only
            segment._note(octets)
        received.receive(octets)
    assert segment.failures + received.packets_bad <= 2 * len(packets)


def telemetry_of_nothing():
    from ground.link.telemetry import Telemetry

    return Telemetry((), (), 0, lambda *_: b"")
