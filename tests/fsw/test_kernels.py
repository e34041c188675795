"""Flight's kernels and the sections that they work on: none bound, the wrong ones, and who keeps them alive."""

import gc
import weakref

import pytest
from sgp4.api import WGS72, Satrec

from fsw.autonomy._isolation import IsolationKernel
from fsw.control._actuate import Actuate
from fsw.control._controller import Controller
from fsw.control.controller import pointing_gains
from fsw.control.geometry import torquer_matrices, wheel_arrangements
from fsw.core.pool import Pool
from fsw.core.registry import flight_sections
from fsw.estimation._estimator import EstimatorKernel
from fsw.estimation._sense import SenseKernel
from fsw.guidance._guide import Guide
from fsw.navigation._navigation import Navigation
from fsw.navigation.geomagnetic import shipped_igrf
from hal.handle import UnboundError
from hal.vehicle.load import load_vehicle

VEHICLE = load_vehicle()
SECTIONS = flight_sections()


def actuate():
    return Actuate(VEHICLE, torquer_matrices(VEHICLE)[1])


def controller():
    gains = pointing_gains(VEHICLE.control.bandwidth_radps, VEHICLE.control.damping)
    return Controller(VEHICLE, gains, 1.0, wheel_arrangements(VEHICLE), torquer_matrices(VEHICLE))


def guide():
    return Guide(VEHICLE, (0.0, 1.0, 0.0), (0.0, 1.0, 0.0))


def navigate():
    satellite = Satrec.twoline2rv(*VEHICLE.orbit.tle, WGS72)
    return Navigation(satellite, 0, VEHICLE.rates, VEHICLE.device("gnss"), shipped_igrf(), ([0], [32]))


KERNELS = [
    (SenseKernel, "step"), (EstimatorKernel, "step"), (IsolationKernel, "watch"), (actuate, "step"),
    (controller, "step"), (guide, "step"), (navigate, "step"),
]  # fmt: skip
kernels = pytest.mark.parametrize(("make", "step"), KERNELS, ids=[make.__name__ for make, _ in KERNELS])


class Sections:
    """A pool that notes which names it is asked for, and may lead one of them to another section."""

    def __init__(self, swapped=""):
        self.pool, self.swapped, self.asked = Pool(list(dict.fromkeys(SECTIONS))), swapped, []

    def handle(self, name):
        self.asked.append(name)
        return self.pool.handle("cost" if name == self.swapped else name)


@kernels
def test_a_step_before_bind_is_an_error_and_no_crash(make, step):
    kernel = make()
    with pytest.raises(UnboundError, match=type(kernel).__name__):
        getattr(kernel, step)()


@kernels
def test_every_swapped_section_is_named_with_the_one_expected(make, step):
    whole = Sections()
    make().bind(whole)
    assert len(set(whole.asked)) == len(whole.asked) > 2
    for name in whole.asked:
        kernel = make()
        expected = whole.pool.handle(name).record.__name__
        with pytest.raises(TypeError, match=f"'cost' is CostSection, expected {expected}"):
            kernel.bind(Sections(swapped=name))
        with pytest.raises(UnboundError):
            getattr(kernel, step)()


@kernels
def test_a_kernel_steps_on_after_its_pool_is_gone(make, step):
    sections, kernel = Sections(), make()
    kernel.bind(sections)
    memory = weakref.ref(sections.pool.memory.base)
    del sections
    gc.collect()
    getattr(kernel, step)()
    assert memory() is not None
    del kernel
    gc.collect()
    assert memory() is None


@kernels
def test_a_kernel_bound_twice_works_on_the_second_pool(make, step):
    first, second, kernel = Sections(), Sections(), make()
    kernel.bind(first)
    kernel.bind(second)
    before = first.pool.memory.copy()
    getattr(kernel, step)()
    assert (first.pool.memory == before).all()
