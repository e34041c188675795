"""Flights with a storage, in this process."""

from fsw.core.persistence import DirectoryStorage
from fsw.main import FlightSoftware
from fsw.restart.start import Start
from hal.vehicle.load import load_vehicle
from sim.scenario.scenario import load_scenario

VEHICLE, SCENARIO = load_vehicle(), load_scenario()


class Quiet:
    """A link on which nothing comes."""

    def read(self):
        return b""

    def write(self, octets):
        pass

    def close(self):
        pass


class FromNow:
    """A clock as a process that starts now has it, for a flight that is alone here: time moves while it sleeps."""

    def __init__(self, world):
        self._world, self._start_ns = world, world.t_ns

    def now_ns(self):
        return self._world.t_ns - self._start_ns

    def sleep_until(self, t_ns):
        self._world.step(t_ns + self._start_ns)


def flight(world, folder, start=Start(), links=None, vehicle=VEHICLE):  # noqa: B008
    """A start of flight in `world`, on the state in `folder`."""
    return FlightSoftware(
        vehicle, links or world.links, FromNow(world), tai_offset_ns=SCENARIO.epoch_tai_ns,
        storage=DirectoryStorage(folder), start=start,
    )  # fmt: skip
