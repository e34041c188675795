"""GND-SPY: a spy's file in words; any file is lines or one line of error."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ground.link.spy_print import lines_of
from hal.links.link import LinkError
from hal.links.spy import SpyLink
from hal.links.spy_format import SpyError, pack_header
from hal.packet import encode_frame
from hal.wire import EPS_OFFSET, Apid


class Board:
    """A link that answers what it is told to, and may fail."""

    answer, fails = b"", False

    def write(self, octets):
        if self.fails:
            raise LinkError("gone")

    def read(self):
        return self.answer

    def close(self):
        pass


@pytest.fixture
def spied(tmp_path):
    board = Board()
    spy = SpyLink(board, str(tmp_path / "eps.spy"), "tcp://bench:1")
    spy.write(encode_frame(Apid.COMMAND + EPS_OFFSET, 1, 7, b"\1\2"))
    frame = encode_frame(Apid.SENSORS + EPS_OFFSET, 0, 9, bytes(range(40)))
    for board.answer in (frame[:10], frame[10:], b"bad\0"):
        spy.read()
    board.fails = True
    with pytest.raises(LinkError):
        spy.write(b"x")
    spy.close()
    return tmp_path / "eps.spy"


def test_records_and_packets_in_words(spied):
    lines = list(lines_of(spied))
    text = [line.split("s  ", 1)[-1].strip() for line in lines]
    assert lines[0].startswith("link    'tcp://bench:1', opened 20")
    assert text[2] == "packet COMMAND (APID 0x110) telecommand seq 7, 2 octets: 0102"
    assert text[5].startswith("packet SENSORS (APID 0x120) telemetry seq 9, 40 octets: 000102")
    assert text[5].endswith("17...")
    assert [t.split()[0] for t in text[1:8]] == ["OUT", "packet", "IN", "IN", "packet", "IN", "OUT_FAILED"]
    assert lines[-3] == f"total   OUT 1 records, {len(encode_frame(0, 1, 7, bytes(2)))} octets, 1 packets, 0 frames bad"
    assert lines[-2].endswith("1 packets, 1 frames bad")
    assert lines[-1] == "total   refused 1 writes and 0 reads; 0 octets lost; 0 octets cut"


def test_without_packets_it_is_octets_only(spied):
    assert not any("packet" in line for line in lines_of(spied, packets=False))


@given(st.binary(max_size=200), st.booleans(), st.integers(-(2**63), 2**63 - 1))
def test_any_file_is_lines_or_a_spy_error(tmp_path_factory, octets, headed, opened_ns):
    path = tmp_path_factory.mktemp("spy") / "any.spy"
    path.write_bytes((pack_header("loop://\nx", opened_ns) if headed else b"") + octets)
    try:
        lines = list(lines_of(path))
    except SpyError as error:
        assert "\n" not in str(error)
    else:
        assert not any("\n" in line for line in lines)


def test_the_command(spied, tmp_path):
    """`smartsat spy print` prints these lines, and refuses another file with code 2."""

    def run(*arguments):
        command = [sys.executable, "-m", "ground.cli.main", "spy", "print", *arguments]
        return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)

    assert run(str(spied)).stdout.splitlines() == list(lines_of(spied))
    (tmp_path / "not.spy").write_text("nmae = 3\n")
    for name in ("absent", "not.spy"):
        out = run(str(tmp_path / name))
        assert (out.returncode, out.stdout, len(out.stderr.splitlines())) == (2, "", 1)
        assert name in out.stderr
