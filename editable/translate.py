"""Make the C of all compiled modules with Cython: `translate.py OPTION... FILE.pyx...` (run by the build).

One process for each core does what there is to do, where a process for each module would mostly start Cython. A module
is translated again when a file that it was made of has changed, or this program or Cython; its C is written when it
differs. Cython's own code for memoryviews is made once, as the module `--shared`.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import json
import math
import multiprocessing
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import Cython
from Cython.Build.SharedModule import generate_shared_module
from Cython.Compiler import Options
from Cython.Compiler.Errors import PyrexError
from Cython.Compiler.Main import CompilationOptions, compile_single, default_options

DIRECTIVES = {
    "boundscheck": False, "wraparound": False, "cdivision": True, "initializedcheck": False, "embedsignature": True,
    "emit_code_comments": False,
}  # fmt: skip


@dataclass(frozen=True)
class Translator:
    """Translates sources, which are named by their paths below the current folder, into the folder `out`."""

    out: Path
    shared: str

    def translate(self, source: str) -> tuple[str, list[str] | None]:
        """Make the C of one source, or of the shared module; return it and what was read, or None for an error."""
        draft = self.draft(source)
        try:
            if source == self.shared:
                generate_shared_module(self.options(shared_c_file_path=str(draft)))
                read = []
            else:
                options = self.options(output_file=str(draft), depfile=True, shared_utility_qualified_name=self.shared)
                if compile_single(source, options, full_module_name=module_of(source)).num_errors:
                    return source, None
                read = read_by(draft.with_name(f"{draft.name}.dep"))
        except (OSError, PyrexError) as error:
            print(error, file=sys.stderr, flush=True)
            return source, None
        place(draft, self.c_file(source))
        return source, read

    def options(self, **more: object) -> CompilationOptions:
        """Return Cython's options of every module; generated declarations are found in `out`, as `ROOM.NAME.pxd`."""
        return CompilationOptions(
            default_options, language_level=3, include_path=[".", str(self.out)],
            compiler_directives=Options.get_directive_defaults() | DIRECTIVES, **more,
        )  # fmt: skip

    def c_file(self, source: str) -> Path:
        """Return where the C of `source` belongs."""
        return self.out / f"{module_of(source)}.c"

    def draft(self, source: str) -> Path:
        """Return where the C of `source` is until it is whole."""
        folder = self.out / "drafts"
        folder.mkdir(exist_ok=True)
        return folder / f"{module_of(source)}.c"

    def key(self, source: str, read: list[str]) -> str:
        """Return the hash of all that the C of `source` depends on."""
        digest = hashlib.sha256(repr((Cython.__version__, DIRECTIVES, self.shared, source)).encode())
        for file in (__file__, *read):
            with suppress(OSError):  # gone
                digest.update(repr((file, hashlib.sha256(Path(file).read_bytes()).digest())).encode())
        return digest.hexdigest()


def module_of(source: str) -> str:
    """Return the name of the module that is made of `source`."""
    return ".".join(Path(source.removesuffix(".pyx")).parts)


def read_by(depfile: Path) -> list[str]:
    """Return the files that Cython says it has read."""
    _, files = depfile.read_text("utf-8").split(": \\\n", 1)
    depfile.unlink()
    return [file.strip().replace("\\ ", " ") for file in files.split(" \\\n")]


def place(draft: Path, file: Path) -> None:
    """Put `draft` in the place of `file`, unless that has the same text and need not be compiled again."""
    if file.exists() and file.read_bytes() == draft.read_bytes():
        draft.unlink()
    else:
        draft.replace(file)


def translated(translator: Translator, stale: list[str]) -> Iterator[tuple[str, list[str] | None]]:
    """Translate on all cores; give what `Translator.translate` returns as each is done."""
    processes = min(len(os.sched_getaffinity(0)), len(stale))
    if processes < 2:
        yield from map(translator.translate, stale)
        return
    quiet = (signal.SIGINT, signal.SIG_IGN)  # Ctrl-C ends this process, and this one the others
    with multiprocessing.get_context("fork").Pool(processes, signal.signal, quiet) as pool:
        yield from pool.imap_unordered(translator.translate, stale)


def write_depfile(depfile: Path, target: Path, read: set[str]) -> None:
    """Tell ninja what was read: what the build makes by its name in the build folder, all else by its whole path."""
    paths = [Path(file).resolve() for file in sorted(read)]
    names = [str(path.relative_to(target.parent) if path.is_relative_to(target.parent) else path) for path in paths]
    depfile.write_text(f"{target.name}: {' '.join(name.replace(' ', chr(92) + ' ') for name in names)}\n", "utf-8")


def main() -> int:
    """Translate what has changed; return the exit code."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--root", type=Path, required=True, help="the source tree")
    parser.add_argument("--out", type=Path, required=True, help="the build folder")
    parser.add_argument("--depfile", type=Path, required=True)
    parser.add_argument("--shared", required=True, help="the module of what Cython needs in many modules")
    parser.add_argument("sources", type=Path, nargs="+")
    given = parser.parse_args()
    translator, depfile = Translator(given.out.resolve(), given.shared), given.depfile.resolve()
    sources = [given.shared, *(os.path.relpath(source.resolve(), given.root.resolve()) for source in given.sources)]
    os.chdir(given.root)
    gc.disable()  # hardly anything is garbage before a process ends, and to look for it takes a sixth of the time
    state = translator.out / "module_c.json"  # key of each C, and what was read for it
    known: dict[str, tuple[str, list[str]]] = {}
    with suppress(OSError, ValueError):
        known = json.loads(state.read_text("utf-8"))
    known = {s: known[s] for s in sources if s in known and translator.c_file(s).exists()}
    stale = [s for s in sources if s not in known or known[s][0] != translator.key(s, known[s][1])]
    stale.sort(key=lambda s: -Path(s).stat().st_size if s != given.shared else -math.inf)  # the longest first
    failed = []
    for number, (source, read) in enumerate(translated(translator, stale), 1):
        known.pop(source, None)
        if read is None:
            failed.append(source)
        else:
            known[source] = (translator.key(source, read), read)
            print(f"[{number}/{len(stale)}] Translating {source}", flush=True)
    state.write_text(json.dumps(known), "utf-8")
    everything = {file for _, read in known.values() for file in read}
    write_depfile(depfile, translator.c_file(given.shared), everything | {__file__})
    for source in failed:
        print(f"{source}: not translated, Cython says above why", file=sys.stderr)
    return int(bool(failed))


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(128 + signal.SIGINT)
