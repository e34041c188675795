"""The flight of one test: vehicle, scenario, world, recording, and what is kept of it."""

from __future__ import annotations

import re
import shutil
import zlib
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path

from ground.common.run_folder import EXCEPTIONS
from ground.link.segment import GroundSegment
from ground.pytest_plugin.received import ReceivedTelemetry
from ground.pytest_plugin.satellite import Satellite
from ground.report.words import raised, tracebacks
from ground.worlds.worlds import open_boards
from hal.files import WriteError, write_whole
from hal.links.link import ByteLink
from hal.schema import SchemaError, is_toml
from hal.vehicle.load import load_vehicle
from hal.vehicle.vehicle import Radio, Vehicle
from sim.mission import Mission
from sim.scenario.planning import Plan
from sim.scenario.scenario import Scenario, load_scenario

LONGEST_NAME = 120  # characters of a run folder's name
ATTEMPTS = 100


@dataclass(frozen=True)
class Spec:
    """Vehicle, scenario, seed and world of a test."""

    test: str  # node id
    hal: str
    vehicle: Vehicle | str
    scenario: Scenario | str
    seed: int
    runs: Path  # folder of run folders
    near: tuple[Path, ...]  # folders in which files of vehicle and scenario are looked for

    @property
    def out(self) -> Path:
        """The run folder, the same one for each run of the test in this world."""
        name = re.sub(r"[^A-Za-z0-9_.-]+", "-", self.test).strip("-")
        if len(name) > LONGEST_NAME:
            name = f"{name[:LONGEST_NAME]}-{zlib.crc32(self.test.encode()):08x}"
        return self.runs / f"{name}.{self.hal}"

    @property
    def names(self) -> dict[str, str]:
        """Vehicle and scenario by name."""
        pairs = (("vehicle", self.vehicle), ("scenario", self.scenario))
        return {key: value if isinstance(value, str) else value.name for key, value in pairs}


class Flight:
    """A flight in progress; `satellite` is what the test gets.

    Everything is recorded in the run folder from the start, so that also what is killed leaves its recording; `discard`
    removes it. Raises `SchemaError`, `WorldError` with one line.
    """

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self._closed = False
        self._stack = ExitStack()
        vehicle, scenario = _vehicle(spec), _scenario(spec)
        self.discard()
        try:
            make_folder(spec.out)
        except OSError as error:
            raise SchemaError(f"{spec.out}: cannot be made: {error.strerror}; give --smartsat-runs a folder") from None
        try:
            self._start(vehicle, scenario)
        except BaseException:
            self._stack.close()
            self.discard()
            raise

    def _start(self, vehicle: Vehicle, scenario: Scenario) -> None:
        spec, received = self.spec, ReceivedTelemetry()
        boards = self._stack.enter_context(open_boards(spec.hal, vehicle))
        segments: list[GroundSegment] = []

        def ground(radio: Radio, link: ByteLink, plan: Plan) -> GroundSegment:
            segments.append(GroundSegment(radio, link, plan, spec.out, received.receive))
            return segments[0]

        meta = {"test": spec.test, "hal": spec.hal}
        mission = Mission(
            vehicle, scenario, ground, seed=spec.seed, out=spec.out, record="full", boards=boards, meta=meta
        )
        self.satellite = Satellite(mission, segments[0], received)

    def check(self) -> str:
        """Return in one line the error of a flight whose test has passed; nothing when all is well.

        The truth left the domain of its models; applications raised exceptions, and the scenario does not allow it;
        packets are unaccounted for.
        """
        mission = self.satellite.mission
        if mission.left is not None:
            return str(mission.left)
        ledger = self._check_ledger()
        if mission.world.scenario.allows_exceptions:
            return ledger
        return "; ".join([*map(raised, mission.raised()), *([ledger] if ledger else [])])

    def _check_ledger(self) -> str:
        ledger = self.satellite.settled_ledger()
        if not ledger.unaccounted:
            return ""
        hops = [f"{hop.name}: {hop.unaccounted} of {hop.generated}" for hop in ledger.hops if hop.unaccounted]
        return f"{ledger.unaccounted} packets unaccounted for ({'; '.join(hops)})"

    def close(self) -> None:
        """End the boards and close the files; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        with self._stack:
            self.satellite.mission.close()
        if exceptions := self.satellite.mission.raised():
            with suppress(WriteError):  # the test says its own
                write_whole(self.spec.out / EXCEPTIONS, tracebacks(exceptions))

    def discard(self) -> None:
        """Remove the run folder, and the folder of run folders when that was the last."""
        shutil.rmtree(self.spec.out, ignore_errors=True)
        with suppress(OSError):  # it holds others, or there is none
            self.spec.runs.rmdir()


def make_folder(path: Path) -> None:
    """Make a run folder, also while other tests make and remove theirs; raise OSError."""
    for attempt in range(ATTEMPTS):
        try:
            path.mkdir(parents=True)
            return
        except FileNotFoundError:  # the folder of run folders was empty a moment ago, and was removed
            if attempt == ATTEMPTS - 1:
                raise


def _vehicle(spec: Spec) -> Vehicle:
    return spec.vehicle if isinstance(spec.vehicle, Vehicle) else load_vehicle(_found(spec, spec.vehicle))


def _scenario(spec: Spec) -> Scenario:
    return spec.scenario if isinstance(spec.scenario, Scenario) else load_scenario(_found(spec, spec.scenario))


def _found(spec: Spec, name: str) -> str:
    """Return the path of the file `name`, or the name of a shipped one unchanged."""
    places = [folder / name for folder in spec.near] if is_toml(name) else []
    return str(next((place for place in places if place.is_file()), name))
