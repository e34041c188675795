"""A supervised flight, `python -m fsw` as a process, in a world that is served here."""

import re
import subprocess
import sys
import threading
import time
from pathlib import Path

from hal.vehicle.load import load_vehicle
from sim.scenario.scenario import load_scenario
from sim.universe import Universe
from sim.universe_server import UniverseServer
from tests.sil.separate import write_vehicle

PATIENCE_S = 600.0


class Bench:
    """A supervised flight in a world that is served by a thread here, at ten times real time.

    `options` are those of the command line besides vehicle and clock.
    """

    def __init__(self, folder, options=()):
        vehicle, scenario = load_vehicle(), load_scenario()
        universe = Universe(scenario.physics, scenario.epoch_tai_ns, speed=10.0)
        self.world = universe.add("a", vehicle, scenario, 1)
        self.server = UniverseServer(universe, folder / "w")
        file = folder / "vehicle.toml"
        write_vehicle(file, vehicle, {n: self.server.link_url(n) for n in self.world.links})
        file.write_text(re.sub(r"heartbeat_silent_s = [\d.]+", "heartbeat_silent_s = 3.0", file.read_text()))
        self.over = False
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "fsw", str(file), "--clock", self.server.url, *options],
            stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.lines = []

    def _serve(self):
        while not self.over:
            try:
                self.server.accept(0.05)
            except TimeoutError:
                continue
            while self.server.serve(lambda: None):
                pass

    def line(self, pattern):
        """Wait for the next line that the supervisor says; return what it matches."""
        line = self.process.stderr.readline()
        self.lines.append(line)
        match = re.fullmatch(pattern + "\n", line)
        assert match, f"found {line!r}, expected {pattern}"
        return match

    def close(self):
        self.over = True
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(PATIENCE_S)
        self.process.stderr.close()
        self.server.hang_up()
        self.thread.join(PATIENCE_S)
        self.server.close()


def fly_on(bench, seconds=2.0):
    """Wait until mission time has gone on."""
    until_ns, begun = bench.world.t_ns + int(seconds * 1e9), time.monotonic()
    while bench.world.t_ns < until_ns:
        assert time.monotonic() - begun < PATIENCE_S
        time.sleep(0.01)


def alive(pid):
    """Whether a process runs; one that ended and that nobody waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().split()[2] != "Z"
    except FileNotFoundError:
        return False
