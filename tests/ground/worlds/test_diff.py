"""`smartsat diff`: identical flights have one hash; the first difference is named; bad options are one line."""

import json
import re

import pytest
from rich.console import Console

from ground.cli.main import main
from ground.common.signals import Asked
from ground.link.segment import GroundSegment
from ground.worlds import diff
from ground.worlds.diff import Options, PairedMissions
from hal.exit_codes import ExitCode
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario


def new_pair(tap=lambda _name, link: link):
    """Two simulated worlds; `tap` is on flight's links in the second."""
    missions = [
        Mission(load_vehicle(), load_scenario("modes"), GroundSegment),
        Mission(load_vehicle(), load_scenario("modes"), GroundSegment, tap=tap),
    ]
    return PairedMissions(("sim", "sim"), (missions[0], missions[1]))


def first_difference(pair, ticks):
    """Fly until the first difference, or for so many ticks."""
    for _ in range(ticks):
        found = pair.tick()
        if found is not None:
            return found
    return None


def test_the_same_world_twice_is_identical(capsys):
    assert diff.run(Options("modes", "sim,sim", duration_s=20.0)) == ExitCode.OK
    first = capsys.readouterr().out
    assert first.startswith("identical: sim and sim, 200 ticks, ")
    assert "modes: BOOT IDLE, NOMINAL DETUMBLE" in first
    diff.run(Options("modes", "sim,sim", duration_s=20.0))
    assert capsys.readouterr().out == first
    diff.run(Options("modes", "sim,sim", duration_s=20.0, seed=2))
    assert re.search("sha256 (.*)", capsys.readouterr().out)[1] != re.search("sha256 (.*)", first)[1]


def test_a_parameter_that_flight_alone_changes_is_named():
    pair = new_pair()
    assert first_difference(pair, 50) is None
    pair.second.view("parameters.fine_hold_s")[...] += 1e-9
    found = first_difference(pair, 5)
    assert (found.tick, found.t_s) == (50, 5.0)
    assert found.parameter == "parameters.fine_hold_s"
    assert float(found.values[0]) == 600.0
    assert found.values[0] != found.values[1]
    assert found.packet is None
    assert "arises in flight" in diff.lines(Options("modes", "sim,sim"), outcome(pair, found))[-1]


class Flip:
    """A link that changes one octet of what comes from the board at one read."""

    def __init__(self, link, read):
        self.link, self.left = link, read
        self.write, self.close = link.write, link.close

    def read(self):
        octets = bytearray(self.link.read())
        self.left -= 1
        if self.left == 0:
            octets[-4] ^= 0x10
        return bytes(octets)


def test_an_octet_that_differs_is_found_in_its_packet():
    """A flipped bit breaks the frame of tick 29: flight misses a sample that the other has."""
    pair = new_pair(lambda name, link: Flip(link, 30) if name == "adcs" else link)
    found = first_difference(pair, 100)
    assert found.tick == 29
    assert found.parameter.startswith("samples.")
    assert (found.packet.link, found.packet.direction) == ("adcs", "IN")
    said = diff.lines(Options("modes", "sim,sim"), outcome(pair, found))
    assert said[0] == "different at tick 29, 2.9 s:"
    assert "carried by link adcs IN" in said[2]


def outcome(pair, difference):
    return diff.Outcome(pair.ticks, pair.octets, 0.0, pair.sha256, tuple(pair.modes), difference, interrupted=False)


def test_json_holds_the_verdict(capsys):
    assert diff.run(Options("modes", "sim,sim", duration_s=2.0, as_json=True)) == ExitCode.OK
    said = json.loads(capsys.readouterr().out)
    assert (said["ticks"], said["difference"], said["worlds"]) == (20, None, "sim,sim")


def test_platform_sections_are_not_compared():
    pair = new_pair()
    first_difference(pair, 3)
    assert any(s.platform for s in pair.first.sections)
    pair.second.view("cost.max_s")[0] += 1.0
    assert first_difference(pair, 3) is None


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--worlds", "sim"], "--worlds 'sim': expected two of sim, qemu, pty, links, as sim,qemu"),
        (["--worlds", "sim,moon"], "--worlds 'sim,moon': expected two of"),
        (["--image", "adcs"], "--image 'adcs': expected BOARD=PATH, with a board of: adcs, eps"),
        (["--image", "ping=x.elf"], "--image 'ping=x.elf': expected BOARD=PATH"),
        (["--image", "adcs=nowhere.elf"], "there is no file nowhere.elf"),
        (["nowhere"], "nowhere: no such scenario"),
    ],
)
def test_bad_options_are_one_line(monkeypatch, capsys, arguments, says):
    monkeypatch.setattr("sys.argv", ["smartsat", "diff", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err
    assert ended.value.code == ExitCode.BAD_INPUT
    assert says in said
    assert said.startswith("smartsat: ")
    assert said.count("\n") == 1


def test_a_comparison_says_how_far_it_came(capsys):
    quiet = Console(quiet=True)
    found = diff.fly(Options("modes", "sim,sim", duration_s=3.0), quiet, Asked(lambda: None))
    assert (found.ticks, found.interrupted, found.line_octets_a_tick) == (30, False, 0.0)
    assert capsys.readouterr().out == ""
