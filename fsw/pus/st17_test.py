"""ST[17] test (ECSS-E-ST-70-41C, 6.17)."""

from __future__ import annotations

from fsw.core.requests import Step
from fsw.pus.definitions import REPORTS, TELECOMMANDS, read, write
from fsw.pus.messages import Failure, RequestError, Service, Tc, Tm
from fsw.pus.outbox import Outbox
from fsw.pus.requests import NAME
from fsw.pus.st01_verification import Telecommand


class ConnectionTest:
    """Are-you-alive and on-board connection tests."""

    service: int = Service.TEST

    def __init__(self, outbox: Outbox, apid: int) -> None:
        self._outbox = outbox
        self._apid = apid

    def owner(self, request: Telecommand) -> str:
        """Return the application that executes the request; it changes nothing."""
        return NAME

    def prepare(self, request: Telecommand) -> list[Step]:
        """TC[17,1] answers TM[17,2]; TC[17,3] answers TM[17,4] for this application process."""
        values = read(TELECOMMANDS[request.message].items, request.data)
        if request.message is Tc.ARE_YOU_ALIVE:
            return [lambda: self._outbox.send(Tm.ALIVE, b"", request.source)]
        (apid,) = values
        if apid != self._apid:
            raise RequestError(Failure.UNKNOWN_IDENTIFIER, apid)
        data = write(REPORTS[Tm.ON_BOARD_CONNECTION].items, apid)
        return [lambda: self._outbox.send(Tm.ON_BOARD_CONNECTION, data, request.source)]
