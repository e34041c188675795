"""All property tests with new random seeds, round after round: `python -m tests.explore [--minutes M] [--seed S]`.

Each round prints its seed and the command that repeats it. What follows `--` goes to pytest, such as a folder of tests.
The first round that fails is the last one, and its exit code is the program's.
"""

from __future__ import annotations

import argparse
import random
import shlex
import subprocess
import sys
import time


def command(seed: int, options: list[str]) -> list[str]:
    """Return the command of the round with this seed."""
    drawn = ["--hypothesis-profile=explore", f"--hypothesis-seed={seed}"]
    return [sys.executable, "-m", "pytest", "-q", "-m", "hypothesis and not proof", *drawn, *options]


def main() -> int:
    """Run rounds until the time is over, at least one; return the exit code of the last."""
    parser = argparse.ArgumentParser(prog="python -m tests.explore", description=__doc__.split("\n", maxsplit=1)[0])
    parser.add_argument("--minutes", type=float, default=10.0, help="no round begins later (10)")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32), help="of the first round")
    parser.add_argument("pytest", nargs="*", help="options and files for pytest")
    given = parser.parse_args()
    end, seed = time.monotonic() + 60.0 * given.minutes, given.seed
    while True:
        words = command(seed, given.pytest)
        print(f"round {seed - given.seed + 1}, seed {seed}: {shlex.join(words)}", flush=True)
        code = subprocess.run(words, check=False).returncode
        if code != 0 or time.monotonic() >= end:
            return code
        seed += 1


if __name__ == "__main__":
    sys.exit(main())
