"""Compare today's flights with the committed ones: `python -m tests.identity [FLIGHT ...]`; `--record` writes them."""

from __future__ import annotations

import argparse
import sys

from tests.identity import digests


def main() -> int:
    """Fly, and print a line for each difference; 1 when there is one."""
    parser = argparse.ArgumentParser(prog="python -m tests.identity", description=__doc__)
    parser.add_argument("flight", nargs="*", help=f"of {', '.join(digests.FLIGHTS)} (all)")
    parser.add_argument("--record", action="store_true", help="write the digests of all flights")
    given = parser.parse_args()
    flown, found = {}, 0
    for name in given.flight or digests.FLIGHTS:
        flown[name] = digests.fly(digests.FLIGHTS[name])
        lines = [] if given.record else digests.differences(name, flown[name])
        print(f"{name}: {len(flown[name])} series" + (", as before" if not lines and not given.record else ""))
        print(*(f"  {line}" for line in lines), sep="\n", end="\n" if lines else "")
        found += bool(lines)
    if given.record:
        digests.record(flown)
    return int(found > 0)


if __name__ == "__main__":
    sys.exit(main())
