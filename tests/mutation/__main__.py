"""`python -m tests.mutation`: puts small faults into the code, one at a time; each should fail a test.

The tree itself stays as it is: a copy of it, under `build-mutants`, gets the faults. Without options, a sample of the
whole plan; `FILE...` for the faults of some files. Exit code 1 when a fault survived that `equivalent.toml` does not
explain.
"""

from __future__ import annotations

import argparse
import fnmatch
import random
import sys
import time
import tomllib
from itertools import zip_longest
from pathlib import Path
from typing import Any

from tests.mutation.cython_mutants import cython_mutants
from tests.mutation.plan import PLAN, Part
from tests.mutation.python_mutants import Mutant, differences, python_mutants
from tests.mutation.run import PASSED, TIMED_OUT, reach, run_tests
from tests.mutation.tree import ROOT, Tree, TreeError

HERE = Path(__file__).parent


def main() -> int:
    """Run the faults that the command line asks for; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__.split("\n\n")[0])
    parser.add_argument("files", nargs="*", metavar="FILE", help="pattern of files, as 'fsw/core/*.py'; default: all")
    parser.add_argument("--sample", type=int, default=40, help="how many faults of each part; 0: all (default: 40)")
    parser.add_argument("--seed", type=int, default=1, help="of the sample (default: 1)")
    parser.add_argument("--line", type=int, help="only faults of this line")
    parser.add_argument("--out", type=Path, default=ROOT / "build-mutants", help="folder of the copy and of the logs")
    options = parser.parse_args()
    _preload()
    try:
        tree = Tree(options.out / "tree")
        return Tester(tree, options).run()
    except (TreeError, RuntimeError) as error:
        print(f"mutants: {error}", file=sys.stderr)
        return 2


def _preload() -> None:
    """Import what every run of the tests needs, once; nothing of ours but this."""
    import hypothesis, numpy, scipy.spatial.transform, serial, spacepackets.ecss.tc  # noqa: E401, F401, I001


class Tester:
    """Runs the faults of the plan in `tree`, and says what became of each."""

    def __init__(self, tree: Tree, options: argparse.Namespace) -> None:
        self.tree, self.options = tree, options
        self.explained = [tuple(entry) for entry in _explained()]
        self.survivors: list[Mutant] = []
        self.counts = dict.fromkeys(("noticed", "survived", "equivalent", "not compiled"), 0)

    def run(self) -> int:
        """Run all; print a line for each fault and the survivors at the end."""
        for part in PLAN:
            chosen = self._chosen(part)
            if chosen:
                self._run_part(part, chosen)
        total = sum(self.counts.values())
        print(f"\n{total} faults: " + ", ".join(f"{n} {name}" for name, n in self.counts.items()))
        for mutant in self.survivors:
            print(f"\n{mutant.file}:{mutant.line}: {mutant.what}")
            print("\n".join(f"  {line}" for line in differences(self.tree.read(mutant.file), mutant)))
        return 1 if self.survivors else 0

    def _chosen(self, part: Part) -> list[Mutant]:
        """Return the faults to try: of each file in turn one that is drawn, until there are enough."""
        draw = random.Random(self.options.seed)
        wanted, line = self.options.files or ["*"], self.options.line
        every: list[list[Mutant]] = []
        for file in part.files(self.tree.root):
            if any(fnmatch.fnmatch(file, pattern) for pattern in wanted):
                make = cython_mutants if file.endswith(".pyx") else python_mutants
                found = [m for m in make(file, self.tree.read(file)) if line is None or m.line <= line <= m.last_line]
                every.append(draw.sample(found, len(found)))
        total = sum(map(len, every))
        in_turn = [m for turn in zip_longest(*every) for m in turn if m is not None]
        chosen = in_turn[: self.options.sample or None]
        if total:
            print(f"{part.name}: {len(chosen)} of {total} faults", flush=True)
        return sorted(chosen, key=lambda m: (m.file, m.start))

    def _run_part(self, part: Part, mutants: list[Mutant]) -> None:
        log = self.options.out / f"{part.name}.log"
        own = part.files(self.tree.root)
        files = sorted({name for file in own for name in (file, *part.faces(self.tree.root, file))})
        found = reach(self.tree, part.tests, files, 3600.0, log)
        if found["failed"]:
            print(f"{part.name}: fail without a fault: {', '.join(found['failed'])}", flush=True)
        for mutant in mutants:
            self._run_one(part, mutant, found)

    def _run_one(self, part: Part, mutant: Mutant, found: dict[str, Any]) -> None:
        start = time.monotonic()
        tests, expected_s = self._tests(part, mutant, found)
        source = self.tree.read(mutant.file)
        try:
            code = self._with_fault(mutant, source, tests, 1.5 * expected_s + 30.0) if tests else PASSED
            state = "survived" if code == PASSED else "noticed"
        except TreeError:
            code, state = 0, "not compiled"
        if state == "survived" and self._key(mutant, source) in self.explained:
            state = "equivalent"
        self.counts[state] += 1
        if state == "survived":
            self.survivors.append(mutant)
        why = " (endless)" if code == TIMED_OUT else "" if tests else " (not reached)"
        took = f"{time.monotonic() - start:.1f} s, {len(tests)} tests"
        print(f"{state:12} {mutant.file}:{mutant.line}: {mutant.what}{why}  [{took}]", flush=True)

    def _with_fault(self, mutant: Mutant, source: bytes, tests: list[str], timeout_s: float) -> int:
        compiled = mutant.file.endswith(".pyx")
        module = self.tree.module_of(mutant.file) if compiled else None
        before = module.read_bytes() if module is not None else b""
        self.tree.write(mutant.file, mutant.apply(source))
        try:
            if compiled:
                self.tree.compile(mutant.file)
            return run_tests(self.tree, tests, timeout_s, self.options.out / "last.log")
        finally:
            self.tree.write(mutant.file, source)
            if module is not None:
                module.write_bytes(before)

    def _tests(self, part: Part, mutant: Mutant, found: dict[str, Any]) -> tuple[list[str], float]:
        """Return the tests that reach a fault, the quickest first, and how long they take [s]."""
        reached, seconds = found["reached"], found["seconds"]
        if mutant.file.endswith(".pyx"):
            lines = [tests for face in part.faces(self.tree.root, mutant.file) for tests in reached[face].values()]
            module = mutant.file.removesuffix(".pyx").replace("/", ".").encode()
            lines += [[test] for test in seconds if module in self.tree.read(test.partition("::")[0])]
        else:
            wanted = range(mutant.line, mutant.last_line + 1)
            lines = [reached[mutant.file].get(str(line), []) for line in wanted]
            if not any(lines):  # runs when the module is imported, or in a process of a test
                lines = [*reached[mutant.file].values()]
        if part.elsewhere or not any(lines):
            lines = [[test for test in seconds if test not in found["failed"]]]
        tests = sorted({test for of_line in lines for test in of_line}, key=lambda t: (seconds[t], t))
        chosen, total_s = [], 0.0
        for test in tests:
            if total_s + seconds[test] < part.patience_s or not chosen:
                chosen.append(test)
                total_s += seconds[test]
        return chosen, total_s

    @staticmethod
    def _key(mutant: Mutant, source: bytes) -> tuple[str, ...]:
        return (mutant.file, *differences(source, mutant))


def _explained() -> list[list[str]]:
    """Return faults that change nothing which can be seen: file and lines of the difference."""
    entries = tomllib.loads((HERE / "equivalent.toml").read_text("utf-8")).get("fault", [])
    return [[entry["file"], *entry["difference"]] for entry in entries]


if __name__ == "__main__":
    sys.exit(main())
