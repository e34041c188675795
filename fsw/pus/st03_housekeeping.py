"""ST[03] housekeeping (ECSS-E-ST-70-41C, 6.3): periodic and one-shot reports of pool parameters."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from fsw.core.pool import Pool
from fsw.pus._packetizer import Structure
from fsw.pus.messages import TM_INDEX, Failure, RequestError, Service, Tc, Tm
from fsw.pus.sections import MAX_STRUCTURE_PARAMETERS, MAX_STRUCTURES, HousekeepingSection
from fsw.pus.sender import GROUND, TmSender
from fsw.pus.st01_verification import Request, unpack_list

HK_INDEX = TM_INDEX[Tm.HK_REPORT]


@dataclass(frozen=True)
class StructureDefinition:
    """A report structure: identifier, collection interval and parameter names."""

    sid: int
    interval_s: int
    parameters: tuple[str, ...]


class Housekeeping:
    """Report structures; their definitions live in `HousekeepingSection`, so that a snapshot is complete."""

    service: int = Service.HOUSEKEEPING

    def __init__(self, pool: Pool, sender: TmSender, defaults: tuple[StructureDefinition, ...]) -> None:
        """Create and enable `defaults`; ValueError if one does not fit."""
        self._sender = sender
        self._state = pool.array(HousekeepingSection)
        self._by_id = {p.id: p for p in pool.parameters()}
        self._base = int(pool.memory.ctypes.data)
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
        ids = {s: tuple(int(i) for i in state["parameter_ids"][s][: state["length"][s]]) for s in sids}
        self._compiled = {s: self._compile(s, ids[s]) for s in sids}
        self._schedule()

    def step(self) -> None:
        """Send the periodic reports that are due; call once a second."""
        for sid, structure in self._periodic:
            if self._countdown[sid] > 1:
                self._countdown[sid] -= 1
                continue
            self._countdown[sid] = self._interval[sid]
            self._sender.send_packet(Service.HOUSEKEEPING, structure.report(HK_INDEX, GROUND))

    def execute(self, request: Request) -> None:
        """Carry out one ST[03] request."""
        if request.message is Tc.HK_CREATE:
            self._execute_create(request.data)
        elif request.message is Tc.HK_SET_INTERVAL:
            self._execute_interval(request.data)
        else:
            self._execute_listed(request)
        self._schedule()

    def _execute_create(self, data: bytes) -> None:
        """Create: structure id, collection interval [s], N, parameter ids (16 bits each)."""
        if len(data) < 6:
            raise RequestError(Failure.BAD_LENGTH, len(data))
        sid, interval_s = struct.unpack(">HH", data[:4])
        ids = unpack_list(data[4:], MAX_STRUCTURE_PARAMETERS)
        if sid >= MAX_STRUCTURES or interval_s == 0:
            raise RequestError(Failure.ILLEGAL_DATA, sid)
        if sid in self._compiled:
            raise RequestError(Failure.REFUSED, sid, "the structure exists")
        try:
            self._create(sid, interval_s, ids)
        except (KeyError, ValueError) as error:
            raise RequestError(Failure.UNKNOWN_IDENTIFIER, sid, str(error)) from None

    def _execute_interval(self, data: bytes) -> None:
        """Modify collection intervals: N times structure id and interval [s]."""
        if len(data) < 2 or len(data) != 2 + 4 * int.from_bytes(data[:2], "big"):
            raise RequestError(Failure.BAD_LENGTH, len(data))
        pairs = list(struct.iter_unpack(">HH", data[2:]))
        for sid, interval_s in pairs:
            self._require(sid)
            if interval_s == 0:
                raise RequestError(Failure.ILLEGAL_DATA, sid)
        for sid, interval_s in pairs:
            self._state["interval_s"][sid] = interval_s
            self._state["countdown_s"][sid] = interval_s

    def _execute_listed(self, request: Request) -> None:
        """Requests that carry a list of structure ids."""
        sids = unpack_list(request.data, MAX_STRUCTURES)
        for sid in sids:
            self._require(sid)
            if request.message is Tc.HK_DELETE and self._state["enabled"][sid]:
                raise RequestError(Failure.REFUSED, sid, "the structure is enabled")
        for sid in sids:
            self._one(request.message, sid, request.source)

    def _one(self, message: Tc, sid: int, destination: int) -> None:
        state = self._state
        if message is Tc.HK_ENABLE:
            state["enabled"][sid] = 1
            state["countdown_s"][sid] = state["interval_s"][sid]
        elif message is Tc.HK_DISABLE:
            state["enabled"][sid] = 0
        elif message is Tc.HK_DELETE:
            state["interval_s"][sid] = 0
            self._compiled.pop(sid, None)
        elif message is Tc.HK_ONE_SHOT:
            self._sender.send_packet(self.service, self._compiled[sid].report(HK_INDEX, destination))
        elif message is Tc.HK_REPORT_STRUCTURES:
            ids = state["parameter_ids"][sid][: state["length"][sid]]
            head = struct.pack(">HBHH", sid, state["enabled"][sid], state["interval_s"][sid], len(ids))
            self._sender.send(Tm.HK_STRUCTURE, head + ids.astype(">u2").tobytes(), destination)
        elif message is Tc.HK_REPORT_PERIODIC:
            data = struct.pack(">HHBH", 1, sid, state["enabled"][sid], state["interval_s"][sid])
            self._sender.send(Tm.HK_PERIODIC_PROPERTIES, data, destination)
        else:
            raise RequestError(Failure.ILLEGAL_SUBTYPE, message.value[1])

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

    def _compile(self, sid: int, ids: tuple[int, ...]) -> Structure:
        """Resolve ids to places in the pool; KeyError for an unknown id, ValueError if too large."""
        parameters = [self._by_id[i] for i in ids]
        items = [(self._base + p.offset, p.dtype.itemsize, p.count) for p in parameters]
        return Structure(self._sender.packetizer, sid, items)

    def _schedule(self) -> None:
        """Periodic structures and plain views, so that `step` does little."""
        self._countdown = self._state["countdown_s"].data
        self._interval = self._state["interval_s"].data
        self._periodic = [(s, c) for s, c in sorted(self._compiled.items()) if self._state["enabled"][s]]
