"""The recorder of a flight process: numbers of files, what a kill leaves, what cannot be written."""

import os

import pytest

from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.recorder.folder import FolderRecorder, new_file
from fsw.recorder.recorder import flight_meta
from ground.recordings.reader import RecordingReader
from hal.files import WriteError
from hal.vehicle.load import load_vehicle

BASE_HZ = 10


@pytest.fixture
def said():
    return []


@pytest.fixture
def begin(tmp_path, said):
    pool = Pool(flight_sections())

    def make(**options):
        return FolderRecorder(
            tmp_path / "films", pool, flight_meta(load_vehicle(), 0), base_hz=BASE_HZ, say=said.append, **options
        )

    return make


def settle(recorder):
    """Wait until the threads have written what they were given, and what waited because they were busy then."""
    for file in recorder._recorder.files:
        for _ in range(2):
            if getattr(file, "_writing", None) is not None:
                file._writing.result()
                file.flush()


def test_numbers_go_on_after_the_last_and_nothing_is_written_over(tmp_path):
    folder = tmp_path / "a" / "b"
    assert [new_file(folder).name for _ in range(2)] == ["recording-0001.ssr", "recording-0002.ssr"]
    (folder / "recording-0001.ssr").unlink()
    (folder / "recording-0041.ssr").write_text("kept")
    (folder / "recording-none.ssr").touch()
    assert new_file(folder).name == "recording-0042.ssr"
    (folder / "recording-9999.ssr").touch()
    assert new_file(folder).name == "recording-10000.ssr"
    assert (folder / "recording-0041.ssr").read_text() == "kept"


def test_a_name_that_is_taken_meanwhile_is_not_used(tmp_path, monkeypatch):
    (tmp_path / "recording-0001.ssr").touch()
    monkeypatch.setattr(type(tmp_path), "glob", lambda *_: iter(()))
    assert new_file(tmp_path).name == "recording-0002.ssr"


def test_a_folder_that_cannot_be_made_is_told(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(WriteError, match="cannot be written"):
        new_file(tmp_path / "file")


@pytest.mark.parametrize("background", [False, True])
def test_what_is_killed_leaves_all_but_the_last_second(begin, tmp_path, said, background):
    recorder = begin(background=background)
    for _ in range(3 * BASE_HZ + 4):
        recorder.tick([(0, 1, b"octets")])
        settle(recorder)
    left = RecordingReader(tmp_path / "films" / "recording-0001.ssr")
    assert (left.ticks, left.complete) == (30, False)
    recorder.close()
    recorder.close()
    whole = RecordingReader(tmp_path / "films" / "recording-0001.ssr")
    assert (whole.ticks, whole.complete) == (34, True)
    assert said == []


@pytest.mark.parametrize("background", [False, True])
def test_a_full_disk_is_said_once_and_flight_goes_on(begin, tmp_path, said, monkeypatch, background):
    recorder = begin(background=background)
    for _ in range(BASE_HZ):
        recorder.tick([])
    settle(recorder)
    stream = recorder._recorder._main.stream
    write = os.write

    def full(descriptor, octets):
        if descriptor == stream._descriptor:
            raise OSError(28, "No space left on device")
        return write(descriptor, octets)

    monkeypatch.setattr(os, "write", full)
    for _ in range(5 * BASE_HZ):
        recorder.tick([(0, 1, b"octets")])
        settle(recorder)
    recorder.close()
    assert len(said) == 1
    assert said[0].startswith(f"{tmp_path}/films/recording-0001.ssr: ")
    assert "No space left on device; free some space" in said[0]
    assert RecordingReader(tmp_path / "films" / "recording-0001.ssr").ticks == BASE_HZ
    assert RecordingReader(tmp_path / "films" / "recording-0001.ssr.platform").complete
