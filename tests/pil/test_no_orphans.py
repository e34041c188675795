"""An emulator ends with its parent, whatever ends the parent, and leaves nothing behind."""

import contextlib
import gc
import os
import random
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from firmware_bindings.qemu.emulator import Emulator
from hal.wire import ResetReason

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 600.0
WAIT = "print(sys.stdin.readline(), end='', flush=True)"  # for a line, or the end of this process
IN_A_THREAD = "import threading; t = threading.Thread(target=lambda: adcs.start()); t.start(); t.join()"


@pytest.fixture
def unique_image(images, tmp_path):
    """An image whose path no other process has in its command line; its folder holds nothing else."""
    folder = tmp_path / "image"
    folder.mkdir()
    image = Path(shutil.copy(images("adcs"), folder / "adcs.elf"))
    yield image
    for pid in processes_of(image):  # none, unless the test has failed
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


@pytest.fixture
def parent(unique_image, tmp_path):
    """Start a process that has an emulator, with folders of its own: `parent(what it then does)`."""
    places = {name: tmp_path / name for name in ("cwd", "TMPDIR", "HOME", "XDG_RUNTIME_DIR")}
    for place in places.values():
        place.mkdir()
    processes = []

    def start(then, started="adcs.start()"):
        text = f"""
            import os, sys, time
            from pathlib import Path
            from firmware_bindings.qemu.emulator import Emulator
            print("began", flush=True)
            adcs = Emulator("adcs", Path({str(unique_image)!r}))
            {started}
            print("started", flush=True)
            {then}
        """
        process = subprocess.Popen(
            [sys.executable, "-c", textwrap.dedent(text)],
            cwd=places["cwd"],
            env={**os.environ, **{n: str(p) for n, p in places.items() if n != "cwd"}, "PYTHONPATH": str(ROOT)},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        processes.append(process)
        return process

    yield start
    for process in processes:
        end(process)
        process.stdin.close()
        process.stdout.close()


def end(process):
    """End a parent and all copies of it; the number of its group is its own until it has been waited for."""
    if process.returncode is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def processes_of(image):
    """The ids of the processes that have `image` in their command line, this one and finished ones aside."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                command = (entry / "cmdline").read_bytes().split(b"\0")
                if str(image).encode() in command:
                    found.append(int(entry.name))
        except OSError:
            continue
    return found


def assert_nothing_left(image, tmp_path):
    """No process with the image, and no file but the image."""
    until = time.monotonic() + PATIENCE_S
    while processes_of(image) and time.monotonic() < until:
        time.sleep(0.005)
    assert processes_of(image) == []
    assert [path for path in tmp_path.rglob("*") if not path.is_dir()] == [image]


def cycle(times, image, ear):
    """Start and stop an emulator so often."""
    for _ in range(times):
        with Emulator("adcs", image) as adcs:
            assert ear(adcs.bus).boot_reason() == ResetReason.POWER_ON
            assert len(processes_of(image)) == 1


def assert_cycles_leave_nothing(times, image, ear, tmp_path):
    """No process, no file, no descriptor, no boot frame lost."""
    cycle(1, image, ear)
    gc.collect()  # what other tests have left to it
    before = sorted(Path("/proc/self/fd").iterdir())
    cycle(times, image, ear)
    assert sorted(Path("/proc/self/fd").iterdir()) == before
    assert_nothing_left(image, tmp_path)


def test_starts_and_stops_leave_nothing(unique_image, ear, tmp_path):
    assert_cycles_leave_nothing(3, unique_image, ear, tmp_path)
    assert processes_of(unique_image) == []


@pytest.mark.proof
def test_a_hundred_starts_and_stops_leave_nothing(unique_image, ear, tmp_path):
    assert_cycles_leave_nothing(100, unique_image, ear, tmp_path)
    assert processes_of(unique_image) == []


def kill_parents(times, parent, image, tmp_path):
    """Kill parents at random moments of the start and of the flight; return how many had started."""
    moments, started = random.Random(1), 0
    for _ in range(times):
        process = parent(WAIT)
        assert process.stdout.readline() == "began\n"
        time.sleep(moments.uniform(0.0, 0.3))
        end(process)
        started += "started" in process.stdout.read()
        assert_nothing_left(image, tmp_path)
    return started


def test_parents_killed_at_any_moment_leave_nothing(parent, unique_image, tmp_path):
    started = kill_parents(2, parent, unique_image, tmp_path)
    assert 0 <= started <= 2


@pytest.mark.proof
def test_twenty_parents_killed_at_any_moment_leave_nothing(parent, unique_image, tmp_path):
    started = kill_parents(20, parent, unique_image, tmp_path)
    print(f"killed after the start: {started}, during it: {20 - started}")
    assert 0 < started < 20


@pytest.mark.parametrize(
    "then",
    [
        "os.kill(os.getpid(), 9)",
        "raise SystemExit(0)",
        "os._exit(0)",
        "os.abort()",
        "os.execv('/bin/cat', ['cat'])",
        f"os.fork() or os.kill(os.getppid(), 9); {WAIT}",  # the copy has all descriptors, and lives on
    ],
)
def test_however_the_parent_ends_the_emulator_does(parent, unique_image, tmp_path, then):
    process = parent(f"import resource; resource.setrlimit(resource.RLIMIT_CORE, (0, 0)); {then}")
    assert process.stdout.readline() == "began\n"
    assert process.stdout.readline() == "started\n"
    assert_nothing_left(unique_image, tmp_path)
    if WAIT in then or "exec" in then:  # something of the parent is there still
        process.stdin.write("here\n")
        process.stdin.flush()
        assert process.stdout.readline() == "here\n"


def test_an_emulator_started_in_a_thread_that_ended_ends_with_the_parent(parent, unique_image, tmp_path):
    process = parent(WAIT, started=IN_A_THREAD)
    assert process.stdout.readline() == "began\n"
    assert process.stdout.readline() == "started\n"
    time.sleep(0.2)
    assert len(processes_of(unique_image)) >= 1
    end(process)
    assert_nothing_left(unique_image, tmp_path)


@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")  # since Python 3.12, for a process with threads
def test_a_forked_copy_of_the_parent_ends_alone(images, ear):
    with Emulator("adcs", images("adcs")) as adcs:
        bus = ear(adcs.bus)
        assert bus.boot_reason() == ResetReason.POWER_ON
        copy = os.fork()
        if copy == 0:
            try:
                adcs.kill()
            finally:
                os._exit(0)
        try:
            os.waitpid(copy, 0)
        except BaseException:
            os.kill(copy, signal.SIGKILL)
            raise
        assert adcs.running
        assert bus.identify() is not None
