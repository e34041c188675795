"""HAL-FIL: a file is written whole or not at all, in UTF-8, and a refusal is one line."""

import hashlib
import locale
import os
from pathlib import Path

import pytest

from hal.files import CHUNK, Stream, WriteError, open_regular, read_whole, take_lock, told, write_whole


def test_text_is_utf8_whatever_the_locale(tmp_path, monkeypatch):
    monkeypatch.setattr(locale, "getpreferredencoding", lambda _do=True: "ascii")
    write_whole(tmp_path / "a", "≥ 0.1°\r\n")
    assert (tmp_path / "a").read_bytes() == "≥ 0.1°\r\n".encode()


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "a"
    write_whole(path, b"before")

    def no_space(_self, _target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", no_space)
    with pytest.raises(WriteError, match="No space left on device; free some space") as error:
        write_whole(path, b"after")
    assert "\n" not in str(error.value)
    assert path.read_bytes() == b"before"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_a_link_is_written_through(tmp_path):
    """Writing to a symbolic link replaces the file behind it."""
    (tmp_path / "real").write_bytes(b"")
    (tmp_path / "link").symlink_to("real")
    write_whole(tmp_path / "link", b"x")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"x"


def test_a_full_device_is_one_line():
    with pytest.raises(WriteError, match="/dev/full: cannot be written: No space left on device"):
        write_whole(Path("/dev/full"), b"x")


def test_a_missing_folder_and_a_folder_are_told(tmp_path):
    with pytest.raises(WriteError, match="choose a folder that exists"):
        write_whole(tmp_path / "no" / "a", b"x")
    with pytest.raises(WriteError, match="cannot be written"):
        write_whole(tmp_path, b"x")


def test_streams_are_told_the_same_way(tmp_path):
    """`told` turns an `OSError` into the same message as `write_whole`."""
    with pytest.raises(WriteError, match="give the path of a file"), told(tmp_path):
        tmp_path.open("wb")


# ------------------------------------------------------------------ reading


@pytest.mark.parametrize(("make", "says"), [
    (lambda path: path.mkdir(), "is a folder, expected a regular file"),
    (os.mkfifo, "is a pipe, expected a regular file"),
    (lambda path: path.symlink_to("/dev/zero"), "is a device, expected a regular file"),
    (lambda path: path.symlink_to(path.name), "Too many levels of symbolic links"),
    (lambda path: None, "No such file"),
])  # fmt: skip
def test_only_a_regular_file_is_read_and_nothing_waits(tmp_path, make, says):
    make(tmp_path / "a")
    for read in (open_regular, lambda path: read_whole(path, 10)):
        with pytest.raises(OSError, match=says) as error:
            read(tmp_path / "a")
        assert error.value.strerror is not None


@pytest.mark.parametrize("read", [
    lambda file: file.read(4), lambda file: file.read(), lambda file: file.readinto(bytearray(4)),
    lambda file: file.read1(),
])  # fmt: skip
def test_a_read_that_would_wait_is_an_error(tmp_path, monkeypatch, read):
    """As of some files of /proc, which say that they are regular ones."""
    monkeypatch.setattr("hal.files._require_regular", lambda *_: None)
    os.mkfifo(tmp_path / "a")
    writer = os.open(tmp_path / "a", os.O_RDWR)
    try:
        with open_regular(tmp_path / "a") as file, pytest.raises(OSError, match="has nothing to read"):
            read(file)
        with pytest.raises(OSError, match="has nothing to read"):
            read_whole(tmp_path / "a", 10)
    finally:
        os.close(writer)


def test_a_file_is_read_up_to_its_largest_size(tmp_path):
    (tmp_path / "a").write_bytes(b"12345")
    assert read_whole(tmp_path / "a", 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 octets"):
        read_whole(tmp_path / "a", 4)
    with pytest.raises(OSError, match="null"):
        open_regular("a\0b")


# ------------------------------------------------------------------ streams


def test_a_stream_has_what_was_written_and_its_hash(tmp_path):
    stream = Stream(tmp_path / "a")
    stream.write(b"one")
    assert (tmp_path / "a").read_bytes() == b""
    stream.flush()
    assert (tmp_path / "a").read_bytes() == b"one"
    stream.write(b"x" * CHUNK)
    assert (tmp_path / "a").stat().st_size == CHUNK + 3
    stream.close()
    stream.close()
    assert stream.sha256 == hashlib.sha256((tmp_path / "a").read_bytes()).hexdigest()
    assert (stream.octets, stream.lost, stream.loss) == (CHUNK + 3, 0, "")


def test_a_stream_that_is_full_counts_what_is_missing_and_goes_on(tmp_path, monkeypatch):
    stream = Stream(tmp_path / "a")
    write = os.write
    room = 5

    def until_full(descriptor, octets):
        nonlocal room
        if not room:
            raise OSError(28, "No space left on device")
        done = write(descriptor, octets[:room])
        room -= done
        return done

    monkeypatch.setattr(os, "write", until_full)
    for octets in (b"one", b"two", b"three"):
        stream.write(octets)
        stream.flush()
    room = 100
    stream.write(b"four")
    stream.close()
    assert (tmp_path / "a").read_bytes() == b"onetw"
    assert (stream.octets, stream.lost) == (5, 10)
    assert stream.loss == (
        f"{tmp_path}/a: 10 octets could not be written: No space left on device; "
        "free some space or choose another place"
    )
    assert stream.sha256 == hashlib.sha256(b"onetw").hexdigest()


def test_a_pipe_without_a_reader_is_no_hang(tmp_path):
    os.mkfifo(tmp_path / "a")
    with pytest.raises(WriteError, match="start the reader first"):
        write_whole(tmp_path / "a", "x")
    with pytest.raises(WriteError, match="start the reader first"):
        Stream(tmp_path / "a")


def test_text_that_is_no_text_is_spelled_out(tmp_path):
    write_whole(tmp_path / "a", "\udc80")
    assert (tmp_path / "a").read_bytes() == b"\\udc80"


def test_a_lock_is_of_one_descriptor_until_it_is_closed(tmp_path):
    """A folder too. Who inherits the descriptor has the lock as well."""
    first, second = (os.open(tmp_path, os.O_RDONLY) for _ in range(2))
    assert take_lock(first)
    assert not take_lock(second)
    inherited = os.dup(first)
    os.close(first)
    assert not take_lock(second)
    os.close(inherited)
    assert take_lock(second)
    os.close(second)
