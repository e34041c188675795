"""The progress of a campaign: a bar with the time left on a terminal, otherwise a line now and then."""

from __future__ import annotations

import time
from collections import Counter

from rich.console import Console
from rich.progress import BarColumn, TextColumn
from rich.progress import Progress as Bar

from ground.campaign.outcome import MET, Outcome

LINE_S = 30.0  # wall time between two lines


class Progress:
    """Shows nothing; the default of `run`."""

    def begin(self, name: str, flights: int, done: int) -> None:
        """The campaign begins, or continues with `done` finished flights."""

    def finished(self, outcome: Outcome) -> None:
        """A flight has ended."""

    def look(self) -> None:
        """Called a few times a second."""

    def end(self) -> None:
        """All flights have ended."""


class ConsoleProgress(Progress):
    """Shows progress on `console`."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._bar: Bar | None = None

    def begin(self, name: str, flights: int, done: int) -> None:
        """Print what will be flown."""
        self._name, self._flights, self._done, self._here = name, flights, done, 0
        self._counts: Counter[str] = Counter()
        self._start_s = self._said_s = time.monotonic()
        if done:
            self._console.print(f"{name}: {done} of {flights} flights are in the file; flying the others")
        if self._console.is_terminal and done < flights:
            columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"))
            self._bar = Bar(*columns, console=self._console, refresh_per_second=4)
            self._task = self._bar.add_task(name, total=flights, completed=done, note=self.words())
            self._bar.start()

    def finished(self, outcome: Outcome) -> None:
        """Count a finished flight."""
        self._here += 1
        self._done += 1
        self._counts["not as they must be"] += outcome.state != MET
        self._counts["in SAFE"] += outcome.ends == "SAFE"
        if self._bar is not None:
            self._bar.update(self._task, completed=self._done, note=self.words())

    def look(self) -> None:
        """Print a line when it is due and there is no terminal."""
        if self._bar is None and time.monotonic() - self._said_s >= LINE_S:
            self._line()

    def end(self) -> None:
        """Remove the bar, or print the last line."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None
        else:
            self._line()

    def _line(self) -> None:
        self._said_s = time.monotonic()
        self._console.print(f"{self._name}: {self.words()}", soft_wrap=True)

    def words(self) -> str:
        """Return the progress in words."""
        counts = "".join(f", {count} {what}" for what, count in self._counts.items() if count)
        return f"{self._done} of {self._flights} flights{counts}{self.time_left()}"

    def time_left(self) -> str:
        """Return the estimated time left in words, when it can be estimated."""
        left = self._flights - self._done
        if not self._here or not left:
            return ""
        left_s = (time.monotonic() - self._start_s) / self._here * left
        if left_s < 90.0:
            return f", {left_s:.0f} s left"
        return f", {left_s / 60.0:.0f} min left" if left_s < 5400.0 else f", {left_s / 3600.0:.1f} h left"
