"""Requests of ground and of applications, which the stage `requests` executes in the same tick.

An application that wants to change a section of another puts a request here. Each section is then written only by the
code of its one writer.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

Step = Callable[[], object]  # a piece of work that is done whole


class Request:
    """One request of any kind; `fsw.pus.requests` executes it."""


@dataclass(frozen=True)
class OnBoardRequest(Request):
    """A request of the satellite itself; only events report its result."""

    owner: str  # the application that carries it out, and whose sections change
    step: Step


class RequestQueue:
    """The requests of this tick, in the order in which they came; the stage `requests` empties it in every tick."""

    def __init__(self) -> None:
        self.waiting: list[Request] = []

    def put(self, request: Request) -> None:
        """Add a request, which is executed in this tick."""
        self.waiting.append(request)

    def take(self) -> list[Request]:
        """Return and remove all waiting requests."""
        waiting, self.waiting = self.waiting, []
        return waiting
