"""The flight recorder: a header whose check word is right may say anything; it is read, or refused in one line."""

import json
import os
import re
import zlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fsw.core.pool import Pool
from fsw.core.sections import TimeSection
from fsw.recorder.format import HEADER, MAGIC, RecordingError, pack_header
from fsw.recorder.recorder import Recorder
from ground.recordings.reader import RecordingReader
from ground.report.data import Flight

ODD = (None, True, -1, 0, 3, 2**31, 2**63, 1e308, "", "x", "O8", [], {}, [[]], [0], "9" * 400)


def changed(value, steps, odd):
    """Put `odd` in the place in JSON to which `steps` lead."""
    copy = json.loads(json.dumps(value))
    inside = copy
    for i, step in enumerate(steps):
        keys = list(inside) if isinstance(inside, dict) else range(len(inside))
        if not len(keys):
            break
        key = list(keys)[step % len(keys)]
        if i < len(steps) - 1 and isinstance(inside[key], dict | list):
            inside = inside[key]
        else:
            inside[key] = odd
            break
    return copy


@pytest.fixture(scope="module")
def recording(tmp_path_factory):
    """The octets of a recording of 65 ticks."""
    path = tmp_path_factory.mktemp("recording") / "a.ssr"
    pool = Pool([TimeSection])
    with Recorder(path, pool, meta={"flight": {"tai_offset_ns": 5}}) as recorder:
        for tick in range(65):
            pool.array(TimeSection)["tick"] = tick
            recorder.tick([(0, 1, b"some octets")])
    return path.read_bytes()


@given(st.lists(st.integers(0, 400), min_size=1, max_size=5), st.sampled_from(ODD))
@settings(max_examples=150, deadline=None)
def test_any_header_with_a_right_check_word_is_read_or_refused(recording, tmp_path_factory, steps, odd):
    octets = recording
    _, length, _ = HEADER.unpack_from(octets)
    header = changed(json.loads(octets[HEADER.size : HEADER.size + length]), steps, odd)
    path = tmp_path_factory.mktemp("odd") / "odd.ssr"
    path.write_bytes(pack_header(header) + octets[HEADER.size + length :])
    try:
        with RecordingReader(path, salvage=True) as reader:
            assert isinstance(reader.meta, dict)
            names = list(reader.parameters)
            if reader.ticks and names:
                reader.many(names[:3] if "time.t_ns" in names else [])
                reader.seek()
                reader.advance()
    except RecordingError as error:
        assert "\n" not in str(error)


@pytest.mark.parametrize("text", [b"", b"[]", b"1", b'"x"', b"{", b"[" * 100_000, b"\xff\xfe", b"null"])
def test_a_header_that_is_no_object_is_one_line(tmp_path, text):
    (tmp_path / "r.ssr").write_bytes(HEADER.pack(MAGIC, len(text), zlib.crc32(text)) + text)
    with pytest.raises(RecordingError, match=r"^r\.ssr: ") as error:
        RecordingReader(tmp_path / "r.ssr")
    assert "\n" not in str(error.value)


def test_what_is_no_regular_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, "/dev/zero"):
        with pytest.raises(OSError, match="expected a regular file"):
            RecordingReader(path)


@pytest.mark.parametrize(("change", "says"), [
    (lambda h: h["parameters"][0].update(kind="O8"), "found kind 'O8'"),
    (lambda h: h["parameters"][0].update(shape=[1 << 40], strides=[0]), "expected a whole number"),
    (lambda h: h["parameters"][0].update(shape=[1 << 20], strides=[0]), "outside the image"),
    (lambda h: h["parameters"][0].update(at=1 << 20), "outside the image"),
    (lambda h: h["parameters"][0].update(unit=3), "found no text"),
    (lambda h: h.update(base_hz=True), "found True"),
    (lambda h: h.update(digested=1 << 20), "expected a whole number from 0 to"),
    (lambda h: h.update(groups=[[0, 1 << 20, 1]]), "group 0 to 1048576"),
    (lambda h: h["sections"]["time"].update(octets=1 << 30), "section time outside the image"),
    (lambda h: h.pop("meta"), "KeyError('meta')"),
])  # fmt: skip
def test_what_lies_outside_of_the_image_is_named(recording, tmp_path, change, says):
    path = with_header(recording, tmp_path / "r.ssr", change)
    with pytest.raises(RecordingError) as error:
        RecordingReader(path)
    assert str(error.value).startswith("r.ssr: its header does not describe a recording: ")
    assert says in str(error.value)


@pytest.mark.parametrize(("change", "says"), [
    (lambda h: h.update(meta=[]), "found None for TAI at mission time 0"),
    (lambda h: h["meta"].update(flight={"tai_offset_ns": 1e300}), "found 1e+300 for TAI"),
])  # fmt: skip
def test_a_report_says_what_a_recording_does_not_have(recording, tmp_path, change, says):
    flight = Flight(with_header(recording, tmp_path / "r.ssr", change))
    with pytest.raises(RecordingError, match=re.escape(says)):
        print(flight.tai_offset_ns)
    with pytest.raises(RecordingError, match=r"'mode\.adcs' was not recorded"):
        flight.load(("mode.adcs",))


def with_header(octets, path, change):
    """Write a recording with another header; return its path."""
    _, length, _ = HEADER.unpack_from(octets)
    header = json.loads(octets[HEADER.size : HEADER.size + length])
    change(header)
    path.write_bytes(pack_header(header) + octets[HEADER.size + length :])
    return path
