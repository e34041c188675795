"""REC: flight in a process of its own records every start, and each recording flies again to the last bit."""

import os
import signal

import pytest

from ground.recordings.reader import RecordingReader
from ground.recordings.replay import Replay
from tests.fsw.restart.supervised import PATIENCE_S, Bench, fly_on


@pytest.fixture
def supervised(tmp_path):
    benches = []

    def begin(*options):
        benches.append(Bench(tmp_path, ("--record", str(tmp_path / "films"), *options)))
        return benches[-1]

    yield begin
    for bench in benches:
        bench.close()


def recordings(folder):
    return sorted(path.name for path in (folder / "films").iterdir())


def replayed(path):
    """Fly a recording again; return the outcome, which must be without a difference."""
    outcome = Replay(path).run()
    assert outcome.difference is None
    return outcome


def test_every_start_adds_a_recording_that_flies_again(supervised, tmp_path):
    """REC-010, REC-020: killed, the file has all but its last second; ended, it is complete; none is written over."""
    bench = supervised("--state", str(tmp_path / "state"))
    first = int(bench.line(r"fsw: flight process (\d+) started, from RETAINED")[1])
    fly_on(bench, 20.0)
    os.kill(first, signal.SIGKILL)
    bench.line(r"fsw: ended with signal 9 .*, from RETAINED")
    bench.line(r"fsw: flight process (\d+) started, from RETAINED")
    killed_s = bench.world.t_ns / 1e9
    fly_on(bench, 5.0)
    bench.process.send_signal(signal.SIGTERM)
    assert bench.process.wait(PATIENCE_S) == 0
    one, two = (f"recording-000{n}.ssr" for n in (1, 2))
    assert recordings(tmp_path) == [one, f"{one}.platform", two, f"{two}.platform"]

    outcome = replayed(tmp_path / "films" / one)
    assert outcome.cut.startswith(f"{one}: cut short after ")
    assert 18.0 < outcome.end_s < killed_s
    assert [note[:37] for note in outcome.notes] == ["flown with a storage: replayed from w"]
    outcome = replayed(tmp_path / "films" / two)
    assert outcome.cut == ""
    assert outcome.first_tick > 190
    assert outcome.ticks >= 45
    assert RecordingReader(tmp_path / "films" / f"{two}.platform").complete


def test_without_a_storage_a_recording_flies_again_from_its_first_tick(supervised, tmp_path):
    """REC-020: nothing but the links entered flight."""
    bench = supervised()
    bench.line(r"fsw: flight process (\d+) started, from RETAINED")
    fly_on(bench, 5.0)
    bench.process.send_signal(signal.SIGTERM)
    assert bench.process.wait(PATIENCE_S) == 0
    outcome = replayed(tmp_path / "films" / "recording-0001.ssr")
    assert (outcome.first_tick, outcome.cut, outcome.notes) == (0, "", ())
    assert outcome.ticks >= 50


def test_a_folder_that_cannot_be_written_is_one_line_and_flight_goes_on(supervised, tmp_path):
    """REC-030."""
    (tmp_path / "films").write_text("no folder")
    bench = supervised()
    bench.line(r"fsw: flight process (\d+) started, from RETAINED")
    bench.line(
        rf"fsw: {tmp_path}/films: cannot be written: File exists; choose another place; flight goes on without a "
        "recording"
    )
    fly_on(bench)
    bench.process.send_signal(signal.SIGTERM)
    assert bench.process.wait(PATIENCE_S) == 0
    assert bench.process.stderr.read() == ""
