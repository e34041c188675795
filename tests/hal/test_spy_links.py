"""LNK-SPY: everything that crosses is in the file, nothing that happens to the file reaches the link."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hal.links.link import LinkError
from hal.links.loop import LoopLink
from hal.links.open_link import open_link
from hal.links.spy import SpyLink
from hal.links.spy_format import LOST, MAGIC, Crossing, SpyError, SpyReader, pack_header, pack_record
from hal.octets import Direction


class Shaky:
    """A link that gives what it is told to, or fails."""

    def __init__(self):
        self.fails, self.gives = False, b""

    def write(self, octets):
        if self.fails:
            raise LinkError("shaky: refused")

    def read(self):
        if self.fails:
            raise LinkError("shaky: refused")
        octets, self.gives = self.gives, b""
        return octets

    def close(self):
        self.fails = True


def records(path):
    return [(r.crossing, r.octets) for r in SpyReader(path)]


def test_directions_are_those_of_the_exchange():
    assert {d.name: d.value for d in Direction}.items() <= {c.name: c.value for c in Crossing}.items()


def test_opened_by_url_it_notes_all_and_passes_all_on(tmp_path):
    near, far = open_link(f"spy://{tmp_path}/a.spy?link=loop%3A%2F%2Fspied"), open_link("loop://spied")
    near.write(b"out")
    far.write(b"in")
    assert far.read() == b"out"
    assert near.read() == b"in"
    assert near.read() == b""
    near.close()
    reader = SpyReader(tmp_path / "a.spy")
    found = list(reader)
    assert [(r.crossing, r.octets) for r in found] == [(Crossing.OUT, b"out"), (Crossing.IN, b"in")]
    assert 0 <= found[0].t_ns <= found[1].t_ns
    assert (reader.url, reader.cut) == ("loop://spied", 0)
    assert reader.opened_utc_ns > 1_700_000_000 * 10**9


Call = st.one_of(st.binary(max_size=60).map(lambda o: ("write", o)), st.binary(max_size=60).map(lambda o: ("read", o)))


@given(st.lists(st.tuples(Call, st.booleans()), max_size=20))
@settings(max_examples=60, deadline=None)
def test_any_octets_and_any_failures_are_noted_in_order(tmp_path_factory, calls):
    path, link = tmp_path_factory.mktemp("spy") / "a.spy", Shaky()
    spy, expected = SpyLink(link, str(path), "shaky"), []
    for (call, octets), link.fails in calls:
        try:
            if call == "write":
                spy.write(octets)
                expected.append((Crossing.OUT, octets))
            else:
                link.gives = octets
                assert spy.read() == octets
                expected += [(Crossing.IN, octets)] if octets else []
        except LinkError:
            expected.append((Crossing.OUT_FAILED, octets) if call == "write" else (Crossing.IN_FAILED, b""))
    assert records(path) == expected  # before it is closed: a killed flight leaves all of it
    spy.close()
    assert records(path) == expected


@given(st.lists(st.tuples(st.binary(max_size=40), st.sampled_from(["ok", "full", "half"])), max_size=15))
@settings(max_examples=60, deadline=None)
def test_what_the_disk_does_not_take_is_counted_and_the_link_goes_on(tmp_path_factory, writes):
    path = tmp_path_factory.mktemp("spy") / "a.spy"
    near, far = LoopLink.pair()
    spy, real, state = SpyLink(near, str(path), "loop"), os.pwrite, {"disk": "ok"}

    def pwrite(fd, octets, at):
        if state["disk"] == "full":
            raise OSError(28, "No space left on device")
        return real(fd, octets[: len(octets) // 2] if state["disk"] == "half" else octets, at)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "pwrite", pwrite)
        for octets, state["disk"] in [*writes, (b"end", "ok")]:
            spy.write(octets)
    spy.close()
    sent = [octets for octets, _ in writes] + [b"end"]
    assert far.read() == b"".join(sent)
    found = records(path)
    lost = [LOST.unpack(o) for c, o in found if c is Crossing.LOST]
    noted = [o for c, o in found if c is Crossing.OUT]
    assert noted == [octets for octets, disk in writes if disk == "ok"] + [b"end"]
    assert sum(octets for octets, _ in lost) == spy.octets_lost == sum(map(len, sent)) - sum(map(len, noted))
    assert sum(count for _, count in lost) == spy.records_lost == len(sent) - len(noted)


def test_a_file_of_something_else_is_left_alone(tmp_path):
    path = tmp_path / "thesis.txt"
    path.write_text("two years of work")
    with pytest.raises(LinkError, match="is not a file of a spy and is not overwritten"):
        open_link(f"spy://{path}?link=loop://a1")
    assert path.read_text() == "two years of work"


def test_a_file_has_one_spy_and_is_begun_anew_by_the_next(tmp_path):
    url = f"spy://{tmp_path}/a.spy?link=loop://"
    first = open_link(url + "one")
    first.write(b"first")
    with pytest.raises(LinkError, match="another spy writes to it"):
        open_link(url + "two")
    first.close()
    open_link(url + "three").close()
    assert records(tmp_path / "a.spy") == []


@pytest.mark.parametrize(("where", "says"), [
    ("nowhere/a.spy", "cannot be written: No such file"), (".", "cannot be written: Is a directory"),
    ("pipe", "not an ordinary file"),
])  # fmt: skip
def test_a_file_that_cannot_be_is_one_line_and_closes_the_link(tmp_path, where, says):
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(LinkError, match=says) as error:
        open_link(f"spy://{tmp_path}/{where}?link=loop://closed-{where.replace('/', '')}")
    assert "\n" not in str(error.value)


def test_a_cut_file_is_read_up_to_the_cut(tmp_path):
    whole = pack_header("loop://x", 5) + pack_record(1, Crossing.OUT, b"one") + pack_record(2, Crossing.IN, b"two")
    for end in range(len(whole)):
        (tmp_path / "cut.spy").write_bytes(whole[:end])
        try:
            reader = SpyReader(tmp_path / "cut.spy")
        except SpyError as error:
            assert end < len(pack_header("loop://x", 5)) and "\n" not in str(error)
            continue
        found = list(reader)
        consumed = len(pack_header("loop://x", 5)) + sum(13 + len(r.octets) for r in found)
        assert consumed + reader.cut == end
    with pytest.raises(SpyError, match=re.escape(f"starts with {MAGIC!r}")):
        (tmp_path / "empty").touch()
        SpyReader(tmp_path / "empty")
    with pytest.raises(OSError, match="is a device, expected a regular file"):
        SpyReader(Path(os.devnull))


@given(st.binary(max_size=300), st.booleans())
def test_any_file_is_records_or_a_spy_error(tmp_path_factory, octets, headed):
    path = tmp_path_factory.mktemp("spy") / "any.spy"
    path.write_bytes((pack_header("loop://x", 5) if headed else b"") + octets)
    try:
        found = list(SpyReader(path))
    except SpyError as error:
        assert "\n" not in str(error)
    else:
        assert sum(13 + len(r.octets) for r in found) <= len(octets)
