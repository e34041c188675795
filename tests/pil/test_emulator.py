"""The life of an emulated board: power, reset pin, crystal, watchdog."""

import os
import signal
import statistics
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from firmware_bindings.errors import EmulatorError
from firmware_bindings.qemu.emulator import Emulator
from firmware_bindings.qemu.watchdog import WatchdogLog
from hal import wire
from hal.links.link import LinkError
from hal.packet import encode_frame
from hal.wire import ResetReason

START_S = 2.0  # the longest acceptable start-up, and the only duration that is judged: it is twenty times the usual one
RAM = 0x2000_0000
SOME_PERIODS_S = 0.9  # the watchdog's is 0.5 s


def assert_within(patience_s, condition):
    """Wait until `condition()` holds."""
    until = time.monotonic() + patience_s
    while not condition() and time.monotonic() < until:
        time.sleep(0.002)
    assert condition()


def test_start_up_is_short_and_the_boot_frame_is_there(new_emulator, ear):
    boards = [new_emulator("adcs") for _ in range(3)]
    reasons = [ear(board.bus).boot_reason() for board in boards]
    took = sorted(board.start_s for board in boards)
    print(f"start-up: median {statistics.median(took) * 1e3:.0f} ms, longest {took[-1] * 1e3:.0f} ms")
    assert reasons == [ResetReason.POWER_ON] * 3
    assert took[0] < START_S


def test_reset_boots_and_keeps_ram(adcs, ear):
    bus = ear(adcs.bus)
    assert bus.boot_reason() == ResetReason.POWER_ON
    adcs.reset()
    assert bus.boot_reason() == ResetReason.EXTERNAL
    assert bus.identify() is not None


def test_after_a_reset_the_board_listens_at_once(adcs, ear):
    """It drops what comes before its ports are enabled, so `reset` returns after that."""
    bus = ear(adcs.bus)
    for _ in range(10):
        adcs.reset()
        assert bus.identify() is not None


def test_a_halted_board_answers_when_it_goes_on(adcs, ear):
    bus = ear(adcs.bus)
    assert bus.identify() is not None
    adcs.halt()
    assert adcs.halted and adcs.running
    assert bus.identify(patience_s=0.3) is None
    adcs.resume()
    assert not adcs.halted
    assert bus.wait(wire.Apid.IDENTITY) is not None


def test_a_halted_board_can_be_reset(adcs, ear):
    bus = ear(adcs.bus)
    assert bus.boot_reason() == ResetReason.POWER_ON
    adcs.halt()
    adcs.reset()
    assert adcs.halted
    assert bus.boot_reason(patience_s=0.2) is None
    adcs.resume()
    assert bus.boot_reason() == ResetReason.EXTERNAL


def test_a_hung_board_is_silent_until_the_watchdog_bites(adcs, ear):
    bus = ear(adcs.bus)
    assert bus.boot_reason() == ResetReason.POWER_ON
    assert bus.identify() is not None
    adcs.hang()
    adcs.bus.write(encode_frame(wire.Apid.IDENTIFY, 1, 0, b""))
    apid, payload = bus.next()  # no answer before it
    assert (apid, bus.reason(payload)) == (wire.Apid.BOOT, ResetReason.WATCHDOG)
    assert adcs.watchdog_bites == 1
    assert bus.identify() is not None


def test_interrupts_go_on_in_a_hung_board(new_emulator, ear):
    adcs = new_emulator("adcs", watchdog=False)
    assert ear(adcs.bus).identify() is not None
    adcs.hang()
    kept = adcs.symbol("kept")  # counts milliseconds, by an interrupt
    before = adcs.read_memory(kept, 64)
    assert_within(20.0, lambda: adcs.read_memory(kept, 64) != before)


def test_without_a_watchdog_a_hung_board_stays_so(new_emulator, ear):
    adcs = new_emulator("adcs", watchdog=False)
    bus = ear(adcs.bus)
    assert bus.identify() is not None
    adcs.hang()
    assert bus.boot_reason(patience_s=SOME_PERIODS_S) is None
    assert adcs.watchdog_bites == 0


def test_the_watchdog_leaves_a_working_board_alone(adcs):
    time.sleep(1.2)  # two of its periods
    assert adcs.watchdog_bites == 0


@pytest.mark.parametrize("frozen_by", ["halt", "signal"])
def test_a_frozen_emulator_is_not_bitten(adcs, ear, frozen_by):
    bus = ear(adcs.bus)
    assert bus.boot_reason() == ResetReason.POWER_ON
    if frozen_by == "halt":
        adcs.halt()
    else:
        os.kill(adcs.pid, signal.SIGSTOP)
    time.sleep(SOME_PERIODS_S)
    if frozen_by == "halt":
        adcs.resume()
    else:
        os.kill(adcs.pid, signal.SIGCONT)
    assert bus.identify() is not None
    assert adcs.watchdog_bites == 0


@pytest.mark.proof  # for four seconds nothing else runs on that processor, and other tests would wait for theirs
def test_a_starved_emulator_is_not_taken_for_a_hung_board(adcs, ear, hog):
    """The emulator waits most of each second for a processor that a real-time process keeps."""
    processor = max(os.sched_getaffinity(0))
    waited = wait_ns(adcs.pid)
    for thread in Path(f"/proc/{adcs.pid}/task").iterdir():
        os.sched_setaffinity(int(thread.name), {processor})
    hog(processor)
    time.sleep(4.0)
    assert wait_ns(adcs.pid) - waited > 1e9
    assert adcs.watchdog_bites == 0


def wait_ns(pid):
    """For how long the threads of a process have waited for a processor."""
    files = Path(f"/proc/{pid}/task").glob("*/schedstat")
    return sum(int(file.read_text().split()[1]) for file in files)


@pytest.fixture
def hog():
    """Occupy a processor with a process that never rests, at real-time priority: `hog(processor)`."""
    processes = []

    def start(processor):
        processes.append(subprocess.Popen([sys.executable, "-S", "-c", "while True: pass"]))
        os.sched_setaffinity(processes[0].pid, {processor})
        try:
            os.sched_setscheduler(processes[0].pid, os.SCHED_FIFO, os.sched_param(1))
        except PermissionError:
            pytest.skip("real-time scheduling is not permitted: run as root, or with CAP_SYS_NICE")

    yield start
    for process in processes:
        process.kill()
        process.wait()


def test_restart_is_a_power_cycle_on_the_same_links(adcs, ear):
    bus, first, links, descriptor = ear(adcs.bus), adcs.pid, (adcs.bus, adcs.stimulus), adcs.bus.fileno()
    assert bus.boot_reason() == ResetReason.POWER_ON
    adcs.restart()
    assert adcs.pid != first
    assert (adcs.bus, adcs.stimulus) == links
    assert adcs.bus.fileno() == descriptor
    assert bus.boot_reason() == ResetReason.POWER_ON
    assert bus.identify() is not None


def test_bites_are_counted_over_a_restart(adcs, ear):
    assert ear(adcs.bus).identify() is not None
    adcs.hang()
    assert_within(20.0, lambda: adcs.watchdog_bites == 1)
    adcs.restart()
    assert adcs.watchdog_bites == 1


def test_what_was_sent_before_the_end_can_be_read_then_the_link_says_why(adcs, ear):
    bus = ear(adcs.bus)
    assert bus.boot_reason() == ResetReason.POWER_ON
    adcs.reset()
    assert bus.identify() is not None
    adcs.bus.write(encode_frame(wire.Apid.IDENTIFY, 1, 0, b""))
    time.sleep(0.2)
    adcs.kill()
    assert bus.wait(wire.Apid.IDENTITY) is not None
    assert not adcs.running
    for use in (adcs.bus.read, adcs.stimulus.read, lambda: adcs.bus.write(b"x")):
        with pytest.raises(LinkError, match=r"qemu://adcs.*the emulator has been ended"):
            use()


def test_an_emulator_that_dies_is_noticed(adcs):
    os.kill(adcs.pid, signal.SIGKILL)
    assert_within(20.0, lambda: not adcs.running)
    assert adcs.exit_reason == "the emulator has ended with signal 9: it said nothing"
    adcs.bus.read()
    for use in (adcs.bus.read, lambda: adcs.bus.write(b"x")):
        with pytest.raises(LinkError, match="ended with signal 9"):
            use()
    for use in (adcs.reset, adcs.halt, adcs.resume, adcs.hang, lambda: adcs.read_memory(RAM, 4)):
        with pytest.raises(EmulatorError, match="adcs: the emulator has ended with signal 9"):
            use()
    adcs.restart()
    assert adcs.running and adcs.exit_reason == ""


def test_memory_and_symbols(adcs):
    """Memory can be read and written by address and by symbol."""
    vector = adcs.read_memory(0x0800_0000, 8)
    assert int.from_bytes(vector[4:], "little") == adcs.symbol("reset_entry") | 1
    free = RAM + 0x1_F000
    octets = bytes(range(256)) * 10
    adcs.write_memory(free, octets)
    assert adcs.read_memory(free, len(octets)) == octets
    with pytest.raises(EmulatorError, match="no symbol 'nobody'"):
        adcs.symbol("nobody")
    with pytest.raises(EmulatorError, match="no memory to read: 4 octets at 0x70000000"):
        adcs.read_memory(0x7000_0000, 4)


def test_flash_can_be_upset_until_the_image_is_loaded_anew(adcs):
    at = adcs.symbol("main")
    octets = adcs.read_memory(at, 4)
    adcs.halt()
    adcs.write_memory(at, bytes(4))
    adcs.reset()
    assert adcs.read_memory(at, 4) == bytes(4)
    adcs.restart()
    assert adcs.read_memory(at, 4) == octets


def test_hundreds_of_halts_leave_the_emulator_well(adcs, ear):
    for _ in range(200):
        adcs.halt()
        adcs.resume()
    assert ear(adcs.bus).identify() is not None


def test_it_lives_on_when_the_thread_that_started_it_ends(images, ear):
    """The kernel's promise to kill a child with its parent is bound to the parent's thread."""
    adcs = Emulator("adcs", images("adcs"))
    thread = threading.Thread(target=adcs.start)
    try:
        thread.start()
        thread.join()
        time.sleep(0.2)
        assert adcs.running
        assert ear(adcs.bus).identify() is not None
    finally:
        adcs.kill()


def test_it_is_started_once(adcs):
    """A second `start` of a running emulator is refused."""
    with pytest.raises(EmulatorError, match="adcs: the emulator is already running"):
        adcs.start()


def test_before_the_start_and_after_the_end(images):
    adcs = Emulator("adcs", images("adcs"))
    assert (adcs.running, adcs.halted, adcs.exit_reason) == (False, False, "the emulator has not been started")
    with pytest.raises(LinkError, match="qemu://adcs: read: the emulator has not been started"):
        adcs.bus.read()
    adcs.kill()
    with adcs:
        assert adcs.running
    assert not adcs.running
    adcs.close()
    with pytest.raises(LinkError, match="qemu://adcs: read on a closed link"):
        adcs.bus.read()


def test_a_watchdog_whose_thread_begins_after_the_end(images, monkeypatch):
    """A crowded computer may start the thread late: it finds the log of a process that has ended, and ends too."""

    def late(watchdog):
        time.sleep(0.3)
        return WatchdogLog(watchdog)

    monkeypatch.setattr("firmware_bindings.qemu.watch.WatchdogLog", late)
    failures = []
    monkeypatch.setattr("threading.excepthook", failures.append)
    emulator = Emulator("ping", images("ping"), await_boot=False)
    emulator.start()
    emulator.kill()
    assert failures == []
    assert not emulator.running
