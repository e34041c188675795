"""The flight recorder: what goes in comes out, whatever happens to the file."""

import json
import tracemalloc

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fsw.core.pool import Pool
from fsw.core.registry import append, parameter_names
from fsw.core.section import KEYFRAMES, Section
from fsw.core.sections import TimeSection
from fsw.recorder._recording import Encoder
from fsw.recorder.format import HEADER, RecordingError, Source, pack_header, plan_image
from fsw.recorder.recorder import Recorder
from ground.recordings._pool_check import Runs
from ground.recordings.reader import RecordingReader
from hal.handle import Handle, UnboundError
from hal.record import Record, field


class Item(Record):
    flag = field("u1", doc="seven octets of padding follow")
    value = field("f8", unit="m", doc="a value")


class FastSection(Section):
    section = "fast"
    writer = "tester"
    small = field("u1", doc="padding follows")
    vector = field("f8", 3, unit="m", doc="changes every tick")
    items = field(Item, 20, doc="records with padding")
    counts = field("u2", 5, doc="small integers")


class MixedSection(Section):
    section = "mixed"
    writer = "tester"
    record_hz_of = (("slow", 1), ("history", KEYFRAMES))
    quick = field("f8", unit="m", doc="every tick")
    slow = field("f8", 2, unit="m", doc="once a second")
    history = field("i8", 700, doc="with keyframes")


class HostSection(Section):
    section = "host"
    writer = "tester"
    platform = True
    cost_s = field("f8", unit="s", doc="host time")


class Truth(Record):
    pos_i_m = field("f8", 3, unit="m", doc="position")


SECTIONS = [TimeSection, FastSection, MixedSection, HostSection]
REGISTRY = append({}, parameter_names(SECTIONS))


class Flight:
    """A pool whose contents follow from a seed, and its recording."""

    def __init__(self, path, seed=1, **options):
        self.pool = Pool(SECTIONS, REGISTRY)
        self.truth = np.zeros((), Truth.dtype())
        self.rng = np.random.default_rng(seed)
        extra = [(Handle(Truth, "truth", self.truth), 1)]
        self.recorder = Recorder(path, self.pool, extra, meta={"seed": seed}, **options)
        self.tick = 0
        self.log = []

    def fly(self, ticks, host=0.0):
        rng = self.rng
        for _ in range(ticks):
            time = self.pool.array(TimeSection)
            time["tick"], time["t_ns"] = self.tick, self.tick * 100_000_000
            fast, mixed = self.pool.array(FastSection), self.pool.array(MixedSection)
            fast["vector"] = np.sin(self.tick * 0.01 + np.arange(3)) + rng.normal(0, 1e-6, 3)
            fast["counts"][rng.integers(5)] += 1
            fast["items"]["value"][rng.integers(20)] = rng.normal()
            mixed["quick"], mixed["slow"] = rng.normal(), rng.normal(size=2)
            mixed["history"][self.tick % 700] = rng.integers(1 << 62)
            self.truth["pos_i_m"] = rng.normal(0, 7e6, 3)
            self.pool.array(HostSection)["cost_s"] = host
            octets = [(0, 1, rng.bytes(40) + bytes(20))] + [(3, 0, rng.bytes(5))] * int(rng.integers(3))
            self.recorder.tick(octets)
            sections = {s.section: self.pool.array(s).tobytes() for s in SECTIONS if not s.platform}
            self.log.append((sections, self.truth["pos_i_m"].copy(), octets))
            self.tick += 1
        return self


def test_every_tick_comes_back_bit_for_bit(tmp_path):
    flight = Flight(tmp_path / "a.rec").fly(1300)
    summary = flight.recorder.close()
    reader = RecordingReader(tmp_path / "a.rec")
    assert reader.complete
    assert (reader.ticks, summary.ticks, reader.meta) == (1300, 1300, {"seed": 1})
    for tick, (sections, truth, octets) in zip(reader, flight.log, strict=True):
        assert tick.section("time") == sections["time"]
        assert tick.section("fast") == sections["fast"]
        assert tick.octets == octets
        mixed = np.frombuffer(sections["mixed"], MixedSection.dtype())
        assert tick["mixed.quick"] == mixed["quick"]
        if tick.tick % 10 == 0:
            assert np.array_equal(tick["mixed.slow"], mixed["slow"][0])
            assert np.array_equal(tick["truth.pos_i_m"], truth)
        if tick.tick % 600 == 0:
            assert tick.section("mixed") == sections["mixed"]


def test_series_are_the_values_tick_by_tick(tmp_path):
    flight = Flight(tmp_path / "a.rec").fly(700)
    flight.recorder.close()
    reader = RecordingReader(tmp_path / "a.rec")
    t_s, table = reader.many(["fast.vector", "fast.items.value", "fast.counts", "mixed.quick"], every=5)
    assert np.allclose(t_s, np.arange(0, 700, 5) * 0.1)
    fast = np.array([np.frombuffer(log[0]["fast"], FastSection.dtype())[0] for log in flight.log[::5]])
    assert np.array_equal(table["fast.vector"], fast["vector"])
    assert np.array_equal(table["fast.items.value"], fast["items"]["value"])
    assert np.array_equal(table["fast.counts"], fast["counts"])
    _, quick = reader.series("mixed.quick", every=5)
    assert np.array_equal(quick, table["mixed.quick"])
    _, slow = reader.series("mixed.slow", every=1)
    assert np.array_equal(slow[10:20], np.repeat(slow[10:11], 10, axis=0))


def test_reading_may_start_at_any_tick(tmp_path):
    flight = Flight(tmp_path / "a.rec").fly(1300)
    flight.recorder.close()
    reader = RecordingReader(tmp_path / "a.rec")
    first = next(reader.iterate(1234))
    assert first.tick == 1234
    assert first.t_ns == 123_400_000_000
    assert first.section("fast") == flight.log[1234][0]["fast"]
    assert first.octets == flight.log[1234][2]


def test_the_decoder_goes_on_at_the_last_keyframe_before_a_tick(tmp_path):
    Flight(tmp_path / "a.rec").fly(1900).recorder.close()
    reader = RecordingReader(tmp_path / "a.rec")
    keyframes = reader.keyframe_ticks
    assert len(keyframes) > 2
    for start in (0, *(k + off for k in keyframes[1:] for off in (-1, 0, 1))):
        assert reader.seek(start) == max(k for k in keyframes if k <= start)
    assert reader.seek() == keyframes[0]


def test_a_string_that_grows_comes_back_whole(tmp_path):
    """What it has become longer by differs from nothing before, and may be zero."""
    flight = Flight(tmp_path / "a.rec")
    strings = [bytes(range(40)), bytes(range(40)) + bytes(8), bytes(range(40)) + bytes(8) + bytes([7, 0, 9])]
    for octets in strings:
        flight.recorder.tick([(1, 0, octets)])
    flight.recorder.close()
    assert [t.octets for t in RecordingReader(tmp_path / "a.rec")] == [[(1, 0, octets)] for octets in strings]


def test_the_same_flight_has_the_same_hash_whatever_the_host(tmp_path):
    one = Flight(tmp_path / "one.rec").fly(100, host=1.0).recorder.close()
    two = Flight(tmp_path / "two.rec").fly(100, host=2.0).recorder.close()
    other = Flight(tmp_path / "three.rec", seed=2).fly(100).recorder.close()
    assert one == two
    assert one.sha256 != other.sha256
    assert RecordingReader(tmp_path / "one.rec.platform").series("host.cost_s")[1].tolist() == [1.0] * 10
    assert "host.cost_s" not in RecordingReader(tmp_path / "one.rec").parameters


def test_a_difference_between_two_records_of_a_section_shows_in_the_digest(tmp_path):
    for name, toward in (("a", 0.0), ("b", np.inf)):
        flight = Flight(tmp_path / f"{name}.rec").fly(23)
        flight.pool.array(TimeSection)["tick"] = 23  # slow fields are not recorded in this tick
        slow = flight.pool.array(MixedSection)["slow"]
        slow[0] = np.nextafter(1.0, toward)
        flight.recorder.tick([])
        flight.recorder.close()
    ticks = [list(RecordingReader(tmp_path / f"{name}.rec").iterate(22)) for name in "ab"]
    assert ticks[0][0].digest == ticks[1][0].digest
    assert ticks[0][1].digest != ticks[1][1].digest


def test_padding_is_not_state(tmp_path):
    """Garbage in the padding of a section does not change the recording."""
    sums = []
    for garbage in (0, 0xA5):
        flight = Flight(tmp_path / "a.rec")
        raw = np.ndarray(FastSection.size, np.uint8, flight.pool.array(FastSection).data)
        raw[1:8] = garbage
        raw[33:40] = garbage
        sums.append(flight.fly(30).recorder.close().sha256)
    assert sums[0] == sums[1]


def test_a_recorder_attached_in_flight_or_across_a_jump_starts_a_keyframe(tmp_path):
    flight = Flight(tmp_path / "a.rec")
    flight.tick = 777
    flight.fly(20)
    flight.tick = 5003
    flight.fly(20)
    flight.recorder.close()
    reader = RecordingReader(tmp_path / "a.rec")
    assert [t.tick for t in reader] == [*range(777, 797), *range(5003, 5023)]
    assert next(reader.iterate(5010)).section("fast") == flight.log[27][0]["fast"]


def test_modes(tmp_path):
    """ "tm" records time and link octets only, "none" makes no file."""
    full = Flight(tmp_path / "full.rec").fly(50).recorder.close()
    tm = Flight(tmp_path / "tm.rec", mode="tm").fly(50)
    none = Flight(tmp_path / "none.rec", mode="none").fly(50).recorder.close()
    assert tm.recorder.close().octets < full.octets
    reader = RecordingReader(tmp_path / "tm.rec")
    assert reader.sections == ("time", "truth")
    assert [t.octets for t in reader] == [log[2] for log in tm.log]
    assert (none.sha256, none.octets, none.ticks) == ("", 0, 0)
    assert not (tmp_path / "none.rec").exists()
    with pytest.raises(RecordingError, match="'all': expected full, tm or none"):
        Flight(tmp_path / "x.rec", mode="all")


def test_closing_twice_is_harmless(tmp_path):
    flight = Flight(tmp_path / "a.rec").fly(3)
    assert flight.recorder.close() == flight.recorder.close()


def test_quiet_and_steadily_counting_state_costs_next_to_nothing(tmp_path):
    pool = Pool(SECTIONS, REGISTRY)
    time, fast = pool.array(TimeSection), pool.array(FastSection)
    fast["vector"] = 1 / 3
    with Recorder(tmp_path / "a.rec", pool) as recorder:
        for tick in range(599):
            time["tick"], time["t_ns"] = tick, tick * 100_000_000
            recorder.tick([(0, 0, bytes(range(100)))])
    assert recorder.close().octets < 599 * 45 + 7000


def test_memory_is_flat(tmp_path):
    """The memory of the recorder does not grow with the flight."""
    flight = Flight(tmp_path / "a.rec").fly(50)
    flight.log.clear()
    tracemalloc.start()
    for _ in range(20):
        flight.fly(100)
        flight.log.clear()
    grown = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    flight.recorder.close()
    assert grown < 200_000


# ------------------------------------------------------------------ bad files


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    path = tmp_path_factory.mktemp("recording") / "a.rec"
    flight = Flight(path).fly(65)
    flight.recorder.close()
    return flight, path.read_bytes()


def test_an_empty_file_is_no_recording(tmp_path):
    (tmp_path / "a.rec").write_bytes(b"")
    with pytest.raises(RecordingError, match=r"^a.rec: empty file, expected a recording$"):
        RecordingReader(tmp_path / "a.rec")


def test_every_octet_of_a_group_is_recorded_as_often_as_its_group(recording, tmp_path):
    (tmp_path / "a.rec").write_bytes(recording[1])
    reader = RecordingReader(tmp_path / "a.rec")
    groups = reader.header["groups"]
    assert len({divider for _, _, divider in groups}) > 2
    for lo, hi, divider in groups:
        assert {reader.divider_at(at) for at in (8 * lo, 8 * lo + 7, 8 * hi - 1)} == {divider}


def test_a_parameter_that_was_not_recorded_is_named(recording, tmp_path):
    (tmp_path / "a.rec").write_bytes(recording[1])
    reader = RecordingReader(tmp_path / "a.rec")
    with pytest.raises(RecordingError, match=r"parameter 'fast.velocity' was not recorded"):
        reader.series("fast.velocity")
    with pytest.raises(RecordingError, match=r"no section 'slow'; it has time, fast, mixed, truth"):
        next(iter(reader)).section("slow")


@settings(max_examples=60)
@given(st.data())
def test_a_recording_cut_anywhere_is_readable_up_to_the_cut(recording, tmp_path_factory, data):
    flight, octets = recording
    first = HEADER.size + HEADER.unpack_from(octets)[1]
    at = data.draw(st.integers(0, len(octets) - 1))
    path = tmp_path_factory.mktemp("cut") / "a.rec"
    path.write_bytes(octets[:at])
    if at < first:
        with pytest.raises(RecordingError):
            RecordingReader(path)
        return
    reader = RecordingReader(path)
    assert not reader.complete
    ticks = [(t.tick, t.section("fast"), t.octets) for t in reader]
    assert ticks == [(k, log[0]["fast"], log[2]) for k, log in enumerate(flight.log[: len(ticks)])]
    assert reader.ticks == len(ticks) == len(reader.series("fast.vector")[0])
    longest = max(len(b) for log in flight.log for _, _, b in log[2]) + 4000
    assert len(ticks) >= 65 * (at - first - longest) // (len(octets) - first) - 10


@settings(max_examples=100)
@given(st.data())
def test_a_damaged_recording_is_refused_and_salvaged_up_to_the_damage(recording, tmp_path_factory, data):
    flight, octets = recording
    at = data.draw(st.integers(0, len(octets) - 1))
    damaged = octets[:at] + bytes([octets[at] ^ data.draw(st.integers(1, 255))]) + octets[at + 1 :]
    path = tmp_path_factory.mktemp("damaged") / "a.rec"
    path.write_bytes(damaged)
    try:
        reader = RecordingReader(path)
        assert not reader.complete  # a length that points past the end looks like a cut
    except RecordingError as error:
        assert "\n" not in str(error)
        if at < HEADER.size + HEADER.unpack_from(octets)[1]:
            return
        reader = RecordingReader(path, salvage=True)
        assert "damaged at octet" in reader.damage
    for tick, log in zip(reader, flight.log, strict=False):
        assert tick.section("fast") == log[0]["fast"]
        assert tick.octets == log[2]


@settings(max_examples=200)
@given(st.one_of(st.binary(max_size=200), st.binary(max_size=200).map(lambda b: b"SSATREC1" + b)))
def test_any_octets_are_a_typed_error(tmp_path_factory, octets):
    path = tmp_path_factory.mktemp("any") / "a.rec"
    path.write_bytes(octets)
    with pytest.raises(RecordingError):
        RecordingReader(path)


JSON = st.recursive(
    st.one_of(st.none(), st.integers(-10, 1 << 40), st.text(max_size=5)),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=200)
@example("keyframe_ticks", -1)
@example("step", 0)
@example("groups", [[0, 1 << 40, 1]])
@example("groups", [[0, 10, 0]])
@given(st.sampled_from(["groups", "sections", "parameters", "keyframe_ticks", "step", "base_hz", "meta"]), JSON)
def test_a_header_that_makes_no_sense_is_a_typed_error_or_readable(recording, tmp_path_factory, key, value):
    octets = recording[1]
    length = HEADER.unpack_from(octets)[1]
    header = json.loads(octets[HEADER.size : HEADER.size + length])
    header[key] = value
    path = tmp_path_factory.mktemp("header") / "a.rec"
    path.write_bytes(pack_header(header) + octets[HEADER.size + length :])
    try:
        for tick in RecordingReader(path):
            for name in tick._reader.sections:
                tick.section(name)
    except RecordingError as error:
        assert "\n" not in str(error)


@settings(max_examples=150)
@given(st.data())
def test_words_and_strings_round_trip(tmp_path_factory, data):
    """Whatever words and strings follow each other, they come back: every code of the delta coding is reached."""
    word = st.one_of(
        st.integers(0, 2**64 - 1),
        st.integers(0, 300),
        st.sampled_from([0, 1, 2**63, 2**64 - 1]),
        st.floats(width=64).map(lambda x: int(np.float64(x).view(np.uint64))),
    )
    pool = Pool([TimeSection, MixedSection], append({}, parameter_names([TimeSection, MixedSection])))
    words = np.ndarray(MixedSection.size // 8, np.uint64, pool.array(MixedSection).data)
    path = tmp_path_factory.mktemp("words") / "a.rec"
    log = []
    with Recorder(path, pool) as recorder:
        for tick in range(data.draw(st.integers(1, 12))):
            pool.array(TimeSection)["tick"] = tick * 10  # each tick records the slow fields as well
            for at, value in data.draw(st.lists(st.tuples(st.integers(0, 2), word), max_size=4)):
                words[at] = value
            octets = data.draw(st.lists(
                st.tuples(st.integers(0, 255), st.integers(0, 127), st.binary(max_size=30)), max_size=4
            ))  # fmt: skip
            recorder.tick(octets)
            log.append((words[:3].tolist(), octets))
    reader = RecordingReader(path)
    assert [([*np.frombuffer(t.section("mixed"), np.uint64)[:3].tolist()], t.octets) for t in reader] == log


def test_strings_of_any_length_and_more_links_than_are_remembered(tmp_path):
    flight = Flight(tmp_path / "a.rec")
    strings = [(link, 0, bytes([link]) * (link * 11)) for link in range(60)] + [(9, 1, bytes(65535)), (9, 1, b"")]
    for _ in range(3):
        flight.recorder.tick(strings)
    for bad in [(256, 0, b""), (0, 128, b""), (0, 0, bytes(65536))]:
        with pytest.raises(ValueError, match="expected at most 255, 127, 65535"):
            flight.recorder.tick([bad])
    flight.recorder.close()
    assert [t.octets for t in RecordingReader(tmp_path / "a.rec")] == [strings] * 3


# ------------------------------------------------------------------ layout


def test_rates_and_fields_that_cannot_be_recorded_are_refused():
    class Odd(Section):
        section = "odd"
        writer = "tester"
        record_hz = 3
        x = field("f8", unit="m", doc="a value")

    class Unaligned(Section):
        section = "unaligned"
        writer = "tester"
        record_hz_of = (("b", 1),)
        a = field("u1", doc="a value")
        b = field("u1", doc="shares a word with a")

    class Misnamed(Section):
        section = "misnamed"
        writer = "tester"
        record_hz_of = (("y", 1),)
        x = field("f8", unit="m", doc="a value")

    with pytest.raises(RecordingError, match="odd: 3 Hz does not divide the base rate of 10 Hz"):
        plan_image([Source("odd", Odd)], 10, 600)
    with pytest.raises(RecordingError, match=r"unaligned.b: a field with a rate of its own must start on 8 octets"):
        plan_image([Source("unaligned", Unaligned)], 10, 600)
    with pytest.raises(RecordingError, match="misnamed: record_hz_of names 'y'"):
        plan_image([Source("misnamed", Misnamed)], 10, 600)


def test_an_encoder_reads_nothing_before_it_has_a_pool():
    """Unbound it is an error, and so is a span that would end outside its record."""
    masks = np.full(2, 2**64 - 1, np.uint64)
    encoder = Encoder([(0, 2, 1)], 600, 1, [("fast", FastSection.size - 8, 0, 2)], masks, 2)
    with pytest.raises(UnboundError):
        encoder.encode([])
    with pytest.raises(UnboundError):
        encoder.digest()
    with pytest.raises(TypeError, match="which has"):
        encoder.bind(Pool(SECTIONS, REGISTRY))


def test_a_comparison_reads_nothing_before_it_has_a_pool():
    runs = Runs([("fast", FastSection.size - 8, 0, 16, 1, 0)], np.zeros(2, np.uint64))
    with pytest.raises(UnboundError):
        runs.equal(0, True)
    with pytest.raises(UnboundError):
        runs.differing(0, True)
    with pytest.raises(TypeError, match="which has"):
        runs.bind(Pool(SECTIONS, REGISTRY))
