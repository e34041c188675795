"""A real flight, decoded by the exported JSON alone, equals the pool."""

import json
import math
import struct

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.core.sections import TimeSection
from fsw.dictionary.describe import describe, hashes
from fsw.pus._packetizer import Packetizer
from fsw.pus.messages import Tm
from fsw.pus.sections import PusSection
from ground.dictionary import files
from ground.dictionary.build import dictionary
from ground.dictionary.check import HashCheck
from ground.dictionary.decoder import Decoder, ReportError
from ground.link.segment import GroundSegment
from ground.link.station import GroundStation
from ground.link.tm_decode import ContentRecord, DictionaryRecord, decode_file
from ground.recordings.reader import RecordingReader
from ground.recordings.replay import Replay
from hal.handle import Memory
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario

CONTENT = dictionary()
SECONDS = 125


@pytest.fixture(scope="module")
def flown(tmp_path_factory):
    """A flight with recording and downlink, its ground's dictionary in place."""
    out = tmp_path_factory.mktemp("flight")
    vehicle = load_vehicle()
    mission = Mission(
        vehicle, load_scenario("modes"), lambda radio, link, plan: GroundSegment(radio, link, plan, out), seed=3,
        out=out, duration_s=SECONDS, record="full",
    )  # fmt: skip
    mission.ground.expect(dictionary(vehicle))
    mission.fly()
    return mission, out


class SmallDecoder:
    """Reads packets with nothing but the JSON: what somebody else would write in an afternoon."""

    def __init__(self, text):
        d = json.loads(text)
        self.header = d["link"]["telemetry_packet"]["header"]
        self.head_octets = d["link"]["telemetry_packet"]["header_octets"]
        self.parameters = {p["name"]: p for p in d["parameters"]}
        self.structures = {s["id"]: s for s in d["housekeeping"]}
        self.report = next((m["service"], m["subtype"]) for m in d["telemetry"] if m["name"] == "HK_REPORT")

    def read(self, octets):
        """Return (structure, {parameter: list of values}) of a housekeeping packet; None for others."""
        word = int.from_bytes(octets[: self.head_octets], "big")
        head = {}
        for f in self.header:
            head[f["name"]] = word >> (8 * self.head_octets - f["bit"] - f["bits"]) & (2 ** f["bits"] - 1)
        if (head["service_type"], head["message_subtype"]) != self.report:
            return None
        data = octets[self.head_octets : -2]
        structure = self.structures[int.from_bytes(data[:2], "big")]
        assert len(data) == structure["octets"]
        values = {}
        for place in structure["parameters"]:
            p = self.parameters[place["parameter"]]
            count = math.prod(p["shape"])
            code = {"f8": "d", "f4": "f", "u8": "Q", "u4": "I", "u2": "H", "u1": "B", "i8": "q", "i4": "i"}[p["type"]]
            octets_of = data[place["offset"] : place["offset"] + place["octets"]]
            values[place["parameter"]] = list(struct.unpack(f">{count}{code}", octets_of))
        return structure["id"], values


def packets(out):
    return GroundStation(load_vehicle().radio).receive((out / "downlink.cadu").read_bytes())


def test_every_structure_decoded_by_the_json_alone_equals_the_recorded_pool(flown):
    """Each report of each structure against the recording of the pool at the same mission time."""
    _, out = flown
    small = SmallDecoder(files.dumps(CONTENT))
    reports = [r for r in map(small.read, packets(out)) if r]
    ids = {s["id"] for s in CONTENT["housekeeping"]}
    assert {sid for sid, _ in reports} == ids
    ticks = {values["time.tick"][0]: None for sid, values in reports if sid == 0}
    assert len(ticks) >= SECONDS - 5
    exact = {"time.tick", "time.t_ns", "mode.system", "mode.adcs", "mode.adcs_since_ns"}
    with RecordingReader(out / "recording.ssr") as reader:
        recorded = {tick.tick: {n: np.array(tick[n]).ravel() for n in exact} for tick in reader}
    for _, values in [r for r in reports if r[0] == 0]:
        for name in exact:
            assert values[name] == recorded[values["time.tick"][0]][name].tolist()


def test_a_one_shot_of_every_structure_equals_the_pool_at_that_moment(flown):
    """The packets that the flight's own services make now, read by the JSON alone, against the pool now."""
    mission, _ = flown
    small = SmallDecoder(files.dumps(CONTENT))
    pool, housekeeping = mission.flight.pool, mission.flight.housekeeping
    packetizer = Packetizer(load_vehicle().radio.apid)
    packetizer.bind(Memory({"pus": PusSection, "time": TimeSection}))
    for sid, compiled in housekeeping._compiled.items():
        packet = packetizer.build(Tm.HK_REPORT.index, *Tm.HK_REPORT.value, 0, compiled.report())
        structure, values = small.read(packet)
        assert structure == sid
        for name, numbers in values.items():
            assert np.array_equal(numbers, np.ravel(pool.view(name)), equal_nan=True), name


def test_the_satellite_of_a_flight_follows_ground_s_dictionary(flown):
    mission, out = flown
    check = mission.ground.hash_check
    assert (check.checked, check.differing) == (2, 0)
    records = list(decode_file(out / "downlink.cadu", CONTENT))
    reports = [r for r in records if isinstance(r, ContentRecord)]
    assert len(reports) == mission.ground.packets and not any(r.error for r in reports)
    assert not any(isinstance(r, DictionaryRecord) for r in records)
    lines = [str(r) for r in records]
    assert any("mode.system=NOMINAL" in line for line in lines)
    assert any('text="system mode BOOT -> NOMINAL"' in line for line in lines)
    texts = [r.report.values["text"] for r in reports if "text" in r.report.values]
    assert texts == mission.ground.events


def test_a_dictionary_that_does_not_fit_is_named_by_section(flown, tmp_path):
    _, out = flown
    other = json.loads(files.dumps(CONTENT))
    other["hashes"]["events"] = "0" * 16
    other["hashes"]["whole"] = "0" * 16
    said = [str(r) for r in decode_file(out / "downlink.cadu", other) if isinstance(r, DictionaryRecord)]
    assert said == ["differs dictionary of reference does not fit the satellite: events differ"] * 2


def test_ground_counts_and_notes_a_dictionary_that_does_not_fit(tmp_path):
    """A flight whose ground has another dictionary: counted, in the log and among the events."""
    vehicle = load_vehicle()
    mission = Mission(
        vehicle, load_scenario("modes"), lambda radio, link, plan: GroundSegment(radio, link, plan, tmp_path),
        duration_s=65,
    )  # fmt: skip
    other = json.loads(files.dumps(CONTENT))
    other["hashes"]["parameters"] = "f" * 16
    mission.ground.expect(other)
    mission.fly()
    assert (mission.ground.hash_check.checked, mission.ground.hash_check.differing) == (1, 1)
    assert mission.ground.hash_check.sections == ("parameters",)
    text = "dictionary of reference does not fit the satellite: parameters differ"
    assert mission.ground.events.count(text) == 1
    log = [json.loads(line) for line in (tmp_path / "events.jsonl").read_text().splitlines()]
    assert [e["dictionary"] for e in log if "dictionary" in e] == [["parameters"]]


@given(st.binary(max_size=120))
def test_any_octets_are_checked(data):
    check = HashCheck(CONTENT)
    check.receive(b"\0\x0f" + data)
    assert (check.checked, check.differing) == (1, 1) and check.sections


DECODER = Decoder(CONTENT)


@given(st.integers(0, 255), st.integers(0, 255), st.binary(max_size=200))
def test_any_report_is_read_or_a_report_error(service, subtype, data):
    try:
        report = DECODER.decode(service, subtype, data)
    except ReportError as error:
        assert "\n" not in str(error)
    else:
        assert "\n" not in str(report)


@given(st.sampled_from([(e["service"], e["subtype"]) for e in CONTENT["telemetry"]]), st.binary(max_size=200))
def test_any_octets_in_a_known_report_are_read_or_a_report_error(message, data):
    try:
        str(DECODER.decode(*message, data))
    except ReportError as error:
        assert "expected" in str(error) or "not in the dictionary" in str(error)


def test_a_replay_flies_with_the_recorded_hashes_and_says_what_differs_today(flown, monkeypatch):
    """Another event text changes telemetry of today's code only in the hashes: the flight is the same."""
    _, out = flown

    def describe_otherwise(*arguments):
        content = describe(*arguments)
        content["events"][0]["text"] = "other words {0:system}"
        return content | {"hashes": hashes(content)}

    monkeypatch.setattr("fsw.main.describe", describe_otherwise)
    outcome = Replay(out / "recording.ssr").run()
    assert outcome.difference is None and outcome.ticks == SECONDS * 10
    assert "today's dictionary differs: events" in outcome.notes
