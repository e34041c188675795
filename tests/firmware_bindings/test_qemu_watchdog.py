"""The model of the independent watchdog: registers as in RM0090, time that counts. No emulator is needed."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware_bindings.qemu.watchdog import GuestTime, Watchdog, WatchdogLog

KR, PR, RLR = 0, 4, 8
START, UNLOCK, RELOAD = 0xCCCC, 0x5555, 0xAAAA


def started(prescaler, reload):
    watchdog = Watchdog()
    for offset, value in ((KR, START), (KR, UNLOCK), (PR, prescaler), (RLR, reload), (KR, RELOAD)):
        watchdog.write(offset, value)
    return watchdog


# RM0090 table 107: smallest and largest time-out at 32 kHz for each prescaler (RLR = 0 and 0xFFF) [s].
TABLE_107 = [
    (0, 0.125e-3, 0.512),
    (1, 0.25e-3, 1.024),
    (2, 0.5e-3, 2.048),
    (3, 1e-3, 4.096),
    (4, 2e-3, 8.192),
    (5, 4e-3, 16.384),
    (6, 8e-3, 32.768),
]


@pytest.mark.parametrize(("prescaler", "smallest_s", "largest_s"), TABLE_107)
def test_periods_of_the_reference_manual(prescaler, smallest_s, largest_s):
    assert started(prescaler, 0).period_s == pytest.approx(smallest_s)
    assert started(prescaler, 0xFFF).period_s == pytest.approx(largest_s)


def test_it_is_off_until_it_is_started():
    watchdog = Watchdog()
    watchdog.write(KR, RELOAD)
    watchdog.count(1e6)
    assert not watchdog.running and not watchdog.expired


def test_started_it_runs_from_the_largest_count():
    watchdog = Watchdog()
    watchdog.write(KR, START)
    assert watchdog.period_s == pytest.approx(0.512)


def test_it_bites_when_it_is_not_kicked_in_time():
    watchdog = started(2, 999)
    watchdog.count(0.499)
    assert not watchdog.expired
    watchdog.count(0.002)
    assert watchdog.expired


def test_a_kick_starts_the_period_anew():
    watchdog = started(2, 999)
    for _ in range(10):
        watchdog.count(0.499)
        watchdog.write(KR, RELOAD)
    assert not watchdog.expired


def test_locked_registers_keep_their_values():
    watchdog = started(2, 999)
    watchdog.write(PR, 6)
    watchdog.write(RLR, 0xFFF)
    watchdog.write(KR, RELOAD)
    assert watchdog.period_s == pytest.approx(0.5)


def test_a_new_reload_value_counts_from_the_next_kick():
    watchdog = started(2, 999)
    watchdog.write(KR, UNLOCK)
    watchdog.write(RLR, 99)
    assert watchdog.period_s == pytest.approx(0.5)
    watchdog.write(KR, RELOAD)
    assert watchdog.period_s == pytest.approx(0.05)


def test_only_a_reset_stops_it():
    watchdog = started(2, 999)
    for value in (0, START, UNLOCK, RELOAD, 0xFFFF):
        watchdog.write(KR, value)
    assert watchdog.running
    watchdog.reset()
    assert not watchdog.running


LOG = (
    b"RCC: unimplemented device read  (size 4, offset 0x000)\n"
    b"I2S2ext: unimplemented device write (size 4, offset 0x000, value 0x0000cccc)\n"
    b"I2S2ext: unimplemented device write (size 4, offset 0x000, value 0x00005555)\n"
    b"IWDG: unimplemented device write (size 4, offset 0x004, value 0x00000002)\n"
    b"IWDG: unimplemented device write (size 4, offset 0x008, value 0x000003e7)\n"
    b"GPIOA: unimplemented device write (size 4, offset 0x004, value 0x00000007)\n"
    b"IWDG: unimplemented device write (size 4, offset 0x000, value 0x0000aaaa)\n"
)


@given(st.lists(st.integers(0, len(LOG)), max_size=12))
def test_the_log_is_read_in_pieces_of_any_size(cuts):
    watchdog = Watchdog()
    log = WatchdogLog(watchdog)
    at = [0, *sorted(cuts), len(LOG)]
    for start, end in itertools.pairwise(at):
        log.feed(LOG[start:end])
    assert watchdog.running
    assert watchdog.period_s == pytest.approx(0.5)


def test_a_reset_in_the_log_stops_it():
    watchdog = Watchdog()
    log = WatchdogLog(watchdog)
    log.feed(LOG + b"CPU Reset (CPU 0)\nR00=00000000 R01=00000000\n")
    assert not watchdog.running
    log.feed(LOG)
    assert watchdog.running


@given(st.binary(max_size=200))
def test_any_log_is_read(octets):
    """Any octets before a valid log line do not prevent that it is read."""
    watchdog = Watchdog()
    WatchdogLog(watchdog).feed(octets + b"\n" + LOG)
    assert watchdog.running


class Host:
    """The files of a process with two threads, 11 and 12, and a clock."""

    def __init__(self, folder):
        self.folder, self.now_s, self.times_ns = folder, 100.0, {11: [0, 0], 12: [0, 0]}
        for thread in self.times_ns:
            (folder / "task" / str(thread)).mkdir(parents=True)
        self.write("SS")
        self.guest = GuestTime(folder, tuple(self.times_ns), lambda: self.now_s)

    def write(self, states):
        for (thread, (ran_ns, waited_ns)), state in zip(self.times_ns.items(), states, strict=True):
            folder = self.folder / "task" / str(thread)
            (folder / "stat").write_text(f"10 (a) b (x) {state} 1 10 10\n")
            (folder / "schedstat").write_text(f"{ran_ns} {waited_ns} 7\n")

    def look(self, after_s, states="SS", ran_s=(0, 0), waited_s=(0, 0)):
        """What counts of the next `after_s`, in which the threads ran and waited so long."""
        self.now_s += after_s
        for times_ns, ran, waited in zip(self.times_ns.values(), ran_s, waited_s, strict=True):
            times_ns[0] += round(ran * 1e9)
            times_ns[1] += round(waited * 1e9)
        self.write(states)
        return self.guest.advance(look_s=0.1)


@pytest.fixture
def host(tmp_path):
    return Host(tmp_path)


def test_a_guest_that_sleeps_or_works_has_all_the_time(host):
    assert host.look(0.1) == pytest.approx(0.1)
    assert host.look(0.05, "SR", ran_s=(0, 0.05)) == pytest.approx(0.05)
    assert host.look(0.05, "SS", ran_s=(0, 0.02)) == pytest.approx(0.05)


def test_waiting_for_a_processor_does_not_count(host):
    assert host.look(0.1, waited_s=(0.04, 0)) == pytest.approx(0.06)
    assert host.look(0.1, waited_s=(0.01, 0.05)) == pytest.approx(0.05)
    assert host.look(0.1, waited_s=(0.3, 0)) == 0.0


def test_waiting_that_goes_on_does_not_count(host):
    """Linux adds a wait to its figure when it ends."""
    assert host.look(0.1, "SR") == 0.0
    assert host.look(0.1, "RS", ran_s=(0.02, 0)) == pytest.approx(0.02)
    assert host.look(0.1, "SS", waited_s=(0.08, 0.2)) == 0.0


def test_a_look_that_comes_late_counts_no_more_than_two(host):
    assert host.look(30.0) == pytest.approx(0.2)
    assert host.look(30.0, "SR", ran_s=(0, 30.0)) == pytest.approx(0.2)


@pytest.mark.parametrize("state", ["TS", "ST", "tS"])
def test_a_stopped_process_has_no_time(host, state):
    """The watchdog's time stands still while the emulator is stopped by a signal."""
    assert host.look(0.1, state) == 0.0
    assert host.look(0.1) == pytest.approx(0.1)


def test_where_linux_does_not_tell_the_wall_clock_counts(tmp_path):
    now_s = [5.0]
    guest = GuestTime(tmp_path / "none", (1, 2), lambda: now_s[0])
    now_s[0] += 0.1
    assert guest.advance(look_s=0.1) == pytest.approx(0.1)
