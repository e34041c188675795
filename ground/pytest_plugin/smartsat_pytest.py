"""The hooks of the pytest plugin `smartsat`.

Installed as a module of its own, beside our packages: it has to speak when a folder of somebody's repository hides
one of them. So it imports nothing of ours until a test wants to fly.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Generator, Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

# A module that our package has, and a folder of the same name has not.
OURS = {
    "hal": "record", "ccsds": "packets", "firmware_bindings": "images", "fsw": "main", "sim": "mission",
    "ground": "cli/main",
}  # fmt: skip
OPTIONS = {
    "hal": ("sim", "sim|qemu|pty|links", "where the boards are: as --hal of `smartsat fly`"),
    "seed": ("1", "N", "seed of flights whose marker names none"),
    "scenario": ("reference", "NAME", "shipped scenario or path of a file, for tests whose marker names none"),
    "vehicle": ("reference", "NAME", "shipped vehicle or path of a file, for tests whose marker names none"),
    "runs": ("runs", "DIR", "folder for recordings of failing tests, from the root folder"),
}
MARKER = "smartsat(vehicle=, scenario=, seed=, requirement=): what the `satellite` of a test flies, and what it proves"
MARKER_KEYS = ("vehicle", "scenario", "seed", "requirement")
REQUIREMENT = re.compile(r"\s*([A-Z][A-Z0-9]*(?:-[A-Z0-9]+)+)\s*:")
SHOWN = 4  # parameters that the replay command shows
flight_key = pytest.StashKey[Any]()  # of an item: its `Flight`
kept_key = pytest.StashKey[bool]()  # of an item: its recording stays
undecided_key = pytest.StashKey[list[Any]]()  # of the configuration: flights not yet kept or discarded


# ------------------------------------------------------------------ options


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options; what they may be is checked in `pytest_configure`, where an error is one line."""
    group = parser.getgroup("smartsat", "smartsat: tests that fly a satellite")
    for name, (default, metavar, text) in OPTIONS.items():
        group.addoption(f"--smartsat-{name}", metavar=metavar, help=f"{text} (default: {default})")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marker and check the options that were given."""
    config.addinivalue_line("markers", MARKER)
    config.stash[undecided_key] = []
    given = [name for name in OPTIONS if config.getoption(f"smartsat_{name}") is not None]
    if not given:
        return
    why = hidden() or import_module("ground.pytest_plugin.options").defect(
        {name: _option(config, name) for name in given}
    )
    if why:
        raise pytest.UsageError(why)


def _option(config: pytest.Config, name: str) -> str:
    value = config.getoption(f"smartsat_{name}")
    return OPTIONS[name][0] if value is None else str(value)


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Say how many tests fly, and where the boards are."""
    flying = sum("satellite" in getattr(item, "fixturenames", ()) for item in items)
    return [f"smartsat: {flying} of them fly, boards: {_option(config, 'hal')}"] if flying else []


# ------------------------------------------------------------------ the fixture


@pytest.fixture
def satellite(request: pytest.FixtureRequest) -> Iterator[Any]:
    """A satellite at the start of a scenario (`ground.pytest_plugin.satellite.Satellite`).

    The marker `smartsat(vehicle=, scenario=, seed=)` says what it flies, the options `--smartsat-...` what no marker
    says. When the test has passed, every packet must be accounted for, and no application may have raised an exception,
    unless the scenario says `allows_exceptions = true`.
    """
    why = hidden()
    if why:
        pytest.fail(why, pytrace=False)
    options = import_module("ground.pytest_plugin.options")
    values = {name: _option(request.config, name) for name in OPTIONS}
    flight, why = options.start(request.node, values, _marked(request.node))
    if why:
        pytest.fail(f"smartsat: {why}", pytrace=False)
    request.node.stash[flight_key] = flight
    request.config.stash[undecided_key].append(flight)
    yield flight.satellite
    flight.close()


def _marked(item: pytest.Item) -> dict[str, Any]:
    """Return what the markers of a test say, the closest first; fails for what they cannot say."""
    said: dict[str, Any] = {}
    for marker in item.iter_markers("smartsat"):
        unknown = [key for key in marker.kwargs if key not in MARKER_KEYS]
        if marker.args or unknown:
            found = unknown[0] if unknown else repr(marker.args[0])
            expected = ", ".join(f"{key}=" for key in MARKER_KEYS)
            pytest.fail(f"@pytest.mark.smartsat: found {found}, expected {expected}", pytrace=False)
        said = {**marker.kwargs, **said}
    return said


# ------------------------------------------------------------------ what becomes of a flight


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Judge the flight of a test that has passed: truth, exceptions, packet ledger."""
    yield
    flight = item.stash.get(flight_key, None)
    why = flight.check() if flight is not None else ""
    if why:
        pytest.fail(f"smartsat: {why}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Note the properties of a flight; keep the recording of a failed test and say how to see it again."""
    flight = item.stash.get(flight_key, None)
    if flight is not None:
        _note(item, flight)
    report = yield
    if report.failed:
        why = explanation(call.excinfo.value if call.excinfo is not None else None, item.config)
        if why:
            _say(report, why)
        if flight is not None and not item.stash.get(kept_key, False):
            item.stash[kept_key] = flight.satellite.t_s > 0
            commands = {"again": again_command(item, flight)}
            if item.stash[kept_key]:
                commands = {"replay": replay_command(item, flight)} | commands
            item.user_properties += [(f"smartsat.{name}", command) for name, command in commands.items()]
            _say(report, "\n".join([*flight.satellite.story(), *(f"{n}: {c}" for n, c in commands.items())]))
    if report.when == "teardown" and flight is not None:
        item.config.stash[undecided_key].remove(flight)
        if not item.stash.get(kept_key, False):
            flight.discard()
    return report


@pytest.hookimpl(wrapper=True)
def pytest_sessionfinish(session: pytest.Session) -> Generator[None, None, None]:
    """Leave nothing of a flight that was interrupted; its boards end with the fixture."""
    yield
    for flight in session.config.stash[undecided_key]:
        flight.close()
        flight.discard()


def _note(item: pytest.Item, flight: Any) -> None:  # noqa: ANN401 - a `Flight`, which is not imported here
    """Put the facts of a flight into the item's properties: JUnit files carry them."""
    spec, facts = flight.spec, dict[str, object]()
    facts |= {"world": spec.hal, "seed": spec.seed, **spec.names, "mission_time_s": f"{flight.satellite.t_s:.1f}"}
    requirement = _marked(item).get("requirement") or _requirement(item)
    if requirement:
        facts["requirement"] = requirement
    names = {f"smartsat.{name}" for name in facts}
    item.user_properties[:] = [pair for pair in item.user_properties if pair[0] not in names]
    item.user_properties += [(f"smartsat.{name}", value) for name, value in facts.items()]


def _requirement(item: pytest.Item) -> str:
    """Return the id that a test's docstring begins with, as in "FDIR-012: an ADCS board silent for 5 s ..."."""
    found = REQUIREMENT.match(getattr(getattr(item, "function", None), "__doc__", None) or "")
    return found[1] if found else ""


def _say(report: pytest.TestReport | pytest.CollectReport, text: str) -> None:
    """Add `text` to every form of the report."""
    shown: Any = report.longrepr
    if hasattr(shown, "addsection"):
        shown.addsection("smartsat", text)
    elif isinstance(shown, str):
        report.longrepr = f"{shown}\n{text}"
    elif hasattr(shown, "longrepr"):
        shown.longrepr = f"{shown.longrepr}\n{text}"
    else:
        report.sections.append(("smartsat", text))


# ------------------------------------------------------------------ commands


def replay_command(item: pytest.Item, flight: Any) -> str:  # noqa: ANN401 - a `Flight`
    """Return the command that flies the recording again and shows what the test had read last."""
    recording = os.path.relpath(flight.spec.out / "recording.ssr", item.config.invocation_params.dir)
    read = list(flight.satellite.telemetry.read)[-SHOWN:]
    shown = [word for name in read for word in ("--show", name)]
    return shlex.join([*_program("smartsat", "ground.cli.main"), "replay", recording, *shown])


def again_command(item: pytest.Item, flight: Any) -> str:  # noqa: ANN401 - a `Flight`
    """Return the command that runs exactly this test again, in the same world with the same seed."""
    config, here = item.config, item.config.invocation_params.dir
    _, _, inside = item.nodeid.partition("::")
    words = [*_pytest(config), f"{os.path.relpath(item.path, here)}::{inside}"]
    if config.getoption("markexpr", ""):
        words += ["-m", config.getoption("markexpr")]
    words += ["--smartsat-hal", flight.spec.hal, "--smartsat-seed", str(flight.spec.seed)]
    for name in ("scenario", "vehicle", "runs"):
        if config.getoption(f"smartsat_{name}") is not None:
            words += [f"--smartsat-{name}", _option(config, name)]
    return shlex.join(words)


def _pytest(config: pytest.Config) -> list[str]:
    """Return how pytest was started: `python -m pytest` has the working folder on its path, `pytest` has not."""
    arguments = getattr(config, "workerinput", {}).get("mainargv", sys.argv)
    if Path(arguments[0]).name == "__main__.py":
        return [*_program(Path(sys.executable).name, ""), "-m", "pytest"]
    return _program("pytest", "pytest")


def _program(name: str, module: str) -> list[str]:
    """Return the words that start a program of this environment, as short as the PATH allows."""
    path = Path(sys.executable).with_name(name)
    if not path.is_file():
        return [sys.executable, "-m", module]
    if shutil.which(name) == str(path):
        return [name]
    here = os.path.relpath(path)
    return [str(path) if here.startswith("..") else here]


# ------------------------------------------------------------------ names that hide each other


def hidden() -> str:
    """Say in one line which of our packages a folder of the same name hides; nothing when none is."""
    for name, module in OURS.items():
        origin = _origin(name)
        if origin is None or not (origin.parent / f"{module}.py").is_file():
            where = "nothing" if origin is None else str(origin.parent)
            return f"smartsat: {where} hides our package {name!r}: {cure(name)}"
    return ""


def cure(name: str) -> str:
    """Return advice for two packages with the name `name`."""
    return (
        f'import yours as a part of a package of your own (in pyproject.toml: package-dir = {{ "yours.{name}" = '
        f'"{name}" }}) and run `pytest --import-mode=importlib`, not `python -m pytest`'
    )


def explanation(error: BaseException | None, config: pytest.Config) -> str:
    """Return in one line why an import failed, when the cause is two packages with one name."""
    while error is not None and not isinstance(error, ImportError):
        error = error.__cause__
    name = (error.name or "").partition(".")[0] if isinstance(error, ImportError) else ""
    if name not in OURS:
        return ""
    why = hidden()
    origin = _origin(name)
    if why or origin is None:
        return why
    folders = (config.rootpath / name, config.invocation_params.dir / name)
    theirs = next((folder for folder in folders if folder.is_dir() and folder != origin.parent), None)
    return "" if theirs is None else f"smartsat: our package {name!r} hides {theirs}: {cure(name)}"


def _origin(name: str) -> Path | None:
    """Return the file of the package that `import name` gives; None for a folder without `__init__.py`, or nothing."""
    try:
        spec = find_spec(name)
    except ValueError:  # a module that somebody made by hand
        return None
    return Path(spec.origin) if spec is not None and spec.origin is not None else None


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """Explain imports that failed in a test module."""
    report = yield
    call = getattr(report, "call", None)
    if report.failed and call is not None and call.excinfo is not None:
        why = explanation(call.excinfo.value, collector.config)
        if why:
            _say(report, why)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, None, None]:
    """Explain imports that failed in a conftest.py."""
    try:
        yield
    except Exception as error:
        why = explanation(getattr(error, "cause", None), early_config)
        if why:
            raise pytest.UsageError(why) from None
        raise
