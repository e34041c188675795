"""Builds and runs boards of other repositories: their firmware on our core, on this host or as an image.

`build(folder, out, "library")` makes a shared library of the boards in `folder` and of ours; `ExtensionBoard` runs one
of them, as `firmware_bindings.host.HostBoard` runs ours. `build(folder, out, "firmware")` makes the images.
"""

from __future__ import annotations

import ctypes
import os
import subprocess
from pathlib import Path

from firmware_bindings.images import HERE
from hal.links.link import LinkError
from hal.wire import ResetReason

BUS, STIMULUS = 0, 1  # PortId in core/port.h
CHUNK = 4096  # octets that a port holds


class BuildError(RuntimeError):
    """The firmware cannot be built; the message is one line."""


def build(folder: Path, out: Path, target: str = "library", **budgets: int) -> str:
    """Build `target` of firmware.mk with the boards in `folder`, into `out`; return what it printed.

    `budgets`: `FLASH_BUDGET`, `RAM_BUDGET` and `STACK_BUDGET` [octets]. Raises `BuildError`.
    """
    command = ["make", "--silent", f"--file={HERE / 'firmware.mk'}", f"OUT={out}", f"BOARDS_DIR={folder}", target]
    command += [f"{name}={octets}" for name, octets in budgets.items()]
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL")}
    try:
        done = subprocess.run(command, check=False, capture_output=True, text=True, env=environment)
    except FileNotFoundError:
        raise BuildError("firmware: make is not installed: on Debian, apt-get install make gcc") from None
    if done.returncode != 0:
        lines = [line for line in (done.stderr + done.stdout).splitlines() if line.strip()]
        first = next((line for line in lines if "error" in line or line.startswith("firmware:")), "\n".join(lines[:1]))
        raise BuildError(f"firmware: {first.removeprefix('firmware: ')}")
    return done.stdout


class ExtensionPort:
    """One port of a board as a `ByteLink`; never blocks."""

    def __init__(self, library: ctypes.CDLL, memory: ctypes.Array[ctypes.c_uint64], port: int) -> None:
        self._library, self._memory, self._port = library, memory, port
        self._open = True

    def write(self, octets: bytes) -> None:
        """Give octets to the board, which handles them at once; raise `LinkError` when closed."""
        if not self._open:
            raise LinkError("board port: write on a closed link")
        self._library.host_write(self._memory, self._port, octets, len(octets))

    def read(self) -> bytes:
        """Return everything that the board sent since the last call; raise `LinkError` when closed."""
        if not self._open:
            raise LinkError("board port: read on a closed link")
        octets = (ctypes.c_uint8 * CHUNK)()
        return bytes(octets[: self._library.host_read(self._memory, self._port, octets, CHUNK)])

    def close(self) -> None:
        """Close this end; the board itself runs on."""
        self._open = False


class ExtensionBoard:
    """The board of `kind` in a library that `build` made: `bus`, `stimulus` and `reset(reason)`.

    Raises `ValueError` when the library has no such board, `OSError` when it cannot be loaded.
    """

    def __init__(self, library: Path, kind: int) -> None:
        self._library = ctypes.CDLL(str(library))
        self._library.host_board_size.restype = self._library.host_read.restype = ctypes.c_size_t
        self._library.host_start.restype = ctypes.c_bool
        self._library.host_write.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_size_t)
        self._library.host_read.argtypes = (ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_size_t)
        self._library.host_start.argtypes = (ctypes.c_void_p, ctypes.c_uint8, ctypes.c_uint8)
        self._memory = (ctypes.c_uint64 * -(-self._library.host_board_size() // 8))()
        self._kind = kind
        self.reset(ResetReason.POWER_ON)
        self.bus = ExtensionPort(self._library, self._memory, BUS)
        self.stimulus = ExtensionPort(self._library, self._memory, STIMULUS)

    def reset(self, reason: ResetReason) -> None:
        """Reset the board: it forgets everything but its time and sends BOOT."""
        if not self._library.host_start(self._memory, self._kind, int(reason)):
            raise ValueError(f"board kind {self._kind:#x}: this library has no such board")
