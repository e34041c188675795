"""Flight on its own: a tree with hal, ccsds and fsw only, nothing else of the house installed, flies and restarts."""

import importlib.util
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy
import pytest

from fsw.core.persistence import DirectoryStorage
from hal.vehicle.load import load_vehicle
from sim.scenario.scenario import load_scenario
from sim.universe import Universe
from sim.universe_server import UniverseServer
from tests.sil.separate import write_vehicle

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 600.0


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    """hal, ccsds and fsw as they would be installed alone: Python, data and compiled modules."""
    folder = tmp_path_factory.mktemp("alone")
    for package in ("hal", "ccsds", "fsw"):
        unwanted = shutil.ignore_patterns("__pycache__", "*.pyx", "*.pxd", "*.pyi", "meson.build")
        shutil.copytree(ROOT / package, folder / package, ignore=unwanted)
        sources = [source.relative_to(ROOT) for source in (ROOT / package).rglob("*.pyx")]
        for source in sources + ([Path("hal/_cython_shared")] if package == "hal" else []):  # has no .pyx
            name = ".".join(source.with_suffix("").parts)
            compiled = Path(importlib.util.find_spec(name).origin)
            shutil.copy(compiled, folder / source.parent / compiled.name)
    return folder


def environment(tree):
    """No site packages but by path, so that what makes the rest of the house importable is not there."""
    packages = Path(numpy.__file__).parents[1]
    return {"PYTHONPATH": os.pathsep.join((str(tree), str(packages))), "PATH": os.environ["PATH"]}


def test_the_rest_of_the_house_is_not_there(tree):
    code = "import fsw.main, fsw.flight_process\nimport sim"
    done = subprocess.run(
        [sys.executable, "-S", "-P", "-c", code], env=environment(tree), cwd=tree, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert "No module named 'sim'" in done.stderr
    assert done.returncode == 1


def test_it_flies_saves_and_goes_on(tree, tmp_path):
    vehicle = load_vehicle()
    scenario = load_scenario()
    universe = Universe(scenario.physics, scenario.epoch_tai_ns)
    world = universe.add("a", vehicle, scenario, 1)
    server = UniverseServer(universe, tmp_path / "w")
    file = tmp_path / "vehicle.toml"
    write_vehicle(file, vehicle, {n: server.link_url(n) for n in world.links})
    command = [sys.executable, "-S", "-m", "fsw.flight_process", str(file), "--state", str(tmp_path / "state")]
    for start in (1, 2):
        process = subprocess.Popen([*command, "--clock", server.url], env=environment(tree), cwd=tree)
        server.accept(PATIENCE_S)
        until_ns = world.t_ns + 12_000_000_000
        while world.t_ns < until_ns:
            assert server.serve(lambda: None), f"flight ended by itself in start {start}"
        process.send_signal(signal.SIGTERM)
        while server.serve(lambda: None):
            pass
        assert process.wait(PATIENCE_S) == 0
    server.close()
    storage = DirectoryStorage(tmp_path / "state")
    assert storage.read("pool.0") and storage.read("pool.1")
