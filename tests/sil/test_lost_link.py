"""HAL-LNK: a line that goes away in flight and comes back: link errors, silence, and the board is heard again."""

from __future__ import annotations

import contextlib
import os
import tty

from ground.link.segment import GroundSegment
from hal.links.link import LinkError
from hal.links.serial_port import SerialLink
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario


class Cable:
    """The EPS board behind a serial device that is plugged and unplugged; octets cross between the ticks."""

    def __init__(self, folder) -> None:
        self.name = folder / "tty"
        self.near = self.board = None
        self.master = self.slave = -1

    def tap(self, name, link):
        """Put the cable between flight and the board."""
        if name != "eps":
            return link
        self.board = link
        self.plug()
        self.near = SerialLink(str(self.name), now_s=self.now_s)
        return self

    def now_s(self):
        return self.time_s

    time_s = 0.0

    def plug(self):
        self.master, self.slave = os.openpty()
        tty.setraw(self.slave)
        os.set_blocking(self.master, False)
        self.name.symlink_to(os.ttyname(self.slave))

    def unplug(self):
        os.write(self.master, b"\x01\x02half a frame")
        self.name.unlink()
        os.close(self.slave)
        os.close(self.master)
        self.master = -1

    def carry(self):
        """Move what is on the line."""
        octets = self.board.read()
        if self.master < 0:
            return
        with contextlib.suppress(BlockingIOError):
            self.board.write(os.read(self.master, 1 << 16))
        os.write(self.master, octets)

    def write(self, octets):
        self.near.write(octets)
        self.carry()

    def read(self):
        self.carry()
        return self.near.read()

    def close(self):
        self.near.close()


def test_flight_goes_through_the_loss_of_a_line_and_finds_the_board_again(tmp_path):
    """HAL-LNK: silent after its limit, with one event; heard again within 1 s of the line's return."""
    vehicle, cable = load_vehicle(), Cable(tmp_path)
    mission = Mission(vehicle, load_scenario("modes"), GroundSegment, duration_s=60.0, tap=cable.tap)
    pool = mission.flight.pool

    def advance(seconds):
        for _ in range(round(10 * seconds)):
            mission.advance(0.1)
            cable.time_s += 0.1

    advance(8.0)
    health = {
        name: pool.view(f"samples.eps_health.{name}") for name in ("silent", "link_errors", "frames_ok", "frames_bad")
    }
    assert (health["silent"], health["link_errors"]) == (0, 0)
    assert health["frames_ok"] > 5
    cable.unplug()
    advance(vehicle.limits.board_silent_s + 2.0)
    assert health["silent"] == 1
    assert health["link_errors"] >= 10 * vehicle.limits.board_silent_s  # every look at the link
    heard = int(health["frames_ok"])
    cable.plug()
    advance(3.0)
    assert health["silent"] == 0
    assert health["frames_ok"] >= heard + 2
    errors = int(health["link_errors"])
    advance(2.0)
    assert health["link_errors"] == errors
    assert health["frames_bad"] == 0  # half a frame went with its line
    with contextlib.suppress(LinkError):
        cable.close()
