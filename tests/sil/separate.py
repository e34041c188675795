"""Flight in a process of its own, in lock-step with a world in this one; it can be killed at any moment.

Mission time is the world's. Flight's state is read where flight keeps it, in retained memory, between two ticks.
"""

import itertools
import math
import os
import random
import signal
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from ccsds.packets import TmPacket
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.estimation.sections import AttitudeSection
from fsw.guidance.modes import AdcsMode
from fsw.guidance.sections import GuidanceSection, ModeSection
from fsw.health.devices import fitted
from fsw.restart.retained import RetainedMemory
from fsw.restart.supervisor import open_memory
from ground.link.station import GroundStation
from hal.handle import Memory, Owners
from hal.record import Record
from hal.record import field as record_field
from hal.schema import to_table
from hal.vehicle.load import load_vehicle
from sim.mission import accepted_shares, make_judge
from sim.requirements.judge import entries
from sim.requirements.verdict import Judgement
from sim.results.ledger import close_ledger
from sim.scenario.planning import disperse, plan
from sim.scenario.scenario import load_scenario
from sim.universe import Universe
from sim.universe_server import UniverseServer

NS = 1_000_000_000
RETURN_S = 10.0  # knowledge is back within
EXCUSED_S = 60.0  # pointing at the target is not judged for so long after a restart
PATIENCE_S = 600.0
ON_THE_LINE = 1  # command frames that a board has not answered yet when a life ends
LEDGER_TICKS = 20  # of a life, until what the one before left in the frames has come through


def toml(value):
    """A table as TOML, in one line for all below the first level."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{k} = {toml(v)}" for k, v in value.items() if v is not None) + " }"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml(v) for v in value) + "]"
    if isinstance(value, str):
        return '"' + value + '"'
    return str(value).lower() if isinstance(value, bool) else repr(value)


def write_vehicle(path, vehicle, urls):
    """The vehicle as a file whose links lead to the served world."""
    table = to_table(vehicle)
    table["boards"]["adcs"]["link"], table["boards"]["eps"]["link"] = urls["adcs"], urls["eps"]
    for device in table["device"]:
        if "link" in device:
            device["link"] = urls[device["name"]]
    table["radio"]["link"] = urls["radio"]
    path.write_text("".join(f"{key} = {toml(value)}\n" for key, value in table.items()))


class Harness(Record):
    """What the judge is told of the kills."""

    excused = record_field("u1", doc="1 while pointing at the target is not judged")


def required(vehicle, scenario):
    """The requirements of the mission; of the pass it is judged what the satellite flies in target tracking."""
    for entry in entries(vehicle, scenario):
        r = entry.requirement
        if r.id == "ADCS-040":
            r = replace(r, when=(*r.when, "mode.adcs == TARGET", "harness.excused == 0"), episodes=None)
        yield replace(entry, requirement=r)


@dataclass
class Kill:
    """One kill and what followed."""

    t_s: float  # mission time of the tick in which flight was killed
    delay_s: float  # wall time after that tick began
    dead_s: float  # mission time without flight
    knowledge_before_deg: float = 180.0
    fine: bool = False  # whether flight was in a mode that the requirement of knowledge is for, and met it
    tick: int = 0  # the last whole one
    restarted_s: float = 0.0  # mission time of the first tick after
    first_tick: int = 0
    kind: int = -1
    source: int = -1
    back_s: float = -1.0  # from that tick until knowledge was good again for a second
    star_tracker: bool = False  # whether it saw then
    time_error_s: float = 0.0  # mission time as flight has it, minus the world's
    errors_deg: list = field(default_factory=list)  # knowledge, from the restart until it was good


class Ground:
    """A station whose operator unlocks the uplink after a restart and sends what was planned."""

    def __init__(self, radio, link, planned, send):
        self._link, self._send = link, send
        self.station = GroundStation(radio)
        self._due = sorted(planned.telecommands, key=lambda t: t.time_s, reverse=True)
        self.counts = []  # packet sequence counts in order of arrival
        self.times_ns = []  # TAI of every packet
        self.events = []
        self._asked_ns = 0
        self.commands = 0

    @property
    def packets(self):
        return self.station.counts.packets

    @property
    def packets_broken(self):
        return self.station.counts.packets_broken

    @property
    def commands_waiting(self):
        return self.station.counts.tc_unacknowledged

    def commands_under_way(self, v_r):
        return self.station.sender.unacknowledged_at(v_r)

    def step(self, t_ns):
        octets = self._link.read()
        for packet in self.station.receive(octets) if octets else ():
            self.counts.append((packet[2] << 8 | packet[3]) & 0x3FFF)
            self.times_ns.append(struct.unpack(">I", packet[14:18])[0] + struct.unpack(">H", packet[18:20])[0] / 65536)
            if packet[7] == 5 and packet[8] <= 4:
                self.events.append(TmPacket.decode(packet).data)
        sender = self.station.sender
        if sender.alert and t_ns - self._asked_ns > 2 * NS:
            self._asked_ns = t_ns
            self._link.write(sender.unlock() + sender.set_v_r(sender.v_s))
        else:
            again = self.station.transmit(t_ns)
            if again:
                self._link.write(again)
        while self._due and t_ns >= self._due[-1].time_s * NS:
            octets = self.station.send(self._send(self._due.pop(), self.commands), t_ns)
            self.commands += 1
            if octets:
                self._link.write(octets)


def rotation_deg(a, b):
    """Angle between two attitudes given as quaternions, scalar last [deg]."""
    a, b = np.array(a), np.array(b)
    vector = a[3] * b[:3] - b[3] * a[:3] - np.cross(a[:3], b[:3])
    return math.degrees(2.0 * math.atan2(float(np.linalg.norm(vector)), abs(float(a @ b))))


def telecommand(apid):
    """Maker of planned telecommands as the ground segment makes them."""
    from ccsds.packets import TcPacket
    from fsw.pus.messages import Tc
    from fsw.pus.st08_functions import LAYOUTS
    from hal.vehicle.functions import Function

    def make(command, count):
        function = Function[command.function.upper()]
        data = struct.pack(">H" + LAYOUTS[function], function, *command.arguments)
        return TcPacket(apid, count & 0x3FFF, *Tc.PERFORM_FUNCTION.value, data).encode()

    return make


@dataclass
class Shown:
    """What a flight with kills showed."""

    kills: list = field(default_factory=list)
    unaccounted: dict = field(default_factory=dict)  # by hop, over the whole ticks of all lives
    largest_time_error_s: float = 0.0


class SeparateFlight:
    """The reference mission with flight in a process of its own."""

    def __init__(self, folder, seed=1, duration_s=None, change=lambda scenario: scenario):
        vehicle, scenario = disperse(load_vehicle(), change(load_scenario()), seed)
        self.vehicle, self.scenario, self.seed = vehicle, scenario, seed
        self.plan = plan(vehicle, scenario)
        self.duration_s = scenario.duration_s if duration_s is None else duration_s
        universe = Universe(scenario.physics, scenario.epoch_tai_ns)
        self.world = universe.add("a", vehicle, scenario, seed, flight_plan=self.plan)
        self._sockets = tempfile.TemporaryDirectory(prefix="fsw")  # the name of a socket is short
        self.server = UniverseServer(universe, Path(self._sockets.name) / "world")
        self.state = folder / "state"
        self.file = folder / "vehicle.toml"
        write_vehicle(self.file, vehicle, {n: self.server.link_url(n) for n in self.world.links})
        self._descriptor = open_memory(str(folder / "memory"))
        memory = RetainedMemory(self._descriptor)
        self._sections = flight_sections()
        probe = Pool(self._sections)
        self.pool = Pool(self._sections, place=memory.place, fitted=fitted(vehicle))  # the same octets as flight's
        assert len(probe.memory) == len(self.pool.memory)
        self._ticks = self.pool.view("executive.ticks")
        self._period_ns = NS // vehicle.rates.base_hz
        self.ground = Ground(vehicle.radio, self.world.radio_ground, self.plan, telecommand(vehicle.radio.apid))
        self.shown = Shown()
        self._seen = Pool(self._sections, fitted=fitted(vehicle))  # flight's state as the judge is to see it
        memory = Memory({"harness": Harness})
        self._harness = memory["harness"]
        seen = Owners(self._seen, truth=self.world, device_truth=self.world, harness=memory)
        self.judge = make_judge(tuple(required(vehicle, scenario)), vehicle, self.plan, seen)
        self.process = None
        self._last_ticks = 0
        self._restarted_ns = -1 << 62
        self._good_for = 0
        self._ledger = None  # at the beginning of this life, when what the one before left has settled
        self._lived = 0

    # ------------------------------------------------------------ the process

    def command(self, kind="RETAINED", reason="NONE", restarts=0):
        return [
            sys.executable, "-m", "fsw.flight_process", str(self.file), "--state", str(self.state),
            "--clock", self.server.url, "--tai-ns", str(self.scenario.epoch_tai_ns),
            "--retained", str(self._descriptor), "--start", kind, "--reason", reason, "--restarts", str(restarts),
        ]  # fmt: skip

    def start(self, kind="RETAINED", reason="NONE", restarts=0):
        """Start a flight process; its clock begins where the world is."""
        self.process = subprocess.Popen(self.command(kind, reason, restarts), pass_fds=(self._descriptor,))
        self.server.accept(PATIENCE_S)
        self._last_ticks = self._lived = 0

    def kill(self):
        """End the process as nothing else can be ended."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.server.hang_up()

    def end(self):
        """End the world: flight leaves a last checkpoint."""
        self.server.hang_up()
        code = self.process.wait(PATIENCE_S)
        self.server.close()
        os.close(self._descriptor)
        self._sockets.cleanup()
        return code

    # ------------------------------------------------------------ flying

    def _settle_ledger(self):
        """Add up what this life did not account for, up to its last whole tick."""
        if self._ledger is None:
            return
        for then, now in zip(self._ledger.hops, close_ledger(self.pool, self.ground).hops, strict=True):
            made = now.generated - then.generated
            known = sum(getattr(now, k) - getattr(then, k) for k in ("delivered", "stored", "dropped"))
            missing = abs(made - known)
            if now.name.startswith("command frames") and missing <= ON_THE_LINE:
                missing = 0
            self.shown.unaccounted[now.name] = self.shown.unaccounted.get(now.name, 0) + missing
        self._ledger = None

    def fly(self, until_s, kill_after=None):
        """Serve steps until mission time `until_s`; with `kill_after` [s of wall time] kill in the tick that begins."""
        until_ns = round(until_s * NS)
        while True:
            asked = self.server.receive()
            assert asked is not None, f"flight ended by itself: {self.process.wait()}"
            self._after_tick()
            if asked >= until_ns:
                break
            assert self.server.answer(asked)
        self._settle_ledger()
        if kill_after is None:
            self._asked = asked
            return
        assert self.server.answer(asked)
        begun = time.perf_counter()
        while time.perf_counter() - begun < kill_after:
            pass
        self.kill()

    def resume_after_pause(self):
        """Go on where `fly` returned."""
        assert self.server.answer(self._asked)

    def _after_tick(self):
        """Flight has worked; when that was a whole tick, judge it."""
        ticks, last = int(self._ticks), self._last_ticks
        self._last_ticks = ticks
        if not last:
            return
        if ticks == last + 1:
            self._judge(alive=True)
            self.ground.step(self.world.t_ns)
            self._lived += 1
            if self._lived == LEDGER_TICKS:
                self._ledger = close_ledger(self.pool, self.ground)

    def _judge(self, alive):
        t_ns, seen = self.world.t_ns, self._seen
        since_s = (t_ns - self._restarted_ns) / NS
        if alive:
            for section in (AttitudeSection, GuidanceSection, ModeSection):
                seen.array(section)[...] = self.pool.array(section)
            if since_s <= RETURN_S and self.shown.kills:
                seen.array(AttitudeSection)["valid"] = 0
            error_s = ((int(self._ticks) - 2) * self._period_ns - t_ns) / NS  # of the tick that just ended
            if abs(error_s) > abs(self.shown.largest_time_error_s):
                self.shown.largest_time_error_s = error_s
        else:
            guidance = seen.array(GuidanceSection)
            seen.array(AttitudeSection)["valid"] = 0
            guidance["slewing"], guidance["slew_remaining_rad"] = 1, math.pi
        self._harness["excused"] = not alive or since_s < EXCUSED_S
        self.judge.step()
        if alive and self.shown.kills and self.shown.kills[-1].back_s < 0:
            self._watch_return(self.shown.kills[-1])

    def _watch_return(self, kill):
        """Note when knowledge has been good for a second; before the requirement applies the judge sees none."""
        if kill.restarted_s == 0.0:
            kill.restarted_s = self.world.t_ns / NS
            kill.first_tick = int(self._ticks) - 2
            self._restarted_ns = self.world.t_ns
            kill.kind, kill.source = int(self.pool["restart.kind"]), int(self.pool["restart.time_source"])
            kill.time_error_s = kill.first_tick * self._period_ns / NS - kill.restarted_s
        error_deg = rotation_deg(self.world.truth["q_bi"], self.pool.view("attitude.q_bi"))
        kill.errors_deg.append(round(error_deg, 4))
        good = self.pool["attitude.valid"] and error_deg < self._knowledge_limit_deg()
        self._good_for = self._good_for + 1 if good else 0
        if self._good_for >= self.vehicle.rates.base_hz:
            kill.back_s = self.world.t_ns / NS - kill.restarted_s - 1.0
            kill.star_tracker = self._star_tracker_sees()

    def _star_tracker_sees(self):
        return bool(self.world.device_truth["star_tracker"]["flags"] & 1)

    def _knowledge_limit_deg(self):
        return 0.02 if self._star_tracker_sees() else 0.3

    def die_and_return(self, kill, kind="RETAINED"):
        """Fly to the moment of `kill`, kill, let time go on, start again."""
        self.fly(kill.t_s, kill.delay_s)
        kill.knowledge_before_deg = self.judge.knowledge_deg
        met = kill.knowledge_before_deg < self._knowledge_limit_deg()
        kill.fine = met and self.pool["mode.adcs"] in (AdcsMode.NADIR, AdcsMode.TARGET)
        kill.tick = self._last_ticks - 1
        self.shown.kills.append(kill)
        self._good_for = 0
        end_ns = self.world.t_ns + round(kill.dead_s * NS)
        while self.world.t_ns + self._period_ns <= end_ns:
            self.server.idle((self.world.t_ns // self._period_ns + 1) * self._period_ns)
            self._judge(alive=False)
            self.ground.step(self.world.t_ns)
        self.server.idle(end_ns)
        self.start(kind, "SIGNAL", len(self.shown.kills))


def judge(flight):
    """All requirements of the reference mission, and that no packet is unaccounted for; no recording is made here."""
    unaccounted = sum(flight.shown.unaccounted.values())
    packets = Judgement("RUN-040", "packets unaccounted for", 1.0, float(unaccounted), "packets")
    return [*flight.judge.judgements(accepted_shares(flight.pool, flight.vehicle), flight.scenario.is_to_show), packets]


def unwrapped(counts):
    """Counts modulo 2**14 in order of arrival, as numbers that go on: the nearest to the one before.

    Virtual channels overtake each other, so that these need not ascend; no number may come twice.
    """
    out = list(counts[:1])
    for count in counts[1:]:
        out.append(out[-1] + (count - out[-1] + 0x2000) % 0x4000 - 0x2000)
    return out


def draw_kills(seed, count, duration_s, checkpoint_s, at_checkpoint, first_s=5.0):
    """Kills at moments drawn from the seed; `at_checkpoint` of them in the tick that writes a checkpoint."""
    rng = random.Random(seed)
    gap_s = 30.0
    while True:
        times = sorted(rng.uniform(first_s, duration_s - gap_s) for _ in range(count))
        if all(b - a > gap_s for a, b in itertools.pairwise(times)):
            break
    special = set(rng.sample(range(count), at_checkpoint))
    kills = []
    for i, moment_s in enumerate(times):
        t_s = max(checkpoint_s, moment_s // checkpoint_s * checkpoint_s) if i in special else moment_s
        delay_s = rng.uniform(0.0, 6e-3 if i in special else 1e-3)
        kills.append(Kill(t_s, delay_s, rng.uniform(0.5, 10.0)))
    return kills
