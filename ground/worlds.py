"""Where the boards of a flight are: in the simulator, behind serial lines on this host, or on the vehicle file's links.

`--hal` of the command line names one of `HALS`; the flight itself does not know which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager

from firmware_bindings.board_process import BoardProcess
from hal.links.link import open_link, scheme_of
from hal.schema import SchemaError
from hal.vehicle import Vehicle
from sim.lockstep import BoardEnds

Boards = Mapping[str, BoardEnds] | None
NAMES = ("adcs", "eps")


@contextmanager
def open_boards(hal: str, vehicle: Vehicle) -> Iterator[Boards]:
    """Open both ports of the boards in world `hal`, and close them in the end; None when the simulator has the boards.

    Raises `SchemaError` for an unknown world or a vehicle file without the links it needs, `LinkError` for a link that
    cannot be opened.
    """
    opener = HALS.get(hal)
    if opener is None:
        raise SchemaError(f"--hal: found {hal!r}, expected one of: {', '.join(HALS)}")
    with opener(vehicle) as boards:
        yield boards


def default_speed(hal: str) -> str:
    """Return the speed of a flight in world `hal` that asks for none: real time over serial lines."""
    return "1" if hal in {"pty", "links"} else "max"


@contextmanager
def _sim(_vehicle: Vehicle) -> Iterator[Boards]:
    """The boards run in this process, inside the simulator."""
    yield None


@contextmanager
def _pty(_vehicle: Vehicle) -> Iterator[Boards]:
    """The boards run in processes of their own on this host, behind pseudo-terminals."""
    with ExitStack() as stack:
        processes = {name: BoardProcess(name) for name in NAMES}
        for process in processes.values():  # both start at once
            stack.callback(process.stop)
            process.start()
        for process in processes.values():
            process.wait()
        yield {name: _open(stack, p.bus_url, p.stimulus_url) for name, p in processes.items()}


@contextmanager
def _links(vehicle: Vehicle) -> Iterator[Boards]:
    """The boards are where `link` and `stimulus` of the vehicle file lead."""
    urls = {}
    for name in NAMES:
        board = getattr(vehicle.boards, name)
        where = f"{vehicle.name}: boards.{name}"
        if scheme_of(board.link) == "sim":
            raise SchemaError(
                f"{where}.link: found {board.link!r}, which is in the simulator; --hal links expects the link of a "
                "board elsewhere, such as 'serial:///dev/ttyACM0'"
            )
        if board.stimulus is None or scheme_of(board.stimulus) == "sim":
            found = "missing" if board.stimulus is None else f"found {board.stimulus!r}"
            raise SchemaError(
                f"{where}.stimulus: {found}; --hal links expects the link of the board's stimulus port, such as "
                "'serial:///dev/ttyACM1'"
            )
        urls[name] = (board.link, board.stimulus)
    with ExitStack() as stack:
        yield {name: _open(stack, bus, stimulus) for name, (bus, stimulus) in urls.items()}


def _open(stack: ExitStack, bus_url: str, stimulus_url: str) -> BoardEnds:
    """Open both links of a board; `stack` closes them."""
    bus = open_link(bus_url)
    stack.callback(bus.close)
    stimulus = open_link(stimulus_url)
    stack.callback(stimulus.close)
    return BoardEnds(bus, stimulus)


HALS: dict[str, Callable[[Vehicle], AbstractContextManager[Boards]]] = {"sim": _sim, "pty": _pty, "links": _links}
