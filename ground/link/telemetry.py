"""Housekeeping on ground: the latest received value of every parameter, and its time.

A value is here because a report (TM[3,25]) was received, decoded from frames and its structure is known: nothing is
read from the satellite.
"""

from __future__ import annotations

import difflib
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from operator import methodcaller
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ccsds.packets import TmPacket
from fsw.core.pool import Parameter
from fsw.pus.messages import Tc
from fsw.pus.sections import MAX_STRUCTURES
from ground.link.telecommands import SentTelecommand

NS = 1_000_000_000
LATE_S = 120.0  # farther back than this the satellite's time was set, and its reports are the latest
Send = Callable[[int, int, bytes], SentTelecommand]


class TelemetryError(KeyError):
    """A parameter that ground does not receive; the message is one line and says how to get it."""

    def __str__(self) -> str:
        return str(self.args[0])


class NotReceivedError(TelemetryError):
    """A parameter whose report has not come yet."""


__tracebackhide__ = methodcaller("errisinstance", TelemetryError)  # pytest shows the line that asked


@dataclass
class _Structure:
    """One housekeeping structure as the ground knows it, and its last report."""

    sid: int
    interval_s: int
    layout: np.dtype[Any]  # packed and big-endian, one field a parameter
    octets: bytes = b""  # of the last packet; empty: none has come
    decoded: NDArray[Any] | None = field(default=None, repr=False)
    t_tai_ns: int = 0  # of the last packet

    @property
    def names(self) -> tuple[str, ...]:
        return self.layout.names or ()


class Telemetry(Mapping[str, Any]):
    """The latest value by parameter name: `telemetry["mode.system"]`.

    A number, a member of the parameter's enum, or an array of the parameter's shape. Iteration gives the names of which
    a value has come. Raises `TelemetryError` for a name that does not come down, `NotReceivedError` for one that has
    not come yet.

    `parameters`: the dictionary; `structures`: structure id, interval [s] and names of the structures that exist at
    separation; `epoch_tai_ns`: TAI of mission time 0; `send`: sends a telecommand by service, subtype and data.
    """

    def __init__(
        self,
        parameters: Iterable[Parameter],
        structures: Iterable[tuple[int, int, tuple[str, ...]]],
        epoch_tai_ns: int,
        send: Send,
    ) -> None:
        self._parameters = {p.name: p for p in parameters}
        self._by_id = {p.id: p for p in self._parameters.values()}
        self._epoch_tai_ns = epoch_tai_ns
        self._send = send
        self._structures: dict[int, _Structure] = {}
        self._of: dict[str, list[_Structure]] = {}
        self.read: dict[str, None] = {}  # names looked up, in order; whoever wants to know clears it
        self.reports = 0  # received
        self.reports_late = 0  # of these, older than the one before
        self.reports_unknown = 0  # of these, of a structure or length that ground does not know
        for sid, interval_s, names in structures:
            self._define(sid, interval_s, names)

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401 - as declared: int, float, enum or array
        self.read[name] = None
        return self.peek(name)

    def peek(self, name: str) -> Any:  # noqa: ANN401 - as above
        """Return the value without noting the look-up in `read`."""
        value = self._record(self._latest(name))[name]
        if value.ndim:
            return value.astype(value.dtype.newbyteorder("="))
        members = self._parameters[name].enum
        number = value.item()
        return members(number) if members is not None and number in members._value2member_map_ else number

    def __contains__(self, name: object) -> bool:
        return any(structure.octets for structure in self._of.get(str(name), ()))

    def __iter__(self) -> Iterator[str]:
        return (name for name in self._of if name in self)

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def time_s(self, name: str) -> float:
        """Return when the value was sampled: on-board time, in seconds since separation."""
        return self._time_s(self._latest(name))

    def request(self, *names: str, interval_s: int = 1) -> SentTelecommand:
        """Make the satellite send `names` every `interval_s`: TC[3,1] makes a structure, TC[3,5] enables it.

        Raises `TelemetryError` for a name that the dictionary does not have or when no structure is free.
        """
        ids = [self._parameter(name).id for name in names]
        sid = next((s for s in range(MAX_STRUCTURES) if s not in self._structures), None)
        if sid is None:
            raise TelemetryError(f"all {MAX_STRUCTURES} housekeeping structures are taken")
        sent = self._send(*Tc.HK_CREATE.value, struct.pack(f">HHH{len(ids)}H", sid, interval_s, len(ids), *ids))
        self._send(*Tc.HK_ENABLE.value, struct.pack(">HH", 1, sid))
        return sent

    # -------------------------------------------------------------- what the ground hears and says

    def receive(self, packet: bytes) -> None:
        """Take one TM[3,25]; raise `ccsds.errors.PacketError` when it is not a PUS-C report.

        A report that comes up to `LATE_S` after a later one is counted and changes no value.
        """
        report = TmPacket.decode(packet)
        data = report.data
        self.reports += 1
        structure = self._structures.get(int.from_bytes(data[:2], "big"))
        if structure is None or len(data) != 2 + structure.layout.itemsize:
            self.reports_unknown += 1
            return
        if report.t_tai_ns >= structure.t_tai_ns or report.t_tai_ns < structure.t_tai_ns - round(LATE_S * NS):
            structure.octets, structure.decoded, structure.t_tai_ns = packet, None, report.t_tai_ns
        else:
            self.reports_late += 1

    def sent(self, service: int, subtype: int, data: bytes) -> None:
        """Note a telecommand: the ground knows a structure because it asked for it."""
        if (service, subtype) != Tc.HK_CREATE.value or len(data) < 6:
            return
        sid, interval_s, count = struct.unpack(">HHH", data[:6])
        ids = [number for (number,) in struct.iter_unpack(">H", data[6:])] if len(data) == 6 + 2 * count else []
        if sid not in self._structures and ids and all(i in self._by_id for i in ids):
            self._define(sid, interval_s, tuple(self._by_id[i].name for i in ids))

    def _define(self, sid: int, interval_s: int, names: tuple[str, ...]) -> None:
        found = [self._parameters[name] for name in names]
        layout = np.dtype([(p.name, p.dtype.newbyteorder(">"), p.shape) for p in found])
        structure = self._structures[sid] = _Structure(sid, interval_s, layout)
        for name in names:
            self._of.setdefault(name, []).append(structure)

    # -------------------------------------------------------------- looking up

    def _latest(self, name: str) -> _Structure:
        """Return the structure that last contained `name`."""
        carriers = self._of.get(name)
        if carriers is None:
            self._parameter(name)
            raise TelemetryError(
                f"{name}: in no housekeeping structure; telemetry.request({name!r}) asks the satellite for it"
            )
        heard = [s for s in carriers if s.octets]
        if not heard:
            where = " and ".join(f"structure {s.sid}, every {s.interval_s} s" for s in carriers)
            raise NotReceivedError(f"{name}: comes with {where}; no report with it has come yet: advance first")
        return heard[0] if len(heard) == 1 else max(heard, key=self._time_s)

    def _parameter(self, name: str) -> Parameter:
        if name not in self._parameters:
            close = difflib.get_close_matches(name, self._parameters, 3)
            hint = f"; did you mean {' or '.join(close)}?" if close else ""
            raise TelemetryError(f"{name}: no such parameter{hint}")
        return self._parameters[name]

    def _time_s(self, structure: _Structure) -> float:
        return round((TmPacket.decode(structure.octets).t_tai_ns - self._epoch_tai_ns) / NS, 4)

    def _record(self, structure: _Structure) -> NDArray[Any]:
        if structure.decoded is None:
            data = TmPacket.decode(structure.octets).data
            structure.decoded = np.frombuffer(data[2:], structure.layout).reshape(())
        return structure.decoded
