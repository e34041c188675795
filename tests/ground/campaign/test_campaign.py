"""CMP: a campaign over a pool of processes: every flight has its result, whatever it does, and a kill loses none."""

import dataclasses
import io
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest
from rich.console import Console

from ground.campaign.definition import Campaign, CampaignError, Flight, code_hash, flight_from, flights_of
from ground.campaign.outcome import DIED, HUNG, MET, RAISED, WRONG, Outcome
from ground.campaign.progress import ConsoleProgress
from ground.campaign.runner import run
from ground.campaign.store import Store
from ground.campaign.table import table
from hal.exit_codes import ExitCode
from hal.files import WriteError
from hal.schema import SchemaError
from sim.scenario.scenario import Fault
from tests.ground.campaign.judges import ENDLESS, LOG, numbers
from tests.ground.ended import HEARS_SIGNALS

JUDGES = "tests.ground.campaign.judges"
PATIENCE_S = 600.0


def content(path):
    with Store(path) as store:
        return store.content()


def shown(path):
    with Store(path) as store:
        return table(store).replace(str(path), "FILE")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Forty flights, uninterrupted; and what was said meanwhile."""
    path = tmp_path_factory.mktemp("whole") / "numbers.sqlite"
    said = io.StringIO()
    summary = run(numbers(40), path, workers=2, progress=spoken_to(said))
    return path, summary, said.getvalue()


def spoken_to(file, *, terminal=False):
    return ConsoleProgress(Console(file=file, force_terminal=terminal, width=200))


def test_every_flight_has_its_result_and_the_order_of_landing_does_not_matter(whole, tmp_path):
    """CMP-010: two workers or one: the same rows, the same table. CMP-090: outside of the main thread as well."""
    path, summary, _ = whole
    assert sorted(summary.outcomes) == list(range(40))
    assert summary.outcomes[13].cadu_sha256 == f"{13:064x}"
    assert (summary.exit_code, summary.wrong) == (ExitCode.OK, {})
    other = tmp_path / "other.sqlite"
    out = []
    thread = threading.Thread(target=lambda: out.append(run(numbers(40), other, workers=1)))
    thread.start()
    thread.join(PATIENCE_S)
    assert out[0].exit_code == ExitCode.OK
    assert content(other) == content(path)
    assert shown(other) == shown(path)


def test_the_table_counts_and_names_the_worst_with_their_commands(whole):
    """CMP-020: states, SAFE by reason, worst cases by measure, each with the command that repeats it."""
    text = shown(whole[0])
    assert "numbers: 40 flights: 40 met" in text
    assert "in SAFE at the end, LOW_BATTERY: 20" in text
    assert "in NADIR at the end: 20" in text
    assert "size: 10 m (flight 3), 10 m (flight 14), 10 m (flight 25)" in text
    assert "rest: 0.025 1 (flight 39), 0.02564 1 (flight 38)" in text
    assert "flight 39: python -m ground.cli.main campaign fly FILE 39" in text


@pytest.fixture(scope="module")
def behaved(tmp_path_factory):
    """Flights that end in every way there is."""
    campaign = dataclasses.replace(numbers(9, "behave"), wall_limit_s=2.0)
    path = tmp_path_factory.mktemp("behaved") / "behave.sqlite"
    return campaign, path, run(campaign, path, workers=2)


def test_whatever_a_flight_does_is_its_own_result(behaved):
    """CMP-030: exceptions, exits, kills, a hang and nonsense end one flight each, and are told in words."""
    _, path, summary = behaved
    states = [summary.outcomes[number].state for number in range(9)]
    assert states == [MET, RAISED, RAISED, DIED, DIED, HUNG, WRONG, RAISED, WRONG]
    wrong = {number: outcome.wrong for number, outcome in summary.wrong.items()}
    text = r"ZeroDivisionError: division of <object object at 0x> by nothing \(judges\.py, line \d+\)"
    assert re.fullmatch(text, *wrong[1])
    assert wrong[2][0].startswith("SystemExit: 4")
    assert wrong[3] == ("its process was ended by SIGKILL",)
    assert wrong[4] == ("its process was ended by SIGSEGV",)
    assert wrong[5] == ("did not end within 2 s of wall time",)
    assert wrong[6] == ("error is nan",)
    assert wrong[7][0].startswith("TypeError: the judge returned int, expected an Outcome")
    assert wrong[8] == ("too slow",)
    assert summary.exit_code == ExitCode.NOT_MET
    text = shown(path)
    assert "9 flights: 1 met, 2 wrong, 3 raised, 1 hung, 2 died" in text
    assert "flight 5, hung: did not end within 2 s of wall time" in text


def test_what_ended_from_outside_is_flown_again_on_a_resume(behaved):
    """CMP-035: a result "died" or "hung" may be the doing of whoever killed the campaign."""
    campaign, path, _ = behaved
    before = content(path)
    with Store(path, campaign) as store:
        assert store.left() == [3, 4, 5]
    run(campaign, path, workers=1)
    assert content(path) == before


def start(path, **environment):
    """A campaign in a process of its own."""
    code = (
        "import sys; from pathlib import Path\n"
        "from ground.campaign.runner import run; from tests.ground.campaign.judges import numbers\n"
        f"sys.exit(run(numbers(40), Path({str(path)!r}), workers=2).exit_code)"
    )
    return subprocess.Popen(
        [*HEARS_SIGNALS, sys.executable, "-c", code], start_new_session=True, stderr=subprocess.PIPE,
        env={**os.environ, **environment},
    )  # fmt: skip


def finished(path):
    try:
        with Store(path) as store:
            return sum(1 for _ in store.outcomes())
    except (SchemaError, WriteError):
        return 0


def wait_until(condition):
    end_s = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end_s, "nothing happened"
        time.sleep(0.01)


@pytest.mark.parametrize(("number", "code"), [
    (signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, ExitCode.INTERRUPTED),
    pytest.param(signal.SIGTERM, ExitCode.TERMINATED, marks=pytest.mark.proof),
    pytest.param(signal.SIGHUP, ExitCode.HUNG_UP, marks=pytest.mark.proof),
])  # fmt: skip
def test_ended_in_the_middle_it_goes_on_and_gives_the_same(whole, tmp_path, monkeypatch, number, code):
    """CMP-040: killed in the middle, or told to end: no result is lost, the rest is flown.

    CMP-045: no worker outlives its campaign, in the middle of a flight that does not end; killed, the campaign can end
    nobody: its workers end by themselves.
    """
    path, log = tmp_path / "killed.sqlite", tmp_path / "log"
    monkeypatch.setenv(LOG, str(log))
    with start(path, **{ENDLESS: "6"}) as process:
        try:
            wait_until(lambda: log.exists() and log.read_text().count("\n") == 8 and finished(path) == 6)
            workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
            assert len(workers) == 2
            os.kill(process.pid, number)
            assert process.wait(PATIENCE_S) == code
        finally:
            process.kill()
        if number == signal.SIGKILL:
            wait_until(lambda: not any(map(exists, workers)))
        assert not any(map(exists, workers))
        assert process.stderr.read() == b""
    assert finished(path) == 6
    assert "not flown" in shown(path)
    summary = run(numbers(40), path, workers=1)
    assert (len(summary.outcomes), summary.exit_code) == (40, ExitCode.OK)
    flown = Counter(map(int, log.read_text().split()))
    assert flown == Counter([*range(40), 6, 7])  # those under way at the end, again
    assert content(path) == content(whole[0])
    assert shown(path) == shown(whole[0])


def exists(process):
    return Path(f"/proc/{process}").exists()


def test_results_of_something_else_are_refused_in_one_line(whole, tmp_path, monkeypatch):
    """CMP-050: another definition, vehicle, scenario, judge or code; another file; a file in use."""
    path = tmp_path / "mine.sqlite"
    vehicle = tmp_path / "own.toml"
    vehicle.write_text('base = "reference"\nname = "own"\n')
    campaign = Campaign("mine", flights_of(range(2), vehicles=(str(vehicle),), judge=f"{JUDGES}:number"))
    with Store(path, campaign) as store:
        for number in range(2):
            store.add(number, Outcome(state=MET))
    before = content(path)

    def refused(campaign, path=path):
        with pytest.raises(SchemaError) as error:
            Store(path, campaign)
        assert "\n" not in str(error.value)
        return str(error.value)

    assert "are of another definition (hash" in refused(dataclasses.replace(campaign, flights=campaign.flights[:1]))
    assert "are of another definition" in refused(dataclasses.replace(campaign, wall_limit_s=5.0))
    vehicle.write_text('base = "reference"\nname = "own"\n[spacecraft]\nmass_kg = 12.5\n')
    assert f"are of another vehicle {vehicle}" in refused(campaign)
    vehicle.write_text('base = "reference"\nname = "own"\n')
    with monkeypatch.context() as patch:
        patch.setattr("ground.campaign.definition.code_hash", lambda: "0" * 64)
        assert "are of another code" in refused(campaign)
    with Store(path, campaign):
        assert "another campaign writes to it" in refused(campaign)
    other = tmp_path / "other"
    other.write_text("not a database, but a text that is long enough to be read as one" * 20)
    assert "is not a results file of a campaign" in refused(campaign, other)
    assert other.read_text().startswith("not a database")
    database = tmp_path / "database"
    with sqlite3.connect(database) as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    assert "is not a results file of a campaign" in refused(campaign, database)
    assert "is a folder, expected a regular file" in refused(campaign, tmp_path)
    for endless in ("/dev/zero", "/proc/kmsg"):  # SQLite would wait for the second, and never look at another signal
        assert endless in refused(None, Path(endless))
    with pytest.raises(WriteError, match="choose a folder that exists"):
        Store(tmp_path / "nowhere" / "results", campaign)
    with pytest.raises(CampaignError, match="no such file"):
        Store(tmp_path / "none")
    assert content(path) == before


def test_what_cannot_be_flown_is_refused_before_anything_is_made(tmp_path):
    """CMP-055: a judge, vehicle, scenario or fault that is not there; arguments that are no plain data."""
    path = tmp_path / "results.sqlite"
    fault = Fault(target="gyro", fault="tired")
    for flight, words in (
        (Flight(judge="tests.ground.campaign.judges:nobody"), "expected MODULE:FUNCTION"),
        (Flight(judge="nowhere:at_all"), "expected MODULE:FUNCTION"),
        (Flight(judge="os:sep"), "is not a function"),
        (Flight(vehicle="bathtub"), "no such vehicle"),
        (Flight(scenario="picnic"), "no such scenario"),
        (Flight(faults=(fault,)), "unknown fault 'tired'"),
        (Flight(arguments={"x": float("nan")}), "finite"),
        (Flight(arguments={"x": object()}), "expected texts, numbers"),
    ):
        with pytest.raises(SchemaError, match=words):
            run(Campaign("none", (flight,)), path)
    with pytest.raises(CampaignError, match="has no flights"):
        run(Campaign("none", ()), path)
    with pytest.raises(CampaignError, match="wall_limit_s: found nan"):
        run(dataclasses.replace(numbers(1), wall_limit_s=float("nan")), path)
    assert not path.exists()


def test_workers_that_do_not_start_end_the_campaign_in_one_line(tmp_path):
    """CMP-057: what a worker last said is told."""
    flight = Flight(judge="tests.ground.campaign.unstartable:judge")
    with pytest.raises(CampaignError, match=r"a worker does not start: .*no such luck"):
        run(Campaign("never", (flight,)), tmp_path / "never.sqlite", workers=1)


def test_a_full_disk_is_one_line_and_loses_nothing(tmp_path):
    """CMP-060: SQLite's page limit stands for the disk's."""
    path = tmp_path / "full.sqlite"
    campaign = numbers(40)
    with Store(path, campaign) as store:
        store.add(0, Outcome(state=MET))
        pages = store._db.execute("PRAGMA page_count").fetchone()[0]
        store._db.execute(f"PRAGMA max_page_count = {pages + 1}")
        with pytest.raises(WriteError, match="full") as error:
            for number in range(1, 40):
                store.add(number, Outcome(("x" * 2000,), state=WRONG))
        assert "\n" not in str(error.value)
        kept = dict(store.outcomes())
    assert kept and content(path)
    assert run(campaign, path, workers=1).exit_code == ExitCode.NOT_MET
    assert len(dict(kept)) < 40


def test_flights_are_plain_data_to_the_last_bit():
    """CMP-070: what goes to a worker and into the file makes the same flight again."""
    fault = Fault(target="wheels", fault="biased", start_s=0.1 + 0.2, duration_s=1 / 3, with_={"bias_nm": 1e-4 / 3})
    flight = Flight("reference", "faults", 7, (fault,), 100.1, arguments={"case": "wheel 0 sign"})
    assert flight_from(flight.as_dict()) == flight
    product = flights_of(range(3), vehicles=("a", "b"), scenarios=("c", "d"), faults=((), (fault,)))
    assert len(set(map(str, product))) == len(product) == 24
    assert len(code_hash()) == 64


def test_progress_says_how_far_and_how_long(whole):
    """CMP-080: a line now and then where there is no terminal; a bar on one."""
    path, summary, said = whole
    assert said == "numbers: 40 of 40 flights, 20 in SAFE\n"
    again, terminal = io.StringIO(), io.StringIO()
    run(numbers(40), path, progress=spoken_to(again))
    assert again.getvalue() == "numbers: 40 of 40 flights are in the file; flying the others\n"
    progress = spoken_to(terminal, terminal=True)
    progress.begin("numbers", 7, 0)
    for number in range(7):
        progress.finished(summary.outcomes[number])
        progress.look()
    progress.end()
    assert "7 of 7 flights, 3 in SAFE" in terminal.getvalue()
    progress._flights, progress._done, progress._here, progress._start_s = 6, 3, 3, time.monotonic() - 6000.0
    assert progress.words() == "3 of 6 flights, 3 in SAFE, 1.7 h left"
    progress._start_s = time.monotonic() - 30.0
    assert progress.time_left() == ", 30 s left"
