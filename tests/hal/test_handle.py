"""Typed handles: what they are made of, and what they refuse."""

import gc
import weakref

import numpy as np
import pytest

from hal.handle import Handle, Kernel, Memory, UnboundError
from hal.record import Record, field


class Point(Record):
    time = field("i8")
    place = field("f8", 3)


class Route(Record):
    first = field(Point)
    points = field(Point, 4)
    number = field("u2")


@pytest.fixture
def memory():
    return Memory({"route": Route, "here": Point})


def test_a_handle_says_what_it_is(memory):
    """A handle has the record, name, count and stride of what it leads to."""
    handle = memory.handle("route")
    assert (handle.record, handle.name, handle.count, handle.stride) == (Route, "route", 1, Route.size)
    handle = memory.handle("route.points")
    assert (handle.record, handle.name, handle.count, handle.stride) == (Point, "route.points", 4, Point.size)
    handle = memory.handle("route.first.place")
    assert (handle.record, handle.name, handle.count, handle.stride) == ("f8", "route.first.place", 3, 8)


def test_several_instances_in_one_array_are_a_stride_apart():
    table = np.zeros(5, np.dtype([("before", "u8"), ("point", Point.dtype())]))
    handle = Handle(Point, "points", table["point"])
    assert (handle.count, handle.stride) == (5, 8 + Point.size)


def test_a_handle_shares_the_memory(memory):
    memory.handle("route.points").array["place"][2, 1] = 7.0
    assert memory["route"]["points"]["place"][2, 1] == 7.0


def test_a_handle_keeps_the_memory_alive():
    memory = Memory({"route": Route})
    owner = weakref.ref(memory)
    handle = memory.handle("route.first")
    memory["route"]["first"]["time"] = 42
    del memory
    gc.collect()
    assert owner() is None
    assert handle.array["time"] == 42


@pytest.mark.parametrize(
    ("record", "array"),
    [
        (Point, np.zeros((), Route.dtype())),
        (Point, np.zeros(4, "f8")),
        ("f8", np.zeros(3, "f4")),
        ("f8", np.zeros(3, ">f8")),
        ("f8", np.zeros((4, 4))[:, :2]),
    ],
)
def test_an_array_of_something_else_is_no_handle(record, array):
    with pytest.raises(TypeError, match="expected"):
        Handle(record, "it", array)


@pytest.mark.parametrize("name", ["route.last", "route.number.high", "route.points.nothing"])
def test_an_unknown_field_is_named(memory, name):
    with pytest.raises(TypeError, match=f"no field '{name.rpartition('.')[2]}'"):
        memory.handle(name)


def test_a_kernel_without_records_cannot_be_bound(memory):
    with pytest.raises(TypeError, match="no records"):
        Kernel().bind(memory)


def test_an_unbound_kernel_has_its_own_error():
    assert issubclass(UnboundError, RuntimeError)
