"""Run a command of a build and say how far it is: `progress.py WORDS COMMAND...`.

On a terminal one line tells its last line and the time; elsewhere there is a line now and then. What it said is shown
whole when it fails. The exit code is the command's.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from shutil import get_terminal_size

AGAIN_S = 0.2  # on a terminal
AGAIN_LOG_S = 4.0


def main(words: str, *command: str) -> int:
    """Run `command`, telling after `words` how far it is; return its exit code."""
    said = [""]
    begin_s = time.monotonic()
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    ) as process:
        thread = threading.Thread(target=tell, args=(words, said, process, begin_s), daemon=True)
        thread.start()
        try:
            said += (line.rstrip() for line in process.stdout or ())
            code = process.wait()
        except KeyboardInterrupt:
            process.wait()
            code = 128 + signal.SIGINT
        thread.join()
    if code not in (0, 128 + signal.SIGINT):
        print("\n".join(said[1:]), file=sys.stderr, flush=True)
    print(f"{words}: {'done' if code == 0 else 'failed'} in {time.monotonic() - begin_s:.0f} s", flush=True)
    return code if code >= 0 else 128 - code


def tell(words: str, said: list[str], process: subprocess.Popen[str], begin_s: float) -> None:
    """Print the last line that was said, until the process has ended."""
    terminal = sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
    while process.poll() is None:
        line = f"{words}: {time.monotonic() - begin_s:3.0f} s  {next(filter(None, reversed(said)), '').strip()}"
        if terminal:
            print(f"\r\x1b[K{line[: get_terminal_size().columns - 1]}", end="", flush=True)
        else:
            print(line[:160], flush=True)
        try:
            process.wait(AGAIN_S if terminal else AGAIN_LOG_S)
        except subprocess.TimeoutExpired:
            continue
    if terminal:
        print("\r\x1b[K", end="", flush=True)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
