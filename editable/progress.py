"""Run commands of a build at once and say how far they are: `progress.py WORDS COMMAND... [+ WORDS COMMAND...]...`.

On a terminal one line tells what each said last and the time; elsewhere there is a line of each now and then. When one
fails, what it said is shown whole and the others are ended. Words that begin with "=" are of a command whose output is
shown in any case, when it has ended. The exit code is that of the first to fail, or 0.
"""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import threading
import time
from shutil import get_terminal_size

AGAIN_S = 0.2  # on a terminal
AGAIN_LOG_S = 4.0
LOOK_S = 0.05
INTERRUPTED = 128 + signal.SIGINT


class Command:
    """A command that runs, the words for it, and what it has said."""

    def __init__(self, words: str, *command: str) -> None:
        self.words, self.begin_s = words.removeprefix("="), time.monotonic()
        self.shown = words.startswith("=")
        self.said: list[str] = []
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.code: int | None = None
        self.stopped = False  # by us

    def stop(self) -> None:
        """End it; nothing is told of that."""
        self.stopped = True
        self.process.terminate()

    def _read(self) -> None:
        self.said += (line.rstrip() for line in self.process.stdout or ())

    @property
    def line(self) -> str:
        """How long it has run, and what it said last."""
        last = next(filter(None, reversed(self.said)), "").strip()
        return f"{self.words}: {time.monotonic() - self.begin_s:3.0f} s  {last}"

    def ended(self) -> bool:
        """Return whether it ended since the last call, and say how."""
        if self.code is not None or self.process.poll() is None:
            return False
        self._reader.join()
        code = self.process.returncode
        self.code = code if code >= 0 else 128 - code
        if self.stopped:
            return True
        seconds = time.monotonic() - self.begin_s
        ended = f"{self.words}: {'done' if code == 0 else 'failed'} in {seconds:.0f} s"
        if self.shown:
            print(ended, *self.said, sep="\n", flush=True)
            return True
        if self.code not in (0, INTERRUPTED):
            print("\n".join(self.said), file=sys.stderr, flush=True)
        print(ended, flush=True)
        return True


def main(*arguments: str) -> int:
    """Run the commands of `arguments`, telling how far they are; return the exit code."""
    groups = [list(group) for plus, group in itertools.groupby(arguments, "+".__eq__) if not plus]
    commands = [Command(*group) for group in groups]
    terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    try:
        return watch(commands, terminal=terminal)
    except KeyboardInterrupt:
        for command in commands:
            command.process.wait()
        return INTERRUPTED


def watch(commands: list[Command], *, terminal: bool) -> int:
    """Tell how far `commands` are until all have ended; return the exit code."""
    failed, tell_s = 0, 0.0
    while running := [command for command in commands if command.code is None]:
        if time.monotonic() >= tell_s:
            tell_s = time.monotonic() + (AGAIN_S if terminal else AGAIN_LOG_S)
            tell([command.line for command in running], terminal=terminal)
        time.sleep(LOOK_S)
        if terminal and any(command.process.poll() is not None for command in running):
            print("\r\x1b[K", end="", flush=True)
        for command in running:
            if command.ended() and command.code and not failed:
                failed = command.code
                for other in (other for other in running if other.code is None):
                    other.stop()
    return failed


def tell(lines: list[str], *, terminal: bool) -> None:
    """Print the lines: beside each other on a terminal."""
    if not terminal:
        print("\n".join(line[:160] for line in lines), flush=True)
        return
    width = max(1, get_terminal_size().columns // len(lines) - 1)
    print("\r\x1b[K" + " ".join(line[:width].ljust(width) for line in lines), end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
