"""Every kernel that works on records, found in a flight: it refuses other records, and owns what it works on."""

import copy
import gc
import importlib
import itertools
import pkgutil
import weakref
from contextlib import suppress

import pytest

import ccsds
import firmware_bindings
import fsw
import ground.recordings
import hal
import sim
from ground.link.segment import GroundSegment
from ground.recordings.pool_check import PoolCheck
from ground.recordings.reader import RecordingReader
from hal.handle import Handle, Kernel, UnboundError
from hal.vehicle.load import load_vehicle
from sim.mission import Mission
from sim.scenario.scenario import load_scenario

NOT_IN_A_FLIGHT = {
    "Board", "Driver", "RateSource", "Unit",  # bases: what derives from them is found
    "Image", "Decoder",  # of recordings: a base, and one whose records are octets of a file
}  # fmt: skip
CALLED_BY_KERNELS = {"PacketAssembly"}  # it has no method of its own
# They read octets of any section within its bounds, where the pool's own declarations say.
READ_ANY_SECTION = {"Encoder", "MonitorLoop", "Runs", "Structure"}
ARGUMENTS = [values for n in range(6) for values in itertools.product((0, b""), repeat=n)]


def compiled(cls):
    """Return the compiled class that a class derives from, or is."""
    return next(base for base in cls.__mro__ if base.__module__.rpartition(".")[2].startswith("_"))


def all_kernels():
    """Return every compiled class that derives from `Kernel`."""
    for package in (hal, ccsds, firmware_bindings, fsw, sim, ground.recordings):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if "__main__" not in module.name:
                importlib.import_module(module.name)

    def below(cls):
        for sub in cls.__subclasses__():
            yield sub
            yield from below(sub)

    return {compiled(cls) for cls in below(Kernel)}


@pytest.fixture(scope="module")
def flight(tmp_path_factory):
    """A flight that is recorded, with a reader and a comparison of its recording."""
    out = tmp_path_factory.mktemp("kernels")
    mission = Mission(load_vehicle(), load_scenario("modes"), GroundSegment, seed=1, out=out, record="full")
    mission.advance(3.0)
    mission.recorder.flush()
    reader = RecordingReader(out / "recording.ssr")
    return mission, reader, PoolCheck(mission.flight.pool, reader)


def bound(flight):
    """Return one bound kernel of each class in a flight."""
    gc.collect()  # flights of other tests
    found = {}
    for thing in gc.get_objects():
        if isinstance(thing, Kernel) and thing.bound_to:
            found.setdefault(compiled(type(thing)), thing)
    return found


class Swapped:
    """A pool of handles in which names may lead elsewhere."""

    def __init__(self, handles, other=None):
        self.handles = {h.name: h for h in handles} | (other or {})

    def handle(self, name):
        if name in self.handles:
            return self.handles[name]
        record, dot, field = name.rpartition(".")
        if not dot:
            raise KeyError(name)
        return self.handle(record).field(field)


def unbound_methods(kernel):
    """Call what a kernel offers without records; return the names that say so. Nothing else may come of it."""
    names = []
    bases = [cls for cls in type(kernel).__mro__ if issubclass(cls, Kernel) and cls is not Kernel]
    members = {name: member for cls in bases if compiled(cls) is cls for name, member in vars(cls).items()}
    for name, member in members.items():
        if name.startswith(("_", "set_")) or name in ("bind", "bound_to") or not callable(member):
            continue
        for arguments in ARGUMENTS:
            try:
                getattr(kernel, name)(*arguments)
            except UnboundError:
                names.append(name)
                break
            except (TypeError, ValueError, IndexError, AttributeError):
                continue
    return names


def test_every_kernel_is_looked_at(flight):
    missing = {cls.__name__ for cls in all_kernels()} - {cls.__name__ for cls in bound(flight)}
    assert missing <= NOT_IN_A_FLIGHT, sorted(missing - NOT_IN_A_FLIGHT)
    assert len(bound(flight)) > 25


def test_swapped_records_are_refused_and_named(flight):
    pairs = 0
    for cls, kernel in bound(flight).items():
        if cls.__name__ in READ_ANY_SECTION:
            continue
        handles = kernel.bound_to
        for a, b in itertools.permutations(handles, 2):
            if not isinstance(a.record, type):  # plain values, which kernels take by name and kind
                continue
            if isinstance(b.record, type) and issubclass(b.record, a.record):
                continue
            with pytest.raises(TypeError, match=r"expected|, which has \d"):
                kernel.bind(Swapped(handles, {a.name: b}))
                pytest.fail(f"{cls.__name__} takes {b.name} for {a.name}")
            pairs += 1
        kernel.bind(Swapped(handles))
    assert pairs > 500


def test_a_kernel_without_records_says_so(flight):
    for cls, kernel in bound(flight).items():
        handles = kernel.bound_to
        other = Handle("u1", "nothing", __import__("numpy").zeros(3, "u1"))
        with pytest.raises(TypeError):
            kernel.bind(Swapped(handles, {handles[0].name: other}))
        assert kernel.bound_to == ()
        said = unbound_methods(kernel)
        kernel.bind(Swapped(handles))
        assert said or cls.__name__ in CALLED_BY_KERNELS, f"{cls.__name__} has no method that needs its records"


def test_a_kernel_keeps_its_records_alive(flight):
    for cls, kernel in bound(flight).items():
        handles = kernel.bound_to
        copies = [Handle(h.record, h.name, copy.copy(h.array)) for h in {h.name: h for h in handles}.values()]
        alive = [weakref.ref(h.array) for h in copies]
        kernel.bind(Swapped(copies))
        del copies
        gc.collect()
        assert all(array() is not None for array in alive), cls.__name__
        for name in ("step", "tick", "snapshot"):
            with suppress(TypeError):  # one that wants arguments
                getattr(kernel, name, int)()
        kernel.bind(Swapped(handles))
        gc.collect()
        assert all(array() is None for array in alive), cls.__name__
