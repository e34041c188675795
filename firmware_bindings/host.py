"""The board firmware on the host: the same C source as on a board, reached as octets on its two ports.

`HostBoard(kind)` starts a board (`hal.wire.BoardKind`) with a power-on reset. Its ends are `ByteLink`s:

- `bus`: COMMAND, CONFIG and IDENTIFY in; BOOT and SENSORS out. Bus packets are handled as they are written.
- `stimulus`: STIMULUS in, each of which triggers exactly one cycle, at the board time it carries; ACTUATION out.
- `wait_for_bus_with(source)`: where bus octets come from while the board waits for them, on lines without an order.
- `reset(reason)`: a reset (`hal.wire.ResetReason`), announced by BOOT. The board resets itself, with reason WATCHDOG,
  when a stimulus comes later after the cycle before than the configured watchdog period.

- `hang()`, `power_off()`, `power_on()`, `flip_bit(octet, bit)`: faults (`sim/faults`).

`write(octets)` and `read() -> bytes` never block and move any number of octets, whole frames or not; what the board
sends and nobody reads is kept up to 4096 octets a port, then dropped by whole frames (a gap in the packet counter).
Kernels exchange the stimulus through `HostBoard.stimulus_exchange` (`firmware_bindings/_host.pxd`), by the same path.
`hal/wire.py` and `docs/adr/0003-board-wire-protocol.md` describe the packets.
"""

from __future__ import annotations

from firmware_bindings._host import HostBoard, HostPort, sanitized

__all__ = ["HostBoard", "HostPort", "sanitized"]
