"""The application `requests`: executes the requests of this tick, one after the other.

A telecommand belongs to a service, and each request of a service to one application, its owner, whose sections it
changes. The service judges the whole request first; then it is done in steps. TM[1,3] to TM[1,8] tell of it
(ECSS-E-ST-70-41C, 6.1.5.2): a request of several steps is reported step by step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from ccsds.packets import Acknowledgement
from fsw.core.pool import Pool
from fsw.core.requests import OnBoardRequest, RequestQueue, Step
from fsw.pus.messages import Failure, RequestError, Tm
from fsw.pus.sections import RequestsSection
from fsw.pus.st01_verification import Telecommand, Verification
from hal.extension_loading import RAISED

NAME = "requests"  # of the application


class PusService(Protocol):
    """One service: judges its requests and returns the steps that execute them."""

    service: int

    def owner(self, request: Telecommand) -> str:
        """Return the application whose sections the request changes; `NAME` when it changes none."""
        ...

    def prepare(self, request: Telecommand) -> Sequence[Step]:
        """Judge the whole `request` and change nothing: raise `RequestError`, or return the steps of its execution."""
        ...


class Requests:
    """Runs after the applications that may make requests, and before the telemeter sends the answers."""

    def __init__(
        self, pool: Pool, queue: RequestQueue, services: Mapping[int, PusService], verification: Verification
    ) -> None:
        self._counters = pool.array(RequestsSection)
        self._queue, self._services, self._verification = queue, services, verification

    def step(self) -> None:
        """Execute every waiting request, even after an exception; then raise the first exception."""
        if not self._queue.waiting:
            return
        raised: BaseException | None = None
        for request in self._queue.take():
            try:
                if isinstance(request, OnBoardRequest):
                    self.carry_out(request.owner, request.step)
                elif isinstance(request, Telecommand):
                    self._execute(request)
            except RAISED as error:
                raised = raised or error
        if raised is not None:
            raise raised

    def carry_out(self, owner: str, step: Step) -> object:
        """Run a piece of work in the name of `owner`: it may change the sections of that application only."""
        return step()

    def _execute(self, request: Telecommand) -> None:
        """Judge a telecommand, then execute it; count and report the result."""
        service, steps = self._services[request.message.value[0]], list[Step]()
        try:
            owner = service.owner(request)
            self.carry_out(owner, lambda: steps.extend(service.prepare(request)))
        except RAISED as error:
            self._fail(request, Tm.START_FAILED, error)
            return
        self._verification.report(request, Acknowledgement.START, Tm.START_OK)
        several = len(steps) > 1
        for number, step in enumerate(steps, 1):
            try:
                self.carry_out(owner, step)
            except RAISED as error:
                if several:
                    self._verification.fail(
                        Tm.PROGRESS_FAILED, request.request_id, request.source, known(error), number
                    )
                self._fail(request, Tm.COMPLETION_FAILED, error)
                return
            if several:
                self._verification.report(request, Acknowledgement.PROGRESS, Tm.PROGRESS_OK, number)
        self._counters["tc_completed"] += 1
        self._verification.report(request, Acknowledgement.COMPLETION, Tm.COMPLETION_OK)

    def _fail(self, request: Telecommand, message: Tm, error: BaseException) -> None:
        """Count and report a failure; raise any exception again that is not a `RequestError`."""
        self._counters["tc_failed"] += 1
        self._verification.fail(message, request.request_id, request.source, known(error))
        if not isinstance(error, RequestError):
            raise error


def known(error: BaseException) -> RequestError:
    """Return the failure that ST[01] reports for an exception."""
    return error if isinstance(error, RequestError) else RequestError(Failure.EXCEPTION)
