"""A board's image on emulated hardware, with control of its power, clock and pins.

    with Emulator("adcs", image("adcs")) as adcs:
        adcs.bus.write(...)         # ByteLinks, as any board's
        adcs.reset()

The board's crystal, its reset pin, its power and its watchdog are here: `halt` and `resume`, `reset`, `kill` and
`restart`; `hang` stops the main loop and leaves interrupts; a watchdog that is not kicked resets the board
(`watchdog_bites`). `docs/adr/0003-board-wire-protocol.md` describes what the ports carry.
"""

from __future__ import annotations

import struct
import time
import weakref
from pathlib import Path
from types import TracebackType
from typing import Self

from firmware_bindings.errors import EmulatorError
from firmware_bindings.qemu.elf import Image
from firmware_bindings.qemu.gdbstub import PC, XPSR
from firmware_bindings.qemu.link import EmulatorLink
from firmware_bindings.qemu.process import EmulatorProcess
from firmware_bindings.qemu.watch import Watch
from hal.links.link import LinkError

MACHINE = "netduinoplus2"  # STM32F405 at 168 MHz, USART1 and USART2 as the first two serial ports
BOOT_S = 10.0  # an image boots in 10 ms; a crowded machine may stretch that
ENDING_S = 1.0
FLASH_END = 0x0810_0000
# Thumb: `cpsie i`, then `b .`: main loops sleep with interrupts masked, and the point is that these go on.
HANG_CODE = struct.pack("<HH", 0xB662, 0xE7FE)
XPSR_EXCEPTION, XPSR_THUMB = 0x1FF, 1 << 24
THREAD_MODE_TRIES = 200


class _CurrentProcess:
    """The current process, or the last one: what links know about their emulator."""

    def __init__(self) -> None:
        self.now: EmulatorProcess | None = None

    @property
    def exit_reason(self) -> str:
        return "the emulator has not been started" if self.now is None else self.now.exit_reason

    def why_ended(self) -> str:
        """Return in one line why a link is of no use."""
        if self.now is not None:
            self.now.await_end(ENDING_S)  # its sockets are gone: it will be in a moment
        return self.exit_reason or "the emulator has closed this port"


class Emulator:
    """A board under QEMU; raises `EmulatorError` for whatever cannot be done, with one line.

    `bus` and `stimulus` stay the same objects over `kill` and `restart`. Not for use by several threads.
    """

    def __init__(
        self,
        board: str,
        image: Path,
        *,
        machine: str | None = None,
        qemu: str = "qemu-system-arm",
        watchdog: bool = True,
        await_boot: bool = True,
    ) -> None:
        """Prepare board `board` with the ELF file `image` on QEMU's board model `machine`.

        Without `await_boot`, `start`, `reset` and `restart` do not wait for the first frame on the bus. A board drops
        what is sent to it before its ports are enabled.
        """
        self.board, self.machine, self.image = board, machine or MACHINE, Image(image)
        self._qemu, self._watchdog, self._await = qemu, watchdog, await_boot
        self._current = _CurrentProcess()
        self._watch: Watch | None = None
        self._bites_before = 0
        self._end: weakref.finalize[[], Emulator] | None = None
        self.start_s = 0.0  # what the last start took, up to the first frame on the bus [s]
        self.bus = EmulatorLink(f"qemu://{board}", self._current.why_ended)
        self.stimulus = EmulatorLink(f"qemu://{board}?port=stimulus", self._current.why_ended)

    # ---------------------------------------------------------------- power

    def start(self) -> None:
        """Start the emulator frozen, connect everything, let it run; return when the board has booted."""
        if self.running:
            raise EmulatorError(f"{self.board}: the emulator is already running")
        self.kill()
        self._bites_before, self._watch = self.watchdog_bites, None
        started = time.monotonic()
        life = EmulatorProcess(self.board, self.image.path, self.machine, self._qemu, log=self._watchdog)
        self._current.now, self._end = life, weakref.finalize(self, life.end)
        self.bus.attach(life.bus)
        self.stimulus.attach(life.stimulus)
        if self._watchdog:
            self._watch = Watch(life)
        try:
            life.resume()
            self._await_boot()
        except LinkError as error:
            life.await_end(ENDING_S)
            reason = life.exit_reason
            self.kill()
            raise EmulatorError(f"{self.board}: {reason}" if reason else str(error)) from None
        self.start_s = time.monotonic() - started

    def kill(self) -> None:
        """End the process, as a power cut does; what had come can still be read. Does nothing if it has ended."""
        if self._end is not None:
            self._end()
            self.bus.detach()
            self.stimulus.detach()
            if self._watch is not None:
                self._watch.join()

    def restart(self) -> None:
        """Power off and on again: a new process with empty RAM, on the same links."""
        self.kill()
        self.start()

    def close(self) -> None:
        """End the process and the use of both links."""
        self.kill()
        self.bus.close()
        self.stimulus.close()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---------------------------------------------------------------- state

    @property
    def running(self) -> bool:
        """Whether the emulator's process lives; a halted guest's does."""
        return self._current.now is not None and self._current.now.running

    @property
    def halted(self) -> bool:
        """Whether the guest is stopped."""
        return self._current.now is not None and self._current.now.halted

    @property
    def exit_reason(self) -> str:
        """Why the emulator is not running, in one line; `""` while it runs."""
        return self._current.exit_reason

    @property
    def pid(self) -> int:
        """The process id of the emulator."""
        return self._alive().pid

    @property
    def watchdog_bites(self) -> int:
        """How often the watchdog has reset the board since this object was made."""
        return self._bites_before + (self._watch.bites if self._watch is not None else 0)

    # ---------------------------------------------------------------- disturbances

    def reset(self) -> None:
        """Reset the board as its reset pin does: RAM is kept; return when it has booted.

        What the board has sent before can still be read, and comes before what it sends afterwards.
        """
        life = self._alive()
        was_halted = life.halted
        with life.frozen():
            self.bus.keep()
            self.stimulus.keep()
            life.reset()
        if not was_halted:
            self._await_boot()

    def halt(self) -> None:
        """Stop the guest, with its clocks and its watchdog."""
        self._alive().halt()

    def resume(self) -> None:
        """Let a halted guest go on."""
        self._alive().resume()

    def hang(self) -> None:
        """Stop the guest's main loop permanently; interrupts go on."""
        address = FLASH_END - len(HANG_CODE)
        if self.image.is_loaded(address, len(HANG_CODE)):
            raise EmulatorError(f"{self.image.path}: the image fills the flash: no room for a loop at 0x{address:08x}")
        for _ in range(THREAD_MODE_TRIES):
            with self._alive().frozen() as debug:
                if debug.read_register(XPSR) & XPSR_EXCEPTION == 0:
                    debug.write_memory(address, HANG_CODE)
                    debug.write_register(XPSR, XPSR_THUMB)  # not within an IT block
                    debug.write_register(PC, address)
                    return
            time.sleep(0.001)
        raise EmulatorError(f"{self.board}: hang: the guest is always in an interrupt")

    def power_off(self) -> None:
        """Remove the supply; the ports stay: they send nothing, and what is written to them is lost."""
        life = self._alive()
        if not life.halted:
            life.halt()
        self.bus.drop()
        self.stimulus.drop()

    def power_on(self) -> None:
        """Restore the supply, as `restart` does."""
        self.bus.drop()
        self.stimulus.drop()
        self.restart()

    def flip_bit(self, octet: int, bit: int) -> None:
        """Invert bit `bit` of octet `octet` of the board's `BoardState`."""
        with self._alive().frozen() as debug:
            base = self.symbol("board") + int.from_bytes(debug.read_memory(self.symbol("board_state_at"), 4), "little")
            (value,) = debug.read_memory(base + octet, 1)
            debug.write_memory(base + octet, bytes([value ^ 1 << bit]))

    def read_memory(self, address: int, size: int) -> bytes:
        """Return `size` octets at `address`, all of one moment."""
        with self._alive().frozen() as debug:
            return debug.read_memory(address, size)

    def write_memory(self, address: int, octets: bytes) -> None:
        """Put `octets` at `address`, in RAM, which a reset keeps, or in flash, which `restart` loads anew."""
        with self._alive().frozen() as debug:
            debug.write_memory(address, octets)

    def symbol(self, name: str) -> int:
        """Return the address of `name` in the image."""
        return self.image.symbol(name)

    # ---------------------------------------------------------------- inside

    def _alive(self) -> EmulatorProcess:
        life = self._current.now
        if life is None or not life.running:
            raise EmulatorError(f"{self.board}: {self.exit_reason}")
        return life

    def _await_boot(self) -> None:
        """Wait for the first frame on the bus; it stays there to be read."""
        if self._await and not self.bus.closed and not self.bus.await_frame(BOOT_S):
            raise EmulatorError(
                f"{self.image.path}: the image has sent no frame on the bus for {BOOT_S:g} s: it does not boot"
            )
