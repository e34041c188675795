"""A stream that a thread writes: nothing that waits for the medium holds whoever appends, or grows for ever."""

import hashlib
import os
import threading

import pytest

from hal.background_stream import BACKLOG, BackgroundStream
from hal.files import CHUNK, Stream, WriteError


class SlowMedium:
    """`os.write` that waits until `go` is set."""

    def __init__(self, monkeypatch):
        self.go, self.begun = threading.Event(), threading.Event()
        self._write = os.write
        monkeypatch.setattr(os, "write", self)

    def __call__(self, descriptor, octets):
        self.begun.set()
        assert self.go.wait(60.0)
        return self._write(descriptor, octets)


@pytest.mark.parametrize("make", [Stream, BackgroundStream])
def test_it_has_what_was_written_and_its_hash(tmp_path, make):
    stream = make(tmp_path / "a")
    pieces = [bytes([i]) * 1000 for i in range(200)]
    for piece in pieces:
        stream.write(piece)
        stream.flush()
    stream.close()
    stream.close()
    assert (tmp_path / "a").read_bytes() == b"".join(pieces)
    assert stream.sha256 == hashlib.sha256(b"".join(pieces)).hexdigest()
    assert (stream.octets, stream.lost, stream.loss) == (200_000, 0, "")


def test_a_slow_medium_is_not_waited_for(tmp_path, monkeypatch):
    medium = SlowMedium(monkeypatch)
    stream = BackgroundStream(tmp_path / "a")
    for piece in (b"one", b"two", b"three"):
        stream.write(piece)
        stream.flush()
    assert medium.begun.wait(60.0)
    assert (stream.octets, stream.loss) == (0, "")
    medium.go.set()
    stream.close()
    assert (tmp_path / "a").read_bytes() == b"onetwothree"


def test_a_medium_that_does_not_keep_up_ends_the_file(tmp_path, monkeypatch):
    medium = SlowMedium(monkeypatch)
    stream = BackgroundStream(tmp_path / "a")
    stream.write(b"first")
    stream.flush()
    assert medium.begun.wait(60.0)
    written = 0
    while not stream.loss:
        stream.write(bytes(CHUNK))
        written += CHUNK
        assert written <= BACKLOG + 2 * CHUNK
    stream.write(b"more")
    medium.go.set()
    stream.close()
    assert (tmp_path / "a").read_bytes() == b"first"
    assert (stream.octets, stream.lost) == (5, written + 4)
    assert "the medium is too slow" in stream.loss


def test_a_file_that_cannot_be_made_is_told(tmp_path):
    with pytest.raises(WriteError, match="choose a folder that exists"):
        BackgroundStream(tmp_path / "none" / "a")
