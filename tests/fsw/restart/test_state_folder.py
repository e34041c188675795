"""RST-130: a state folder and retained memory belong to one vehicle, and to one flight at a time."""

import dataclasses
import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fsw.__main__ import main
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.restart.retained import SIZE, RetainedMemory
from fsw.restart.state_folder import StateError, claim, owner_of
from fsw.restart.supervisor import open_memory
from hal import output
from hal.vehicle.load import load_vehicle
from tests.sil.separate import write_vehicle

OWN = load_vehicle()
PATIENCE_S = 600.0


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "state"


@pytest.fixture(autouse=True)
def impatient(monkeypatch):
    monkeypatch.setattr("fsw.restart.state_folder.PATIENCE_NS", 0)


def claimed(folder, vehicle=OWN, **options):
    os.close(claim(str(folder), vehicle, **options))


def files(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def with_a_change(**changes):
    return dataclasses.replace(OWN, **changes)


OTHERS = {
    "name": with_a_change(name="other"),
    "spacecraft id": with_a_change(radio=dataclasses.replace(OWN.radio, scid=OWN.radio.scid ^ 1)),
    "devices": OWN.changed("wheels", units=OWN.device("wheels").units[:3]),
}


@pytest.mark.parametrize("what", OTHERS)
def test_the_state_of_another_vehicle_is_refused_unless_told(folder, what):
    claimed(folder)
    before = files(folder)
    with pytest.raises(
        StateError, match=r"^state folder .*: found the state of vehicle .*, expected that of vehicle .*adopt"
    ):
        claim(str(folder), OTHERS[what])
    assert files(folder) == before
    claimed(folder, OTHERS[what], adopt=True)
    claimed(folder, OTHERS[what])
    with pytest.raises(StateError):
        claim(str(folder), OWN)


def test_a_vehicle_file_that_was_tuned_is_the_same_vehicle(folder):
    claimed(folder)
    tuned = with_a_change(
        control=dataclasses.replace(OWN.control, damping=0.9),
        spacecraft=dataclasses.replace(OWN.spacecraft, mass_kg=11.5),
    )  # fmt: skip
    claimed(folder, tuned)
    assert owner_of(tuned) == owner_of(OWN) != owner_of(OTHERS["name"])


@pytest.mark.parametrize("damage", ["identity.0", "identity.1", "both"])
def test_a_damaged_identity_does_not_end_flight(folder, damage):
    claimed(folder)
    whole = files(folder)
    for name in whole if damage == "both" else [damage]:
        (folder / name).write_bytes(whole[name][:-1] + b"?")
    if damage != "both":
        with pytest.raises(StateError):
            claim(str(folder), OTHERS["name"])
    (folder / "pool.1").write_bytes(b"kept")
    claimed(folder)
    assert files(folder) == {**whole, "pool.1": b"kept"}


def test_a_folder_of_other_things_is_no_state_folder(folder):
    folder.mkdir()
    (folder / "thesis.tex").write_text("x")
    with pytest.raises(StateError, match=r"found 'thesis.tex', expected an empty folder or one of checkpoints$"):
        claim(str(folder), OWN)
    assert list(files(folder)) == ["thesis.tex"]
    (folder / "pool.0").write_bytes(b"a checkpoint of before identities were kept")
    claimed(folder)


def test_a_folder_on_a_file_system_without_locks_is_one_line(folder, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(StateError, match=r"^state folder .*: cannot be used: No locks available; give another folder$"):
        claim(str(folder), OWN)
    assert len(list(Path("/proc/self/fd").iterdir())) == before
    assert files(folder) == {}


def test_a_second_flight_is_kept_out_until_the_first_has_ended(folder):
    first = claim(str(folder), OWN)
    with pytest.raises(StateError, match="another flight uses it"):
        claim(str(folder), OWN)
    os.close(first)
    claimed(folder)


# ---------------------------------------------------------------- memory


def octets_of_size(path, size, head=b""):
    path.write_bytes(head + bytes(size - len(head)))


@pytest.mark.parametrize(
    ("size", "head"),
    [(3_000_000, b""), (SIZE, b"not ours"), (SIZE, bytes(500) + b"x"), (7, b"SSRM"), (SIZE + 1, b"SSRM")],
)
def test_a_file_that_is_no_retained_memory_is_left_as_it_is(tmp_path, size, head):
    path = tmp_path / "memory"
    octets_of_size(path, size, head)
    before = path.read_bytes()
    with pytest.raises(StateError, match=f"found a file of {size} octets that is no retained memory"):
        open_memory(str(path))
    assert path.read_bytes() == before


@pytest.mark.parametrize("make", [os.mkfifo, lambda path: path.symlink_to("/dev/null")])
def test_what_is_no_file_is_no_memory(tmp_path, make):
    make(tmp_path / "memory")
    with pytest.raises(StateError, match="found no file"):
        open_memory(str(tmp_path / "memory"))


def test_memory_is_made_used_again_locked_and_of_one_vehicle(tmp_path):
    path = str(tmp_path / "memory")
    descriptor = open_memory(path, owner_of(OWN))
    memory = RetainedMemory(descriptor, owner_of(OWN))
    pool = Pool(flight_sections(), place=memory.place)
    memory.attach(pool)
    pool.view("time.tick")[...] = 7
    memory.save()
    with pytest.raises(StateError, match="another flight uses it"):
        open_memory(path, owner_of(OWN))
    fcntl.flock(descriptor, fcntl.LOCK_UN)  # as the end of the process does
    with pytest.raises(StateError, match="found that of another vehicle"):
        open_memory(path, owner_of(OTHERS["name"]))
    again = RetainedMemory(open_memory(path, owner_of(OWN)), owner_of(OWN))
    other = Pool(flight_sections(), place=again.place)
    again.attach(other)
    assert again.restore()
    assert other["time.tick"] == 7
    stranger = RetainedMemory(open_memory_unlocked(path), owner_of(OTHERS["name"]))
    theirs = Pool(flight_sections(), place=stranger.place)
    stranger.attach(theirs)
    assert not stranger.restore()


def open_memory_unlocked(path):
    return os.open(path, os.O_RDWR)


# ---------------------------------------------------------------- from the command line


def command(file, folder):
    return [sys.executable, "-m", "fsw", str(file), "--state", str(folder)]


def refused(capsys, file, folder, *more):
    """What flight says in the one line with which it ends, in this process."""
    assert output.run(main, [*command(file, folder)[3:], *more]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    return said


def test_a_second_supervisor_and_another_vehicle_are_one_line_and_exit_code_2(tmp_path, folder, capsys, monkeypatch):
    names = ("adcs", "eps", "star_tracker", "gnss", "radio")
    one, other = tmp_path / "one.toml", tmp_path / "other.toml"
    for file, vehicle in ((one, OWN), (other, OTHERS["name"])):
        write_vehicle(file, vehicle, {n: f"loop://{n}" for n in names})
    first = subprocess.Popen(command(one, folder), stderr=subprocess.PIPE, text=True)
    try:
        assert "started" in first.stderr.readline()
        assert "another flight uses it" in refused(capsys, one, folder)
    finally:
        first.send_signal(signal.SIGKILL)
        first.wait(PATIENCE_S)
        first.stderr.close()
    monkeypatch.setattr("fsw.restart.state_folder.PATIENCE_NS", int(PATIENCE_S * 1e9))
    assert "found the state of vehicle" in refused(capsys, other, folder)  # the lock ended with the flight process
    (tmp_path / "film").write_bytes(bytes(3_000_000))
    assert "no retained memory" in refused(capsys, one, folder, "--memory", str(tmp_path / "film"))
