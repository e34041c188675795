"""HAL-FIL: a file is written whole or not at all, in UTF-8, and a refusal is one line."""

import locale
from pathlib import Path

import pytest

from hal.files import WriteError, told, write_whole


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
    with pytest.raises(WriteError, match="give the path of a file"), told(tmp_path):
        tmp_path.open("wb")
