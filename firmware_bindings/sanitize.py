"""Run any Python program with the host board compiled under the address and undefined-behaviour sanitizers.

    python -m firmware_bindings.sanitize -m ground.cli.main fly --duration 600
    python -m firmware_bindings.sanitize -m pytest tests/firmware_bindings
    python -m firmware_bindings.sanitize script.py

The board's C is compiled with `-fsanitize=address,undefined` into `build-sanitize/` (meson option `sanitize_board`);
the program then runs in one process in which that module takes the place of `firmware_bindings._host`. The first
finding prints a report and ends the program with a status that is not 0. Needs a source checkout and gcc's libasan.
"""

from __future__ import annotations

import fcntl
import importlib
import importlib.util
import os
import runpy
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build-sanitize"
MODULE = "firmware_bindings._host"
TARGET = f"firmware_bindings/_host{sysconfig.get_config_var('EXT_SUFFIX')}"
CHOSEN = "SMARTSAT_SANITIZED_HOST"  # set in the process that runs the program: the module's path
USAGE = "usage: python -m firmware_bindings.sanitize (-m MODULE | -c CODE | FILE) [ARGUMENT...]"


def build() -> Path:
    """Compile the sanitized module; return its path. Raises `SystemExit` with one line when that is not possible."""
    if not (ROOT / "meson.build").exists():
        raise SystemExit(f"sanitize: {ROOT} is not a source checkout: clone the repository and install it editable")
    BUILD.mkdir(exist_ok=True)
    with (BUILD / "lock").open("w") as lock:  # one build at a time, however many processes ask for it
        fcntl.flock(lock, fcntl.LOCK_EX)
        return _build()


def _build() -> Path:
    """Configure once, compile what changed."""
    bin_dir = Path(sys.executable).parent
    env = dict(os.environ, PATH=f"{bin_dir}{os.pathsep}{os.environ.get('PATH', '')}")
    commands = [["ninja", "-C", str(BUILD), TARGET]]
    if not (BUILD / "build.ninja").exists():
        commands.insert(
            0, ["meson", "setup", str(BUILD), str(ROOT), "-Dsanitize_board=true", "-Ddebug=true", "-Doptimization=1"]
        )
    for command in commands:
        try:
            done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise SystemExit(f"sanitize: {command[0]} is not installed: make .venv/.test installs it") from None
        if done.returncode != 0:
            raise SystemExit(f"sanitize: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return BUILD / TARGET


def preload() -> str:
    """Return what the loader takes first: libasan, and libstdc++ for the C++ exceptions of other modules."""
    names = ("libasan.so", "libstdc++.so.6")
    paths = []
    for name in names:
        done = subprocess.run(["cc", f"-print-file-name={name}"], capture_output=True, text=True, check=False)
        paths.append(done.stdout.strip())
    if not Path(paths[0]).is_absolute():
        raise SystemExit("sanitize: the C compiler has no libasan.so: install gcc with its sanitizer libraries")
    return " ".join(path for path in paths if Path(path).is_absolute())


def environment(module: Path) -> dict[str, str]:
    """Environment of the process that runs the program.

    Python itself leaks by design, so leaks are not looked for; the sgp4 library copies a string onto itself, so string
    functions, of which the board's C uses none, are not checked.
    """
    return dict(
        os.environ,
        LD_PRELOAD=preload(),
        ASAN_OPTIONS="detect_leaks=0:replace_str=0:intercept_strlen=0:intercept_strchr=0:intercept_strndup=0",
        UBSAN_OPTIONS="print_stacktrace=1",
        **{CHOSEN: str(module)},
    )


def take_place(path: Path) -> None:
    """Load the sanitized module as `firmware_bindings._host`, before anybody imports the other one."""
    spec = importlib.util.spec_from_file_location(MODULE, path)
    if spec is None or spec.loader is None:
        raise SystemExit(f"sanitize: {path} cannot be loaded: remove {BUILD} and try again")
    module = importlib.util.module_from_spec(spec)
    sys.modules[MODULE] = module
    spec.loader.exec_module(module)
    importlib.import_module("firmware_bindings")._host = module  # type: ignore[attr-defined]


def run(arguments: list[str]) -> None:
    """Run the program that a Python command line names."""
    if arguments[0] == "-m":
        sys.argv = arguments[1:]
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(arguments[1], run_name="__main__", alter_sys=True)
    elif arguments[0] == "-c":
        sys.argv = ["-c", *arguments[2:]]
        exec(compile(arguments[1], "<string>", "exec"), {"__name__": "__main__"})
    else:
        sys.argv = arguments
        runpy.run_path(arguments[0], run_name="__main__")


def main(arguments: list[str]) -> None:
    """Build and start over under the sanitizer, or, when that is done, run the program."""
    if not arguments or (arguments[0] in {"-m", "-c"} and len(arguments) == 1):
        raise SystemExit(USAGE)
    chosen = os.environ.pop(CHOSEN, None)
    if chosen is None:
        command = [sys.executable, "-m", "firmware_bindings.sanitize", *arguments]
        os.execve(sys.executable, command, environment(build()))
    os.environ.pop("LD_PRELOAD", None)  # programs that this one starts need no sanitizer
    take_place(Path(chosen))
    run(arguments)


if __name__ == "__main__":
    main(sys.argv[1:])
