"""`qemu://BOARD[?port=bus|stimulus][&of=NAME][&image=PATH][&machine=NAME]`: a port of an emulated board, by URL.

The first URL of a board starts its emulator in this process, the others join it; when all its links have been closed,
it ends. `of` names the satellite that the board belongs to, where several fly. `emulator(board)` gives access to its
reset pin, power and memory.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from firmware_bindings.errors import EmulatorError
from firmware_bindings.images import image as built_image
from firmware_bindings.qemu.emulator import Emulator
from firmware_bindings.qemu.link import EmulatorLink
from hal.links.open_link import register_scheme

BOARD = re.compile(r"[a-z][a-z0-9_-]*")
OPTIONS = ("port", "of", "image", "machine")
PORTS = ("bus", "stimulus")


class Shared:
    """An emulator that lives as long as one of its links is open."""

    def __init__(self, emulator: Emulator, of: str) -> None:
        self.emulator = emulator
        self._of = of
        self._open: set[str] = set()

    def open(self, url: str, port: str) -> EmulatorLink:
        """Return the link of `port`, which only one user has at a time."""
        if port in self._open:
            raise EmulatorError(f"{url}: the port {port} of this board is already open")
        link: EmulatorLink = getattr(self.emulator, port)
        if link.closed:
            raise EmulatorError(f"{url}: the port {port} was closed: it opens again when all of the board's are closed")
        self._open.add(port)
        link.on_close = lambda: self._release(port)
        return link

    def _release(self, port: str) -> None:
        self._open.discard(port)
        if not self._open:
            _shared.pop((self.emulator.board, self._of), None)
            self.emulator.kill()


_shared: dict[tuple[str, str], Shared] = {}  # by board and satellite


def open_emulated(url: str) -> EmulatorLink:
    """Open `url`; raise `EmulatorError` (a `LinkError`) with one line."""
    board, options = _parse(url)
    port, machine, of = options.get("port", "bus"), options.get("machine"), options.get("of", "")
    image = Path(options["image"]) if "image" in options else None
    shared = _shared.get((board, of))
    if shared is None:
        emulator = Emulator(board, image or built_image(board), machine=machine)
        emulator.start()
        shared = _shared[board, of] = Shared(emulator, of)
    emulator = shared.emulator
    if image is not None and image.resolve() != emulator.image.path.resolve():
        raise EmulatorError(f"{url}: board {board} is already running, with the image {emulator.image.path}")
    if machine is not None and machine != emulator.machine:
        raise EmulatorError(f"{url}: board {board} is already running, on the machine {emulator.machine}")
    return shared.open(url, port)


def emulator(board: str, of: str = "") -> Emulator:
    """Return the emulator behind the open links `qemu://BOARD?of=NAME`; raise `EmulatorError` when there is none."""
    if (board, of) not in _shared:
        raise EmulatorError(f"qemu://{board}: no link to this board is open")
    return _shared[board, of].emulator


def _parse(url: str) -> tuple[str, dict[str, str]]:
    """Return the board and the options of `url`."""
    parts = urlsplit(url)
    if not BOARD.fullmatch(parts.netloc) or parts.path or parts.fragment:
        raise EmulatorError(f"{url}: expected qemu://BOARD with options {', '.join(OPTIONS)}, such as qemu://adcs")
    pairs = parse_qsl(parts.query, keep_blank_values=True)
    options = dict(pairs)
    for name, value in pairs:
        if name not in OPTIONS or not value:
            raise EmulatorError(f"{url}: found option {name}={value}, expected {', '.join(OPTIONS)} with a value")
    if len(options) < len(pairs):
        raise EmulatorError(f"{url}: an option is given twice")
    if options.get("port", "bus") not in PORTS:
        raise EmulatorError(f"{url}: found port {options['port']!r}, expected {' or '.join(PORTS)}")
    return parts.netloc, options


register_scheme("qemu", open_emulated)
