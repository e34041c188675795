"""ST[03] housekeeping (ECSS-E-ST-70-41C, 6.3): periodic and one-shot reports of pool parameters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from fsw.core.pool import Parameter, Pool
from fsw.core.requests import Step
from fsw.pus._packetizer import Structure
from fsw.pus.definitions import REPORTS, TELECOMMANDS, read, refuse_repeats, write
from fsw.pus.messages import Failure, RequestError, Service, Tc, Tm
from fsw.pus.outbox import GROUND, Outbox
from fsw.pus.sections import MAX_STRUCTURE_PARAMETERS, MAX_STRUCTURES, HousekeepingSection
from fsw.pus.st01_verification import Telecommand

NAME = "housekeeping"  # of the application


@dataclass(frozen=True)
class StructureDefinition:
    """A report structure: identifier, collection interval and parameter names."""

    sid: int
    interval_s: int
    parameters: tuple[str, ...]


class Housekeeping:
    """The application `housekeeping`: report structures.

    Their definitions live in `HousekeepingSection`, so that a snapshot is complete.
    """

    service: int = Service.HOUSEKEEPING

    def __init__(self, pool: Pool, outbox: Outbox, defaults: tuple[StructureDefinition, ...]) -> None:
        """Create and enable `defaults`; ValueError if one does not fit."""
        self._pool, self._outbox = pool, outbox
        self._state = pool.array(HousekeepingSection)
        self._by_id = {p.id: p for p in pool.parameters() if p.id}
        self._compiled: dict[int, Structure] = {}
        for definition in defaults:
            ids = tuple(pool.parameter(name).id for name in definition.parameters)
            self._create(definition.sid, definition.interval_s, ids)
            self._state["enabled"][definition.sid] = 1
        self.reload()

    def reload(self) -> None:
        """Compile the structures of the section again (after a pool snapshot was restored)."""
        state = self._state
        sids = [s for s in range(MAX_STRUCTURES) if state["interval_s"][s]]
        self._compiled = {s: self._compile(s, self._ids(s)) for s in sids}
        self._schedule()

    def step(self) -> None:
        """Send the periodic reports that are due; call once a second."""
        for sid, structure in self._periodic:
            if self._countdown[sid] > 1:
                self._countdown[sid] -= 1
                continue
            self._countdown[sid] = self._interval[sid]
            self._outbox.send(Tm.HK_REPORT, structure.report(), GROUND)

    def owner(self, request: Telecommand) -> str:
        """Return the application that executes the request."""
        return NAME

    def prepare(self, request: Telecommand) -> list[Step]:
        """Judge one ST[03] request; it has a step for each structure that it names."""
        values = read(TELECOMMANDS[request.message].items, request.data)
        if request.message is Tc.HK_CREATE:
            return [self._prepare_create(*values)]
        if request.message is Tc.HK_APPEND:
            return [self._prepare_append(*values)]
        if request.message is Tc.HK_SET_INTERVAL:
            return self._prepare_intervals(values[0])
        return self._prepare_listed(request, [sid for (sid,) in values[0]])

    def _prepare_create(self, sid: int, interval_s: int, parameters: Sequence[tuple[int]]) -> Step:
        if sid in self._compiled:
            raise RequestError(Failure.REFUSED, sid, "the structure exists")
        ids = tuple(number for (number,) in parameters)
        self._judge(sid, ids, 3)
        return lambda: self._create(sid, interval_s, ids)

    def _prepare_append(self, sid: int, parameters: Sequence[tuple[int]]) -> Step:
        self._require(sid)
        state = self._state
        if state["enabled"][sid]:
            raise RequestError(Failure.REFUSED, sid, "the structure is enabled")
        held = self._ids(sid)
        ids = (*held, *(number for (number,) in parameters))
        self._judge(sid, ids, 2 - len(held))
        return lambda: self._create(sid, int(state["interval_s"][sid]), ids)

    def _judge(self, sid: int, ids: tuple[int, ...], first: int) -> None:
        """Raise `RequestError` unless these structures can be made; `first` is the number of the first field."""
        for n, number in enumerate(ids):
            if number not in self._by_id:
                raise RequestError(Failure.UNKNOWN_IDENTIFIER, number)
            if number in ids[:n]:
                raise RequestError(Failure.ILLEGAL_DATA, first + n, "a parameter twice", value=number)
        if len(ids) > MAX_STRUCTURE_PARAMETERS:
            raise RequestError(Failure.NO_CAPACITY, len(ids))
        try:
            self._compile(sid, ids)
        except ValueError as error:
            raise RequestError(Failure.NO_CAPACITY, sid, str(error)) from None

    def _ids(self, sid: int) -> tuple[int, ...]:
        """Return the parameters of a structure."""
        return tuple(int(number) for number in self._state["parameter_ids"][sid][: self._state["length"][sid]])

    def _prepare_intervals(self, pairs: Sequence[tuple[int, int]]) -> list[Step]:
        refuse_repeats([sid for sid, _ in pairs], 2)
        for sid, _ in pairs:
            self._require(sid)
        return [partial(self._set_interval, sid, interval_s) for sid, interval_s in pairs]

    def _set_interval(self, sid: int, interval_s: int) -> None:
        self._state["interval_s"][sid] = interval_s
        self._state["countdown_s"][sid] = interval_s

    def _prepare_listed(self, request: Telecommand, sids: Sequence[int]) -> list[Step]:
        """Judge a request that has a list of structure ids."""
        refuse_repeats(sids)
        for sid in sids:
            self._require(sid)
            if request.message is Tc.HK_DELETE and self._state["enabled"][sid]:
                raise RequestError(Failure.REFUSED, sid, "the structure is enabled")
        return [partial(self._one, request.message, sid, request.source) for sid in sids]

    def _one(self, message: Tc, sid: int, destination: int) -> None:
        state = self._state
        if message is Tc.HK_ENABLE:
            state["enabled"][sid] = 1
            state["countdown_s"][sid] = state["interval_s"][sid]
            self._schedule()
        elif message is Tc.HK_DISABLE:
            state["enabled"][sid] = 0
            self._schedule()
        elif message is Tc.HK_DELETE:
            state["interval_s"][sid] = 0
            self._compiled.pop(sid, None)
            self._schedule()
        elif message is Tc.HK_ONE_SHOT:
            self._outbox.send(Tm.HK_REPORT, self._compiled[sid].report(), destination)
        elif message is Tc.HK_REPORT_STRUCTURES:
            ids = [(number,) for number in self._ids(sid)]
            self._report(Tm.HK_STRUCTURE, destination, sid, state["enabled"][sid], state["interval_s"][sid], ids)
        else:  # HK_REPORT_PERIODIC
            properties = (sid, state["enabled"][sid], state["interval_s"][sid])
            self._report(Tm.HK_PERIODIC_PROPERTIES, destination, [properties])

    def _report(self, message: Tm, destination: int, *values: Any) -> None:  # noqa: ANN401 - as its items say
        self._outbox.send(message, write(REPORTS[message].items, *values), destination)

    def _require(self, sid: int) -> None:
        if sid not in self._compiled:
            raise RequestError(Failure.UNKNOWN_IDENTIFIER, sid)

    def _create(self, sid: int, interval_s: int, ids: tuple[int, ...]) -> None:
        self._compiled[sid] = self._compile(sid, ids)
        state = self._state
        state["parameter_ids"][sid][:] = 0
        state["parameter_ids"][sid][: len(ids)] = ids
        state["length"][sid] = len(ids)
        state["interval_s"][sid] = interval_s
        state["countdown_s"][sid] = interval_s
        state["enabled"][sid] = 0
        self._schedule()

    def _compile(self, sid: int, ids: tuple[int, ...]) -> Structure:
        """Resolve ids to places in the pool; KeyError for an unknown id, ValueError if too large."""
        structure = Structure(sid, [row for i in ids for row in self._rows(self._by_id[i])])
        structure.bind(self._pool)
        return structure

    def _rows(self, p: Parameter) -> list[tuple[str, int, int, int, int]]:
        """Cut a parameter into rows of elements at equal distances: one, unless a gap is within its last two axes."""
        size, begin = p.dtype.itemsize, p.offset - self._pool.offset(p.section)
        if p.strides == p.packed:
            return [(p.section.section, begin, size, p.count, size)]
        rows = (sum(i * step for i, step in zip(at, p.strides, strict=False)) for at in np.ndindex(p.shape[:-1]))
        return [(p.section.section, begin + at, size, p.shape[-1], p.strides[-1]) for at in rows]

    def _schedule(self) -> None:
        """Periodic structures and plain views, so that `step` does little."""
        self._countdown = self._state["countdown_s"].data
        self._interval = self._state["interval_s"].data
        self._periodic = [(s, c) for s, c in sorted(self._compiled.items()) if self._state["enabled"][s]]
