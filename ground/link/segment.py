"""The ground segment of a flight: station, telecommand plan, and files of the downlink."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

from ccsds.errors import PacketError
from ccsds.packets import ERROR_CONTROL_OCTETS, TcPacket, TmPacket
from fsw.core.events import Severity
from fsw.dictionary.event_words import describe
from fsw.pus._packetizer import HEADER_OCTETS
from fsw.pus.messages import Service, Tc, Tm
from fsw.pus.st05_events import unpack_event
from ground.common.run_folder import DOWNLINK, EVENTS
from ground.dictionary.build import Dictionary
from ground.dictionary.check import HashCheck
from ground.dictionary.event_words import EventWords
from ground.link.station import GroundStation
from ground.link.telecommands import (
    FAILED,
    REQUEST_ID_OCTETS,
    SentTelecommand,
    failure_text,
    function_data,
    note_verification,
)
from ground.link.uplink import Uplink, at_once
from hal import json_text
from hal.files import Stream
from hal.links.link import ByteLink
from hal.saved import SavedError, State, attributes, set_attributes
from hal.vehicle.vehicle import Radio
from sim.scenario.planning import Plan, TimedTelecommand

NS = 1_000_000_000
REMEMBERED = ("_held_ns", "_sent", "failures", "events")


class GroundSegment:
    """Receives the downlink, sends the planned telecommands, keeps the stream, the events and a hash.

    `out` is the folder for `downlink.cadu` and `events.jsonl`; None keeps counts and hash only. `on_packet` gets every
    telemetry packet as it is received. Octets go up at the rate of the radio (`ground.link.uplink`, which explains
    `break_in`).
    """

    def __init__(
        self,
        radio: Radio,
        link: ByteLink,
        plan: Plan,
        out: Path | None = None,
        on_packet: Callable[[bytes], None] | None = None,
        *,
        break_in: Callable[[], bytes | None] = at_once,
    ) -> None:
        self._apid = radio.apid
        self._link = link
        self._uplink = Uplink(link, radio, plan.tick_s, break_in)
        self._tick_ns = round(plan.tick_s * NS)
        self._held_ns = 0  # time in which something waited for the uplink: the station's timer stands still then
        self._station = GroundStation(radio)
        self._on_packet = on_packet
        self._due = sorted(plan.telecommands, key=lambda t: t.time_s)[::-1]
        for planned in self._due:
            function_data(planned.function, planned.arguments)  # one that cannot be written is told before the flight
        self._next_ns = self._time_of_next()
        self._hash = hashlib.sha256()
        self._stream = Stream(out / DOWNLINK) if out is not None else None
        self._log = Stream(out / EVENTS) if out is not None else None
        self._sent = 0
        self._planned: list[SentTelecommand] = []  # those of the plan that are sent, in its order
        self.failures = 0
        self.events: list[str] = []
        self.hash_check: HashCheck | None = None
        self.describe: Callable[[int, tuple[float, ...]], str] = describe

    def expect(self, dictionary: Dictionary) -> None:
        """From now on compare the satellite's dictionary hashes with these; a difference is noted once."""
        self.hash_check = HashCheck(dictionary)

    def read_by(self, dictionary: Dictionary) -> None:
        """From now on use `dictionary` to put events into words: names of applications, monitors, parameters."""
        self.describe = EventWords(dictionary).text

    @property
    def commands(self) -> int:
        """Telecommand packets given to the station."""
        return self._sent

    @property
    def packets(self) -> int:
        """Telemetry packets received."""
        return self._station.counts.packets

    @property
    def packets_broken(self) -> int:
        """Telemetry packets dropped at the ground because a frame of theirs was missing or bad."""
        return self._station.counts.packets_broken

    def commands_under_way(self, v_r: int) -> int:
        """Telecommand packets that the satellite has not accepted, when V(R) of its FARM is `v_r`."""
        return self._station.sender.unacknowledged_at(v_r)

    @property
    def fates(self) -> list[SentTelecommand | None]:
        """The fate of each telecommand of the plan, in the order of their times; None: not sent."""
        return [*self._planned, *(None for _ in self._due)]

    @property
    def cadu_sha256(self) -> str:
        """Hash of everything received."""
        return self._hash.hexdigest()

    def save(self) -> State:
        """Return all that is remembered, as plain data (`hal.saved`); the hash of the octets is left out."""
        planned = [(c.name, c.request_id, c.sent_s, c.accepted, c.completed, c.failure) for c in self._planned]
        check = None if self.hash_check is None else self.hash_check.save()
        return attributes(self, REMEMBERED) | {
            "left": len(self._due), "planned": planned, "hash_check": check, "uplink": self._uplink.save(),
            "station": self._station.save(),
        }  # fmt: skip

    def restore(self, state: State) -> None:
        """Continue from what a segment of the same plan saved: `cadu_sha256` is of what is received from here on."""
        if state["left"] > len(self._due):
            raise SavedError(f"ground: found a plan of {state['left']} telecommands to send, expected {len(self._due)}")
        set_attributes(self, REMEMBERED, state)
        del self._due[state["left"] :]
        self._next_ns = self._time_of_next()
        self._planned = [SentTelecommand(*planned) for planned in state["planned"]]
        if self.hash_check is not None and state["hash_check"] is not None:
            self.hash_check.restore(state["hash_check"])
        self._uplink.restore(state["uplink"])
        self._station.restore(state["station"])

    def step(self, t_ns: int) -> None:
        """Receive the downlink and send telecommands that are due."""
        self._uplink.step()
        if self._uplink.waiting:
            self._held_ns += self._tick_ns
        octets = self._link.read()
        if octets:
            self._receive(octets)
            again = self._station.transmit(t_ns - self._held_ns)
            if again:
                self._uplink.send(again)
        if t_ns >= self._next_ns:
            self._send(self._due.pop(), t_ns)
            self._next_ns = self._time_of_next()

    @property
    def files(self) -> tuple[Stream, ...]:
        """The files of the downlink and of the events."""
        return tuple(file for file in (self._stream, self._log) if file is not None)

    def flush(self) -> None:
        """Put everything received so far into the files."""
        for file in self.files:
            file.flush()

    def close(self) -> None:
        """Receive what is still on the link and close the files."""
        octets = self._link.read()
        if octets:
            self._receive(octets)
        for file in self.files:
            file.close()

    def _time_of_next(self) -> int:
        return round(self._due[-1].time_s * NS) if self._due else 1 << 62

    def _receive(self, octets: bytes) -> None:
        self._hash.update(octets)
        if self._stream is not None:
            self._stream.write(octets)
        for packet in self._station.receive(octets):
            if self._on_packet is not None:
                self._on_packet(packet)
            if packet[7:8] != bytes([Service.HOUSEKEEPING]):
                self._note(packet)
            elif self.hash_check is not None:
                self._check(packet, self.hash_check)

    def _check(self, octets: bytes, check: HashCheck) -> None:
        """Note when a housekeeping report says that the dictionary does not fit."""
        text = check.receive(octets[HEADER_OCTETS:-ERROR_CONTROL_OCTETS])
        if text:
            t_tai_ns = TmPacket.decode(octets).t_tai_ns
            self._write({"t_tai_ns": t_tai_ns, "severity": Severity.MEDIUM, "dictionary": check.sections, "text": text})
            self.events.append(text)

    def _note(self, octets: bytes) -> None:
        """Keep events and failed telecommands in words."""
        try:
            tm = TmPacket.decode(octets)
        except PacketError:
            self.failures += 1
            return
        kind = (tm.service_type, tm.message_subtype)
        note_verification(self._planned, tm)
        if tm.service_type == Service.EVENTS and kind != Tm.EVENTS_DISABLED.value:
            try:
                event_id, number, values = unpack_event(tm.data)
            except ValueError:
                self.failures += 1
                return
            text = self.describe(event_id, values)
            self._write({"t_tai_ns": tm.t_tai_ns, "severity": tm.message_subtype, "id": event_id, "number": number,
                         "text": text, "values": list(values)})  # fmt: skip
            self.events.append(text)
        elif kind in FAILED:
            self.failures += 1
            text = f"telecommand {self._name_of(tm)}: {failure_text(kind, tm.data, self._name_of(tm))}"
            self._write({"t_tai_ns": tm.t_tai_ns, "severity": Severity.MEDIUM, "text": text,
                         "telecommand_failed": tm.data.hex(), "report": list(kind)})  # fmt: skip

    def _name_of(self, report: TmPacket) -> str:
        """Return the function of the plan that a report of ST[01] is about, else its request id."""
        request_id = report.data[:REQUEST_ID_OCTETS]
        return next((c.name for c in reversed(self._planned) if c.request_id == request_id), request_id.hex())

    def _write(self, entry: dict[str, object]) -> None:
        if self._log is not None:
            self._log.write(f"{json_text.dumps(entry)}\n".encode())
            self._log.flush()  # events are few, and are wanted of a flight that was killed

    def _send(self, command: TimedTelecommand, t_ns: int) -> None:
        """Send one planned function as TC[8,1]."""
        data = function_data(command.function, command.arguments)
        request_id = self.telecommand(*Tc.PERFORM_FUNCTION.value, data, t_ns)
        self._planned.append(SentTelecommand(command.function, request_id, t_ns / NS))

    def telecommand(self, service: int, subtype: int, data: bytes, t_ns: int) -> bytes:
        """Send TC[service,subtype] at mission time `t_ns`; return its request id, by which ST[01] names it.

        Raises `ccsds.errors.PacketError` when it does not fit a packet.
        """
        packet = TcPacket(self._apid, self._sent & 0x3FFF, service, subtype, data)
        octets = self._station.send(packet.encode(), t_ns - self._held_ns)
        self._sent += 1
        if octets:
            self._uplink.send(octets)
        return packet.request_id
