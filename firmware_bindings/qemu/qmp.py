"""QMP, QEMU's control protocol: one JSON object a line over an inherited socket."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

from firmware_bindings.errors import EmulatorError

ANSWER_S = 20.0  # an answer takes less than a millisecond; a crowded machine may stretch that


class Qmp:
    """A QMP session; every call blocks until QEMU has answered."""

    def __init__(self, name: str, port: socket.socket) -> None:
        self._name, self._port = name, port
        self._octets = bytearray()
        self._events: list[str] = []

    def open(self) -> None:
        """Read the greeting and leave the negotiation mode; raise `EmulatorError` when QEMU is gone or silent."""
        self._next(time.monotonic() + ANSWER_S, "its greeting")
        self.execute("qmp_capabilities")

    def execute(self, command: str, **arguments: object) -> Any:  # noqa: ANN401
        """Return what `command` returns; raise `EmulatorError` when it is refused or not answered."""
        try:
            self._port.sendall(json.dumps({"execute": command, "arguments": arguments}).encode() + b"\n")
        except OSError as error:
            raise EmulatorError(f"{self._name}: {command}: the emulator has ended ({error.strerror})") from None
        until = time.monotonic() + ANSWER_S
        while True:
            message = self._next(until, command)
            if "return" in message:
                return message["return"]
            if "error" in message:
                raise EmulatorError(f"{self._name}: {command}: {message['error'].get('desc', message['error'])}")

    def await_event(self, event: str) -> None:
        """Return when `event` has come since the last `forget_events`; raise `EmulatorError` when it does not."""
        until = time.monotonic() + ANSWER_S
        while event not in self._events:
            self._next(until, f"the event {event}")

    def forget_events(self) -> None:
        """Drop the events that have come."""
        self._events.clear()

    def _next(self, until: float, what: str) -> dict[str, Any]:
        """Return the next message; its name is kept if it is an event."""
        while (end := self._octets.find(b"\n")) < 0:
            self._port.settimeout(max(until - time.monotonic(), 1e-3))
            try:
                octets = self._port.recv(65536)
            except TimeoutError:
                raise EmulatorError(f"{self._name}: QEMU does not answer: {what}, {ANSWER_S:.0f} s") from None
            except OSError as error:
                raise EmulatorError(f"{self._name}: {what}: the emulator has ended ({error.strerror})") from None
            if not octets:
                raise EmulatorError(f"{self._name}: {what}: the emulator has ended")
            self._octets += octets
        line = bytes(self._octets[:end])
        del self._octets[: end + 1]
        message: dict[str, Any] = json.loads(line)
        if "event" in message:
            self._events.append(message["event"])
        return message
