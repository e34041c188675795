"""Requests: what was asked for in this tick, by ground or on board, and is carried out in the stage `requests`.

Whoever wants something changed that another application owns puts a request here. So each section is written by the
code of its one writer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

Step = Callable[[], object]  # a piece of work that is done whole


class Request(Protocol):
    """One request, of whatever kind: `fsw.pus.requests` carries it out."""


class OnBoardRequest(NamedTuple):
    """A request that the satellite makes of itself: nobody is told what becomes of it, but by events."""

    owner: str  # the application that carries it out, and whose sections change
    step: Step


class RequestQueue:
    """The requests of this tick, in the order in which they came; the stage `requests` empties it in every tick."""

    def __init__(self) -> None:
        self._waiting: list[Request] = []

    def put(self, request: Request) -> None:
        """Ask for something that is carried out in this tick."""
        self._waiting.append(request)

    def take(self) -> list[Request]:
        """Return everything that waits, and forget it."""
        waiting, self._waiting = self._waiting, []
        return waiting
