"""The results file of a campaign: definition and results in SQLite, one transaction each, so that a kill loses none.

What a flight showed is in `result`, `requirement` and `measure`; how long it took is in `wall`, which nothing compares.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ground.campaign.definition import Campaign, CampaignError, Flight, flight_from, identity
from ground.campaign.outcome import DIED, HUNG, Outcome, outcome_from
from hal.files import WriteError, open_regular, take_lock, told

APPLICATION_ID = 0x53_43_41_4D  # "SCAM": smartsat campaign
VERSION = 1
HEAD = b"SQLite format 3\0"  # of every database (sqlite.org/fileformat.html, 1.3)
SCHEMA = (
    "CREATE TABLE campaign (name TEXT NOT NULL, wall_limit_s REAL NOT NULL, flights INTEGER NOT NULL)",
    "CREATE TABLE identity (part TEXT PRIMARY KEY, sha256 TEXT NOT NULL)",
    "CREATE TABLE flight (number INTEGER PRIMARY KEY, definition TEXT NOT NULL)",
    "CREATE TABLE result (number INTEGER PRIMARY KEY REFERENCES flight, state TEXT NOT NULL, ends TEXT NOT NULL,"
    " safe_reason TEXT NOT NULL, wrong TEXT NOT NULL, cadu_sha256 TEXT NOT NULL)",
    "CREATE TABLE requirement (number INTEGER NOT NULL REFERENCES flight, place INTEGER NOT NULL, id TEXT NOT NULL,"
    " verdict TEXT NOT NULL, achieved REAL, bound REAL NOT NULL, unit TEXT NOT NULL, at_least INTEGER NOT NULL,"
    " PRIMARY KEY (number, place))",
    "CREATE TABLE measure (number INTEGER NOT NULL REFERENCES flight, place INTEGER NOT NULL, name TEXT NOT NULL,"
    " value REAL, unit TEXT NOT NULL, worse TEXT NOT NULL, PRIMARY KEY (number, place))",
    "CREATE TABLE wall (number INTEGER PRIMARY KEY REFERENCES flight, wall_s REAL NOT NULL, note TEXT NOT NULL)",
)
COMPARED = ("campaign", "identity", "flight", "result", "requirement", "measure")
AGAIN = (DIED, HUNG)  # flown again on a resume: something outside may have done it


class Store:
    """The open file of a campaign. One process writes it; others may read it meanwhile."""

    def __init__(self, path: Path, campaign: Campaign | None = None) -> None:
        """Open the results of `campaign`, made when there are none; without a campaign, open what is there to read.

        Raises `CampaignError` when the file is something else, of another campaign or in use, `WriteError` when it
        cannot be written.
        """
        self._path = path
        self._lock: int | None = None
        here = None if campaign is None else identity(campaign)  # before anything is made
        if path.exists():
            _require_database(path)
        elif campaign is None:
            raise CampaignError(f"{path}: no such file; expected the results of a campaign")
        if campaign is not None:
            self._take()
        try:
            self._db = self._connect(read_only=campaign is None)
            with self._told():
                self._begin(campaign, here or {})
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the file; every result is in it already."""
        if hasattr(self, "_db"):
            self._db.close()
        if self._lock is not None:  # after the database: closing any descriptor of its file ends SQLite's own locks
            os.close(self._lock)
            self._lock = None

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # -------------------------------------------------------------- results

    def add(self, number: int, outcome: Outcome, wall_s: float = 0.0, note: str = "") -> None:
        """Store the result of a flight, in one transaction; it replaces the result "died" or "hung"."""
        o = outcome
        wrong = json.dumps(o.wrong)
        with self._told(), self._transaction():
            for table in ("result", "requirement", "measure", "wall"):
                self._db.execute(f"DELETE FROM {table} WHERE number = ?", (number,))
            self._insert("result", [(number, o.state, o.ends, o.safe_reason, wrong, o.cadu_sha256)])
            lines = enumerate(o.requirements)
            self._insert("requirement", [
                (number, i, r.id, r.verdict, r.achieved, r.limit, r.unit, r.at_least) for i, r in lines
            ])  # fmt: skip
            self._insert("measure", [(number, i, m.name, m.value, m.unit, m.worse) for i, m in enumerate(o.measures)])
            self._insert("wall", [(number, wall_s, note)])

    def left(self) -> list[int]:
        """Return the numbers of the flights without a result, or with the result "died" or "hung"."""
        done = f"SELECT number FROM result WHERE state NOT IN ({', '.join('?' * len(AGAIN))})"
        return [
            row[0] for row in self._all(f"SELECT number FROM flight WHERE number NOT IN ({done}) ORDER BY 1", AGAIN)
        ]

    def flight(self, number: int) -> Flight:
        """Return a flight by its number; raise `CampaignError` when there is none."""
        rows = self._all("SELECT definition FROM flight WHERE number = ?", (number,))
        if not rows:
            raise CampaignError(f"{self._path}: has no flight {number}; expected 0 to {self.count - 1}")
        return flight_from(json.loads(rows[0][0]))

    def outcomes(self) -> Iterator[tuple[int, Outcome]]:
        """Yield (number, outcome) of every flight that has a result, by number."""
        for number, state, ends, reason, wrong, cadu in self._all("SELECT * FROM result ORDER BY number"):
            lines = self._named("requirement", "id, verdict, achieved, bound AS 'limit', unit, at_least", number)
            measures = self._named("measure", "name, value, unit, worse", number)
            lines = [line | {"at_least": bool(line["at_least"])} for line in lines]
            table = {"wrong": json.loads(wrong), "ends": ends, "safe_reason": reason, "requirements": lines}
            yield number, outcome_from(table | {"measures": measures, "cadu_sha256": cadu, "state": state})

    def content(self) -> list[tuple[Any, ...]]:
        """Return all rows that depend only on what was flown: equal for equal campaigns."""
        return [(table, *row) for table in COMPARED for row in self._all(f"SELECT * FROM {table} ORDER BY 1, 2")]

    @property
    def name(self) -> str:
        """The campaign's name."""
        return str(self._all("SELECT name FROM campaign")[0][0])

    @property
    def count(self) -> int:
        """How many flights the campaign has."""
        return int(self._all("SELECT flights FROM campaign")[0][0])

    @property
    def path(self) -> Path:
        """The file."""
        return self._path

    # -------------------------------------------------------------- the file

    def _take(self) -> None:
        """Become the only process that writes the file."""
        with told(self._path):
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            self._lock = descriptor
            alone = take_lock(descriptor)
        if not alone:
            self.close()
            raise CampaignError(f"{self._path}: another campaign writes to it; wait for its end or give another file")

    def _connect(self, *, read_only: bool) -> sqlite3.Connection:
        mode = "ro" if read_only else "rw"
        uri = f"{self._path.resolve().as_uri()}?mode={mode}"
        with self._told():
            return sqlite3.connect(uri, uri=True, isolation_level=None, timeout=30.0)

    def _begin(self, campaign: Campaign | None, here: dict[str, str]) -> None:
        """Make the tables when there are none; otherwise check that they belong to this campaign."""
        empty = not self._all("SELECT name FROM sqlite_master")
        if campaign is not None and empty:
            self._db.execute("PRAGMA journal_mode = WAL")
            self._make(campaign, here)
            return
        application, version = (int(self._all(f"PRAGMA {name}")[0][0]) for name in ("application_id", "user_version"))
        if empty or application != APPLICATION_ID:
            raise CampaignError(f"{self._path}: is not a results file of a campaign; give another file")
        if version != VERSION:
            raise CampaignError(f"{self._path}: has format {version}, expected {VERSION}; give another file")
        if campaign is not None:
            self._compare(here)

    def _make(self, campaign: Campaign, here: dict[str, str]) -> None:
        flights = [json.dumps(flight.as_dict(), sort_keys=True) for flight in campaign.flights]
        with self._transaction():
            self._db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            self._db.execute(f"PRAGMA user_version = {VERSION}")
            for statement in SCHEMA:
                self._db.execute(statement)
            self._insert("campaign", [(campaign.name, campaign.wall_limit_s, len(flights))])
            self._insert("identity", sorted(here.items()))
            self._insert("flight", list(enumerate(flights)))

    def _compare(self, here: dict[str, str]) -> None:
        """Refuse to continue when campaign, vehicle, scenario or code has changed."""
        there = dict(self._all("SELECT part, sha256 FROM identity"))
        for part in (*here, *there):
            if here.get(part) != there.get(part):
                found, wanted = (side.get(part, "none")[:12] for side in (there, here))
                raise CampaignError(
                    f"{self._path}: its results are of another {part} (hash {found}, here {wanted}); "
                    "give another file, or remove it to fly all again"
                )

    def _all(self, statement: str, values: Sequence[object] = ()) -> list[Any]:
        with self._told():
            return self._db.execute(statement, values).fetchall()

    def _named(self, table: str, columns: str, number: int) -> list[dict[str, Any]]:
        cursor = self._db.execute(f"SELECT {columns} FROM {table} WHERE number = ? ORDER BY place", (number,))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def _insert(self, table: str, rows: Sequence[Sequence[object]]) -> None:
        if rows:
            marks = ", ".join("?" * len(rows[0]))
            self._db.executemany(f"INSERT INTO {table} VALUES ({marks})", rows)

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            raise
        self._db.execute("COMMIT")

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Return in one line what SQLite cannot do."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise WriteError(
                f"{self._path}: cannot be used: {error}; free some space, or choose a place that you may write to"
            ) from None
        except sqlite3.DatabaseError as error:
            raise CampaignError(f"{self._path}: is not a results file of a campaign ({error}); give another") from None


def _require_database(path: Path) -> None:
    """Raise `CampaignError` when a file cannot be a database. SQLite would wait for some of those that cannot be."""
    try:
        with open_regular(path) as file:
            head = file.read(len(HEAD))
    except OSError as error:
        raise CampaignError(f"{path}: cannot be read: {error.strerror}; give the path of a file for results") from None
    if head not in {b"", HEAD}:
        raise CampaignError(f"{path}: is not a results file of a campaign; give another file")
