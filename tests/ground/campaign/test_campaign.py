"""CMP: a campaign over a pool of processes: every flight has its result, whatever it does, and a kill loses none."""

import dataclasses
import os
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from pathlib import Path

import pytest

from ground.campaign.definition import Campaign, CampaignError, Flight, code_hash, flight_from, flights_of
from ground.campaign.outcome import DIED, HUNG, MET, RAISED, WRONG
from ground.campaign.progress import Spoken
from ground.campaign.runner import run
from ground.campaign.store import Store
from ground.campaign.table import table
from hal.exit_codes import ExitCode
from hal.files import WriteError
from hal.schema import SchemaError
from sim.scenario import Fault
from tests.ground.ended import HEARS_SIGNALS

JUDGES = "tests.ground.campaign.judges"
PATIENCE_S = 600.0


def numbers(count, judge="number", **arguments):
    flights = (Flight(seed=seed, judge=f"{JUDGES}:{judge}", arguments=arguments) for seed in range(count))
    return Campaign("numbers", tuple(flights))


def content(path):
    with Store(path) as store:
        return store.content()


def shown(path):
    with Store(path) as store:
        return table(store).replace(str(path), "FILE")


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Forty flights, uninterrupted."""
    path = tmp_path_factory.mktemp("whole") / "numbers.sqlite"
    summary = run(numbers(40), path, workers=2)
    return path, summary


def test_every_flight_has_its_result_and_the_order_of_landing_does_not_matter(whole, tmp_path):
    """CMP-010: one worker or three: the same rows, the same table."""
    path, summary = whole
    assert sorted(summary.outcomes) == list(range(40))
    assert summary.outcomes[13].cadu_sha256 == f"{13:064x}"
    assert (summary.exit_code, summary.wrong) == (ExitCode.OK, {})
    other = tmp_path / "other.sqlite"
    run(numbers(40), other, workers=1)
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
    assert "flight 39: python -m ground.cli campaign fly FILE 39" in text


def test_whatever_a_flight_does_is_its_own_result(tmp_path):
    """CMP-030: exceptions, exits, kills, a hang and nonsense end one flight each, and are told in words."""
    campaign = dataclasses.replace(numbers(9, "behave"), wall_limit_s=3.0)
    path = tmp_path / "behave.sqlite"
    summary = run(campaign, path, workers=2)
    states = [summary.outcomes[number].state for number in range(9)]
    assert states == [MET, RAISED, RAISED, DIED, DIED, HUNG, WRONG, RAISED, WRONG]
    wrong = {number: outcome.wrong for number, outcome in summary.wrong.items()}
    assert wrong[1] == ("ZeroDivisionError: division of <object object at 0x> by nothing (judges.py, line 31)",)
    assert wrong[2][0].startswith("SystemExit: 4")
    assert wrong[3] == ("its process was ended by SIGKILL",)
    assert wrong[4] == ("its process was ended by SIGSEGV",)
    assert wrong[5] == ("did not end within 3 s of wall time",)
    assert wrong[6] == ("error is nan",)
    assert wrong[7][0].startswith("TypeError: the judge returned int, expected an Outcome")
    assert wrong[8] == ("too slow",)
    assert summary.exit_code == ExitCode.NOT_MET
    text = shown(path)
    assert "9 flights: 1 met, 2 wrong, 3 raised, 1 hung, 2 died" in text
    assert "flight 5, hung: did not end within 3 s of wall time" in text


def test_what_ended_from_outside_is_flown_again_on_a_resume(tmp_path):
    """CMP-035: a result "died" or "hung" may be the doing of whoever killed the campaign."""
    campaign = dataclasses.replace(numbers(6, "behave"), wall_limit_s=2.0)
    path = tmp_path / "again.sqlite"
    run(campaign, path, workers=2)
    before = content(path)
    with Store(path, campaign) as store:
        assert store.left() == [3, 4, 5]
    run(campaign, path, workers=1)
    assert content(path) == before


def start(path, log, workers=2, seconds=0.05):
    """A campaign in a process of its own."""
    code = (
        "import sys; from pathlib import Path; from tests.ground.campaign.test_campaign import numbers, run\n"
        f"sys.exit(run(numbers(40, 'slow', log={str(log)!r}, seconds={seconds}), Path({str(path)!r}), "
        f"workers={workers}).exit_code)"
    )
    command = [*HEARS_SIGNALS, sys.executable, "-c", code]
    return subprocess.Popen(command, start_new_session=True, stderr=subprocess.PIPE)


def landed(path):
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


def alive(log):
    """Whether workers are still at it."""
    before = log.read_text().count("\n")
    time.sleep(0.3)
    return log.read_text().count("\n") != before


@pytest.mark.parametrize(("number", "code"), [
    (signal.SIGKILL, -signal.SIGKILL), (signal.SIGINT, ExitCode.INTERRUPTED), (signal.SIGTERM, ExitCode.TERMINATED),
    (signal.SIGHUP, ExitCode.HUNG_UP),
])  # fmt: skip
def test_ended_at_any_moment_it_goes_on_and_gives_the_same(tmp_path, number, code):
    """CMP-040: killed in the middle, or told to end: no result is lost, no worker lives on, the rest is flown."""
    path, log = tmp_path / "killed.sqlite", tmp_path / "log"
    campaign = numbers(40, "slow", log=str(log), seconds=0.05)
    process = start(path, log)
    wait_until(lambda: landed(path) >= 5)
    os.kill(process.pid, number)
    assert process.wait(PATIENCE_S) == code
    assert process.stderr.read() == b""
    kept = landed(path)
    assert 5 <= kept < 40
    assert not alive(log)
    assert "not flown" in shown(path)
    summary = run(campaign, path, workers=2)
    assert (len(summary.outcomes), summary.exit_code) == (40, ExitCode.OK)
    flown = Counter(log.read_text().split())
    assert sum(flown.values()) <= 42  # those under way at the end, again
    uninterrupted = tmp_path / "uninterrupted.sqlite"
    run(campaign, uninterrupted, workers=2)
    assert content(path) == content(uninterrupted)
    assert shown(path) == shown(uninterrupted)
    process.stderr.close()


def test_a_worker_in_the_middle_of_a_flight_does_not_outlive_its_campaign(tmp_path):
    """CMP-045: killed, the campaign can end nobody: its workers end by themselves."""
    log = tmp_path / "log"
    process = start(tmp_path / "long.sqlite", log, seconds=600.0)
    wait_until(lambda: log.exists() and log.read_text().count("\n") == 2)
    workers = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert len(workers) == 2
    process.kill()
    process.wait(PATIENCE_S)
    process.stderr.close()
    wait_until(lambda: not any(Path(f"/proc/{worker}").exists() for worker in workers))


def test_results_of_something_else_are_refused_in_one_line(whole, tmp_path, monkeypatch):
    """CMP-050: another definition, vehicle, scenario, judge or code; another file; a file in use."""
    path = tmp_path / "mine.sqlite"
    vehicle = tmp_path / "own.toml"
    vehicle.write_text('base = "reference"\nname = "own"\n')
    campaign = Campaign("mine", flights_of(range(2), vehicles=(str(vehicle),), judge=f"{JUDGES}:number"))
    run(campaign, path, workers=1)
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
        assert "another campaign writes it" in refused(campaign)
    other = tmp_path / "other"
    other.write_text("not a database, but a text that is long enough to be read as one" * 20)
    assert "is no file of a campaign's results" in refused(campaign, other)
    assert other.read_text().startswith("not a database")
    database = tmp_path / "database"
    with sqlite3.connect(database) as db:
        db.execute("CREATE TABLE mine (x)")
    db.close()
    assert "is no file of a campaign's results" in refused(campaign, database)
    assert "is no file;" in refused(campaign, tmp_path)
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
        (Flight(judge="os:sep"), "is no function"),
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
        from ground.campaign.outcome import Outcome

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


def test_progress_says_how_far_and_how_long(tmp_path, capsys):
    """CMP-080: a line now and then where there is no terminal; a bar on one."""
    from rich.console import Console

    path = tmp_path / "progress.sqlite"
    spoken = Spoken(Console(force_terminal=False, width=200))
    run(numbers(6), path, workers=1, progress=spoken)
    run(numbers(6), path, workers=1, progress=Spoken(Console(force_terminal=False, width=200)))
    out = capsys.readouterr().out.splitlines()
    assert out[0] == "numbers: 6 of 6 flights, 3 in SAFE"
    assert out[1] == "numbers: 6 of 6 flights are in the file; flying the others"
    run(numbers(7), tmp_path / "bar.sqlite", workers=1, progress=Spoken(Console(force_terminal=True, width=100)))
    assert "7 of 7 flights, 3 in SAFE" in capsys.readouterr().out
    spoken._done, spoken._here, spoken._start_s = 3, 3, time.monotonic() - 6000.0
    assert spoken.words() == "3 of 6 flights, 3 in SAFE, 1.7 h left"
    spoken._start_s = time.monotonic() - 30.0
    assert spoken.time_left() == ", 30 s left"


def test_a_campaign_outside_of_the_main_thread(tmp_path):
    """CMP-090: signals are left alone there."""
    out = []
    thread = threading.Thread(target=lambda: out.append(run(numbers(3), tmp_path / "t.sqlite", workers=1)))
    thread.start()
    thread.join(PATIENCE_S)
    assert out[0].exit_code == ExitCode.OK
