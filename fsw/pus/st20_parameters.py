"""ST[20] on-board parameter management (ECSS-E-ST-70-41C, 6.20): reports any parameter, sets on-board parameters."""

from __future__ import annotations

import struct

from fsw.core.parameters import ParameterError, ParameterRefusal, ParameterStore
from fsw.core.pool import Parameter, Pool
from fsw.core.requests import Step
from fsw.pus._packetizer import MAX_DATA_OCTETS
from fsw.pus.definitions import REPORTS, STRUCT_CODES, TELECOMMANDS, read, write
from fsw.pus.messages import Failure, RequestError, Service, Tc, Tm
from fsw.pus.outbox import Outbox
from fsw.pus.requests import NAME
from fsw.pus.st01_verification import Telecommand

FAILURES = {
    ParameterRefusal.UNKNOWN: Failure.READ_ONLY,  # in the pool, but not to be set
    ParameterRefusal.NOT_A_NUMBER: Failure.NOT_A_NUMBER,
    ParameterRefusal.OUT_OF_LIMITS: Failure.OUT_OF_LIMITS,
    ParameterRefusal.CONTRADICTION: Failure.CONTRADICTION,
}


class ParameterManagement:
    """TC[20,1] answers TM[20,2]; TC[20,3] sets.

    The standard lets the valid instructions of a faulty request run (6.20.4). Here such a request changes nothing:
    values belong together, as the two rates of detumbling do, and behind an unknown identifier nobody knows where the
    next one begins.
    """

    service: int = Service.PARAMETERS

    def __init__(self, pool: Pool, store: ParameterStore, outbox: Outbox) -> None:
        self._pool = pool
        self._store = store
        self._outbox = outbox
        self._by_id = {p.id: p for p in pool.parameters() if p.id}

    def owner(self, request: Telecommand) -> str:
        """Return the application that executes the request; it also writes the on-board parameters."""
        return NAME

    def prepare(self, request: Telecommand) -> list[Step]:
        """Judge one ST[20] request."""
        (group,) = read(TELECOMMANDS[request.message].items, request.data, self._octets_of)
        if request.message is Tc.PARAMETERS_SET:
            return self._prepare_set(group)
        parameters = [self._parameter(number) for (number,) in group]
        octets = 2 + sum(2 + p.dtype.itemsize * p.count for p in parameters)
        if octets > MAX_DATA_OCTETS:
            raise RequestError(Failure.NO_CAPACITY, octets, "more than one packet holds")
        return [lambda: self._report(parameters, request.source)]

    def _report(self, parameters: list[Parameter], destination: int) -> None:
        values = [(p.id, self._octets(p)) for p in parameters]
        self._outbox.send(Tm.PARAMETER_VALUES, write(REPORTS[Tm.PARAMETER_VALUES].items, values), destination)

    def _prepare_set(self, group: tuple[tuple[int, bytes], ...]) -> list[Step]:
        """Return two steps: set the values, then keep them for a restart."""
        pairs = []
        for number, octets in group:
            p = self._parameter(number)
            if p.shape:  # what may be set are numbers
                raise RequestError(Failure.READ_ONLY, number)
            pairs.append((number, struct.unpack(">" + STRUCT_CODES[p.kind], octets)[0]))
        try:
            return [self._store.prepare(pairs), self._keep]
        except ParameterError as error:
            raise RequestError(FAILURES[error.reason], error.number, str(error), value=error.value) from None

    def _keep(self) -> None:
        if not self._store.keep():
            raise RequestError(Failure.NOT_KEPT)

    def _parameter(self, number: int) -> Parameter:
        if number not in self._by_id:
            raise RequestError(Failure.UNKNOWN_IDENTIFIER, number)
        return self._by_id[number]

    def _octets(self, p: Parameter) -> bytes:
        return self._pool.view(p.name).astype(">" + p.kind).tobytes()

    def _octets_of(self, number: int) -> int:
        p = self._parameter(number)
        return p.dtype.itemsize * p.count
