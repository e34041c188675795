"""The supervisor: what it gives the next process to go on from, and real processes that end and fall silent."""

import os
import signal
import subprocess
import sys
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fsw.__main__ import main
from fsw.restart.start import RestartReason, StartKind
from fsw.restart.supervisor import LONGEST_BACK_OFF_S, End, Escalation
from hal import output
from hal.vehicle.load import load_vehicle
from tests.fsw.restart.supervised import PATIENCE_S, Bench, alive, fly_on
from tests.sil.separate import write_vehicle

RULES = load_vehicle().restart
QUICK = End(RestartReason.SIGNAL, 11, RULES.quick_death_s / 2, 10)
LATE = End(RestartReason.SIGNAL, 11, RULES.quick_death_s * 2, 10000)


def test_quick_deaths_in_a_row_leave_less_and_less_to_go_on_from():
    escalation = Escalation(RULES)
    kinds = [escalation.after(QUICK)[0] for _ in range(5)]
    assert kinds == [
        StartKind.RETAINED, StartKind.SNAPSHOT, StartKind.SNAPSHOT, StartKind.SALVAGED, StartKind.SALVAGED,
    ]  # fmt: skip
    assert escalation.after(LATE) == (StartKind.RETAINED, 0.0)
    assert escalation.after(QUICK)[0] == StartKind.RETAINED


@given(st.lists(st.sampled_from([QUICK, LATE]), max_size=80))
def test_the_wait_grows_with_quick_deaths_and_is_bounded(ends):
    escalation, row = Escalation(RULES), 0
    for end in ends:
        row = row + 1 if end is QUICK else 0
        kind, wait_s = escalation.after(end)
        assert 0.0 <= wait_s <= LONGEST_BACK_OFF_S
        assert (wait_s == 0.0) == (row == 0)
        assert (kind == StartKind.SALVAGED) == (row >= RULES.deaths_to_cold)


def test_the_wait_doubles_up_to_the_longest():
    escalation, expected_s = Escalation(RULES), RULES.back_off_s
    for _ in range(40):
        _, wait_s = escalation.after(QUICK)
        assert wait_s == pytest.approx(expected_s)
        expected_s = min(2.0 * expected_s, LONGEST_BACK_OFF_S)
    assert wait_s == LONGEST_BACK_OFF_S


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path, ("--state", str(tmp_path / "state")))
    yield made
    made.close()


def test_a_killed_and_a_frozen_process_are_replaced_and_sigterm_ends_all(bench):
    first = int(bench.line(r"fsw: flight process (\d+) started, from RETAINED")[1])
    fly_on(bench)
    os.kill(first, signal.SIGKILL)
    bench.line(r"fsw: ended with signal 9 after [\d.]+ s; restart 1 in 0.2 s, from RETAINED")
    second = int(bench.line(r"fsw: flight process (\d+) started, from RETAINED")[1])
    fly_on(bench)
    os.kill(second, signal.SIGSTOP)
    bench.line(r"fsw: no heartbeat: ended after [\d.]+ s; restart 2 in 0.4 s, from SNAPSHOT")
    third = int(bench.line(r"fsw: flight process (\d+) started, from SNAPSHOT")[1])
    fly_on(bench)
    bench.process.send_signal(signal.SIGTERM)
    assert bench.process.wait(PATIENCE_S) == 0
    for pid in (first, second, third):
        assert not alive(pid)
    assert len({first, second, third}) == 3


def test_flight_ends_with_its_supervisor(bench):
    pid = int(bench.line(r"fsw: flight process (\d+) started, from RETAINED")[1])
    fly_on(bench)
    bench.process.kill()
    bench.process.wait(PATIENCE_S)
    begun = time.monotonic()
    while alive(pid):
        assert time.monotonic() - begun < PATIENCE_S
        time.sleep(0.01)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["nowhere"], "no such vehicle"),
        (["reference", "--radio", "loop://radio"], "which is in the simulator"),
        (["reference"], "radio.link is missing"),
        (["reference", "--tai-ns", "soon"], "expected a whole number"),
        ([], "vehicle"),
        (["reference", "--radio", "loop://radio", "--memory", "/proc/none/there"], "found 'sim://adcs'"),
    ],
)
def test_what_cannot_fly_is_one_line_and_exit_code_2(arguments, says, capsys):
    assert output.run(main, arguments) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert says in said


def test_a_link_that_cannot_be_opened_ends_the_first_start(tmp_path):
    file = tmp_path / "vehicle.toml"
    names = ("adcs", "eps", "star_tracker", "gnss", "radio")
    write_vehicle(file, load_vehicle(), {n: f"serial://{tmp_path}/{n}" for n in names})
    done = subprocess.run(
        [sys.executable, "-m", "fsw", str(file), "--state", str(tmp_path / "state")],
        capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 2
    said = [line for line in done.stderr.splitlines() if "started" not in line]
    assert len(said) == 1
    assert "cannot be opened" in said[0]
