"""Commands of documents that are not run where they stand, because something else runs them; and what that is.

A command is found here as a whole line, comment and time aside. `PROOFS` names a file and a line in it that runs the
command, or runs what it does; `test_documents.py` checks that the line is there.
"""

from __future__ import annotations

PROOFS: dict[str, tuple[str, str]] = {
    "make fly": (".ci/run", "make fly"),
    "make test": (".ci/run", "make test"),
    "make check": (".ci/run", "make check"),
    "make docs": (".ci/run", "make docs"),
}

# Run in another way: what lasts longer than continuous integration may is shown to be there.
IN_THEIR_PLACE: dict[str, str] = {
    "make bench": "make --dry-run bench && python -c 'import tests.bench'",
    "make mutants": "make --dry-run mutants && python -m tests.mutation --help",
    "make proof": "make --dry-run proof && grep --recursive --quiet 'mark.proof' tests",
    # An environment that is installed from the clone builds on import; this one was not: one part is built, plain.
    ".venv/bin/python -m pytest -q tests/firmware_bindings/test_board_lamp.py": (
        "( set -e; meson setup build-place -Dbuildtype=plain > build.log\n"
        "module=$(cd build-place && ls -d firmware_bindings/_host.*.so.p); module=${module%.p}\n"
        "ninja -C build-place $module >> build.log && cp --remove-destination build-place/$module $module )\n"
        ".venv/bin/python -m pytest -q tests/firmware_bindings/test_board_lamp.py"
    ),
}
