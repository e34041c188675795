"""The worlds of a flight: boards in the simulator, emulated, behind serial lines, or on the vehicle file's links.

`--hal` and `--worlds` of the command line name one of `HALS`; the flight itself does not know which.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from firmware_bindings.board_process import BoardProcess
from firmware_bindings.images import image
from firmware_bindings.qemu.emulator import Emulator
from hal.errors import InputError
from hal.links.link import ByteLink, LinkError, scheme_of
from hal.links.open_link import open_link
from hal.links.spy import SpyLink
from hal.links.urls import innermost, spied
from hal.vehicle.vehicle import Vehicle
from sim.devices.listed import is_real
from sim.spacecraft.lockstep import BoardEnds

Boards = Mapping[str, BoardEnds] | None
Images = Mapping[str, Path]
Tap = Callable[[str, ByteLink], ByteLink]
NAMES = ("adcs", "eps")


class WorldError(InputError, RuntimeError):
    """A world that is not available here; the message is one line."""


@contextmanager
def open_boards(hal: str, vehicle: Vehicle, images: Images | None = None) -> Iterator[Boards]:
    """Open both ports of the boards in world `hal` that are not simulated, and end them afterwards; None: all are.

    `images`: firmware images by board name, for an emulated world; the ones of this source where none is given. Raises
    `WorldError` for an unknown world, a missing program, a vehicle file without the links it needs or a link that
    cannot be opened.
    """
    opener = HALS.get(hal)
    if opener is None:
        raise WorldError(f"world {hal!r}: expected one of: {', '.join(HALS)}")
    with ExitStack() as stack:
        try:
            boards = stack.enter_context(opener(vehicle, images or {}))
        except LinkError as error:  # an emulator's too
            raise WorldError(str(error)) from None
        yield boards


@contextmanager
def open_spies(hal: str, vehicle: Vehicle) -> Iterator[Tap]:
    """Return a function that spies on the links that the vehicle file gives as `spy://FILE?link=URL`.

    Links that are opened by URL, as boards in world `links` are, have their spies already. What is returned raises
    `LinkError` when a spy cannot write its file.
    """
    urls = {d.name: d.link for d in vehicle.devices if d.link is not None and not is_real(d)}
    urls["radio"] = vehicle.radio.link or ""
    urls |= {
        name: getattr(vehicle.boards, name).link for name in NAMES if hal != "links" or is_simulated(vehicle, name)
    }
    with ExitStack() as stack:

        def tap(name: str, link: ByteLink) -> ByteLink:
            url = urls.get(name, "")
            while scheme_of(url) == "spy":
                file, url = spied(url)
                link = SpyLink(link, file, url)
                stack.callback(link.close)
            return link

        yield tap


def spy_losses(links: Iterable[ByteLink]) -> list[str]:
    """Return one line for each spy among `links`, or below one, whose file is incomplete."""
    lines = []
    for end in links:
        link: object = end
        while isinstance(link, SpyLink):
            lines += [link.loss] if link.loss else []
            link = link.link
    return lines


def parse_images(texts: Sequence[str]) -> Images:
    """Return the images that texts such as "adcs=build/adcs.elf" name; raise `WorldError` for any other text."""
    images: dict[str, Path] = {}
    for text in texts:
        name, _, path = text.partition("=")
        if name not in NAMES or not path:
            raise WorldError(f"--image {text!r}: expected BOARD=PATH, with a board of: {', '.join(NAMES)}")
        if not Path(path).is_file():
            raise WorldError(f"--image {text!r}: there is no file {path}")
        images[name] = Path(path)
    return images


def default_speed(hal: str) -> str:
    """Return the default speed in world `hal`: real time over serial lines."""
    return "1" if hal in {"pty", "links"} else "max"


@contextmanager
def _sim(_vehicle: Vehicle, _images: Images) -> Iterator[Boards]:
    """The boards run in this process, inside the simulator."""
    yield None


@contextmanager
def _qemu(_vehicle: Vehicle, images: Images) -> Iterator[Boards]:
    """The boards are emulated: the image for the real one, under QEMU."""
    with ExitStack() as stack:
        emulators = {name: Emulator(name, images.get(name) or image(name)) for name in NAMES}
        for emulator in emulators.values():
            stack.callback(emulator.kill)
            emulator.start()
        yield {name: BoardEnds(e.bus, e.stimulus, e) for name, e in emulators.items()}


@contextmanager
def _pty(_vehicle: Vehicle, _images: Images) -> Iterator[Boards]:
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
def _links(vehicle: Vehicle, _images: Images) -> Iterator[Boards]:
    """The boards are where `link` and `stimulus` of the vehicle file lead; one whose link is `sim://` is simulated."""
    urls = {}
    for name in NAMES:
        board = getattr(vehicle.boards, name)
        where = f"{vehicle.file}: boards.{name}"
        here = board.stimulus is None or scheme_of(innermost(board.stimulus)) == "sim"
        if is_simulated(vehicle, name):
            if not here:
                raise WorldError(
                    f"{where}.stimulus: found {board.stimulus!r}, but its link {board.link!r} is in the simulator; "
                    "expected both or neither"
                )
            continue
        if here:
            found = "missing" if board.stimulus is None else f"found {board.stimulus!r}"
            raise WorldError(
                f"{where}.stimulus: {found}; --hal links expects the link of the board's stimulus port, such as "
                "'serial:///dev/ttyACM1'"
            )
        urls[name] = (board.link, board.stimulus)
    if not urls:
        raise WorldError(
            f"{vehicle.file}: boards.{NAMES[0]}.link: found {getattr(vehicle.boards, NAMES[0]).link!r}, and no other "
            "board is elsewhere; --hal links expects the link of at least one, such as 'serial:///dev/ttyACM0'"
        )
    with ExitStack() as stack:
        yield {name: _open(stack, bus, stimulus) for name, (bus, stimulus) in urls.items()}


def is_simulated(vehicle: Vehicle, board: str) -> bool:
    """Whether the link of a board leads into the simulator."""
    return scheme_of(innermost(getattr(vehicle.boards, board).link)) == "sim"


def _open(stack: ExitStack, bus_url: str, stimulus_url: str) -> BoardEnds:
    """Open both links of a board; `stack` closes them."""
    bus = open_link(bus_url)
    stack.callback(bus.close)
    stimulus = open_link(stimulus_url)
    stack.callback(stimulus.close)
    return BoardEnds(bus, stimulus)


HALS: dict[str, Callable[[Vehicle, Images], AbstractContextManager[Boards]]] = {
    "sim": _sim, "qemu": _qemu, "pty": _pty, "links": _links,
}  # fmt: skip
