"""Kernel of the world: one board cycle after another; `sim.spacecraft.spacecraft` is its public face."""

from __future__ import annotations

import sys

from hal.handle import Handle
from hal.links.link import LinkError
from hal.saved import SavedError, require_size
from hal.wire import Apid

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.math cimport llround
from libc.string cimport memcmp, memcpy, memset

from hal._packet cimport PACKET_CAPACITY, Packet, frame_encode, stream_next
from sim.devices._model cimport MESSAGE_CAPACITY, ScriptedModel
from sim.physics._actuation cimport Actuation, begin
from hal_wire cimport ActuationHead_END
from sim_physics_records cimport TruthRecord

assert sys.byteorder == "little"
assert Apid.ACTUATION == Apid.STIMULUS + 1


cdef class UnitLink:
    """A unit's link, seen from flight (`hal.links.ByteLink`); the unit takes no octets."""

    def __init__(self, name: str) -> None:
        self.name = name

    cdef void put(self, const uint8_t* message, int size) noexcept nogil:
        self.given += 1
        if self.waiting + size > UNIT_CAPACITY:
            self.dropped += 1
            return
        memcpy(&self.octets[self.waiting], message, size)
        self.waiting += size
        self.unread += 1

    def save(self) -> object:
        """Return what waits and what was counted, as plain data (`hal.saved`)."""
        return self.given, self.dropped, self.unread, self.octets[:self.waiting]

    def restore(self, state: object) -> None:
        """Take over what was saved; raise `SavedError` when it does not fit."""
        self.given, self.dropped, self.unread, waiting = state
        if len(waiting) > UNIT_CAPACITY:
            raise SavedError(f"{self.name}: found {len(waiting)} octets, expected at most {UNIT_CAPACITY}")
        self.waiting = len(waiting)
        memcpy(self.octets, <const uint8_t*>waiting, self.waiting)

    def write(self, octets: bytes) -> None:
        """The unit ignores what it is sent; raise `LinkError` when the link is closed."""
        if self.closed:
            raise LinkError(f"{self.name}: write on a closed link")

    def read(self) -> bytes:
        """Everything that came since the last call; raise `LinkError` when the link is closed."""
        if self.closed:
            raise LinkError(f"{self.name}: read on a closed link")
        if self.waiting == 0:
            return b""
        octets = PyBytes_FromStringAndSize(<char*>self.octets, self.waiting)
        self.waiting = 0
        self.unread = 0
        return octets

    def close(self) -> None:
        """Close this end."""
        self.closed = True


cdef class StimulusPort:
    """One board's stimulus port, on the simulator's side."""

    def __init__(self, port: object, clock: object, apid: int) -> None:
        """`port`: a `HostBoard`, or the `StimulusLine` to a board elsewhere; `clock`: `sim.scenario.scenario.BoardClock`."""
        if isinstance(port, HostBoard):
            self.board = port
        else:
            self.line = port
            self.runs = port.runs
        self.apid = apid
        self.time.drift = clock.drift_ppm * 1e-6
        self.time.offset_ns = llround(clock.offset_s * 1e9)

    def assemble(self, name: str, period_ns: int, stimulus: object, actuation: object, devices: object) -> None:
        """Take what is on the board: `stimulus`, `actuation`: its records of `hal.wire`.

        `devices`: (model, name of the field of the stimulus at which its channels begin, the same of the actuation).
        """
        at = [{f.name: f.offset for f in record.fields} for record in (stimulus, actuation)]
        self.name, self.period_ns, self.next_ns = name, period_ns, 0
        self.stimulus_size, self.answer_size = stimulus.end, actuation.end
        self.bare_size = ActuationHead_END + sum(
            field.size for field in actuation.fields if field.name in ("duty_permille", "bus_octets")
        )
        self.bus_at, self.duty_at = at[0]["bus_octets"], at[1].get("duty_permille", -1)
        if len(devices) > BOARD_DEVICES or max(stimulus.end, actuation.end) > PAYLOAD:
            raise ValueError(f"{name}: {len(devices)} devices, expected at most {BOARD_DEVICES}")
        self.devices = tuple(model for model, _, _ in devices)
        for k, (_, reads, drives) in enumerate(devices):
            self.reads[<int>k], self.drives[<int>k] = at[0].get(reads, -1), at[1].get(drives, -1)

    cdef int drive(self, const uint8_t* answer, Surroundings* around) except -1:
        cdef uint16_t duty_permille = 0
        cdef DeviceModel model
        cdef int k
        if self.duty_at >= 0:
            memcpy(&duty_permille, &answer[self.duty_at], sizeof(duty_permille))
        for k, model in enumerate(self.devices):
            if self.drives[k] >= 0:
                model.drive(&answer[self.drives[k]], duty_permille, around)
        return 0

    def save(self) -> object:
        """Return counts, an unfinished answer and the next cycle's time, as plain data (`hal.saved`)."""
        stream = (<char*>&self.stream)[:sizeof(self.stream)]
        return {"missed": self.missed, "count": self.count, "next_ns": self.next_ns, "stream": stream,
                "payload": self.payload[:PAYLOAD]}

    def restore(self, state: object) -> None:
        """Take over what was saved; raise `SavedError` when it does not fit."""
        cdef bytes stream = state["stream"], payload = state["payload"]
        require_size("stimulus port", stream, sizeof(self.stream))
        require_size("stimulus port", payload, PAYLOAD)
        self.missed, self.count, self.next_ns = state["missed"], state["count"], state["next_ns"]
        memcpy(&self.stream, <const char*>stream, sizeof(self.stream))
        memcpy(self.payload, <const char*>payload, PAYLOAD)

    cdef int64_t board_ns(self, int64_t t_ns) noexcept nogil:
        return t_ns + self.time.offset_ns + llround(<double>t_ns * self.time.drift)

    cdef uint16_t bus_octets(self) except? 0xFFFF:
        return 0 if self.line is None else self.line.bus.written

    cdef int take(self, const uint8_t* octets, size_t size, int64_t time_ns, int answer_size) noexcept nogil:
        """Feed octets from the board; return 1 when they completed the answer to the stimulus of `time_ns`.

        A board without configuration says nothing of its outputs: they are safe, which is 0.
        """
        cdef uint8_t[PACKET_CAPACITY] decoded
        cdef Packet packet
        cdef size_t taken
        cdef int found = 0, tail
        while size > 0:
            taken = stream_next(&self.stream, decoded, octets, size, &packet)
            octets += taken
            size -= taken
            if (
                packet.payload is NULL or packet.apid != self.apid + 1
                or (packet.payload_size != answer_size and packet.payload_size != self.bare_size)
                or memcmp(packet.payload, &time_ns, sizeof(time_ns)) != 0  # both payloads begin with the board time
            ):
                continue
            tail = self.bare_size - ActuationHead_END
            memset(self.payload, 0, answer_size)
            memcpy(self.payload, packet.payload, packet.payload_size - tail)
            memcpy(&self.payload[answer_size - tail], &packet.payload[packet.payload_size - tail], tail)
            found = 1
        return found

    cdef int exchange(self, const void* stimulus, int size, void* answer, int answer_size) except -1:
        cdef uint8_t frame[FRAME_CAPACITY]
        cdef uint8_t back[FRAME_CAPACITY]
        cdef size_t length = frame_encode(frame, self.apid, 0, self.count, <const uint8_t*>stimulus, size)
        cdef int64_t time_ns
        cdef int found
        memcpy(&time_ns, stimulus, sizeof(time_ns))
        self.count = (self.count + 1) & 0x3FFF
        if self.board is not None:
            length = self.board.stimulus_exchange(frame, length, back, FRAME_CAPACITY)
            found = self.take(back, length, time_ns, answer_size)
        elif self.runs:
            return self.ask(frame, length, time_ns)
        else:
            found = self.exchange_line(frame, length, time_ns, answer_size)
        if not found:
            self.missed += 1
            return 0
        memcpy(answer, self.payload, answer_size)
        return 1

    cdef int exchange_line(self, const uint8_t* frame, size_t length, int64_t time_ns, int answer_size) except -1:
        """Give a stimulus frame to a board elsewhere and wait for its answer; a broken link is silence."""
        cdef bytes octets
        cdef uint16_t announced
        try:
            self.line.send(PyBytes_FromStringAndSize(<const char*>frame, length))
            octets = self.line.receive()
            while octets:
                if self.take(<const uint8_t*>octets, len(octets), time_ns, answer_size):
                    memcpy(&announced, &self.payload[answer_size - 2], sizeof(announced))  # payloads end with it
                    self.line.bus.announce(announced)
                    self.line.answered(True)
                    return 1
                octets = self.line.receive()
        except LinkError:
            pass
        self.line.answered(False)
        return 0


    cdef int ask(self, const uint8_t* frame, size_t length, int64_t time_ns) except -1:
        """Give a stimulus frame to a board that runs; the answer to the one before has not come in time."""
        if self.asked:
            self.missed += 1
        self.asked, self.asked_ns = True, time_ns
        try:
            self.line.send(PyBytes_FromStringAndSize(<const char*>frame, length))
        except LinkError:
            pass
        return 0

    cdef int collect(self, void* answer, int answer_size) except -1:
        cdef bytes octets
        if not self.asked:
            return 0
        try:
            octets = self.line.receive()
        except LinkError:
            return 0
        if not self.take(<const uint8_t*>octets, len(octets), self.asked_ns, answer_size):
            return 0
        self.asked = False
        memcpy(answer, self.payload, answer_size)
        return 1


cdef class SpacecraftKernel:
    """Truth, devices and boards: in lock-step, or running in real time."""

    def _assemble(self, physics: object, devices: object, links: object, ports: object, outages: object) -> None:
        """Take the parts.

        `devices`: all models, in the order of the vehicle's list; `links`: the `UnitLink` of each model that is on a link
        of its own, by name, None when the model has its own; `ports`: of all boards, the first sets the cycle; `outages`:
        (device, start, end [ns]).
        """
        self.physics = physics
        self.devices = {model.name: model for model in devices}
        self.models, self.ports = tuple(devices), tuple(ports)
        self.link_models = tuple(model for model in devices if model.name in links)
        self.links_of_models = tuple(links[model.name] for model in self.link_models)
        self.scripted = tuple(model for model in devices if isinstance(model, ScriptedModel))
        for model in self.scripted:
            model.view = physics.truth
        self.period_ns = (<StimulusPort>ports[0]).period_ns
        memset(&self.around, 0, sizeof(self.around))
        names = list(self.devices)
        self.silence_count = len(outages)
        if self.silence_count > OUTAGES:
            raise ValueError(f"{self.silence_count} outages: expected at most {OUTAGES}")
        for k, (device, start_ns, end_ns) in enumerate(outages):
            self.silences[<int>k] = Silence(names.index(device), start_ns, end_ns)
        self.report()

    def save_cycle(self) -> object:
        """Return times, and what devices do to each other, as plain data (`hal.saved`); `Spacecraft.save` has the rest."""
        return self.now_ns, self.cycle_ns, self.truth_ns, (<char*>&self.around)[:sizeof(self.around)]

    def restore_cycle(self, state: object) -> None:
        """Take over what was saved; raise `SavedError` when it does not fit."""
        cdef bytes around
        self.now_ns, self.cycle_ns, self.truth_ns, around = state
        require_size("surroundings of devices", around, sizeof(self.around))
        memcpy(&self.around, <const char*>around, sizeof(self.around))

    def without_power_device(self) -> None:
        """Every load has power, as nothing switches it."""
        self.around.switches = 0xFFFF

    def handle(self, name: str) -> object:
        """Return the handle of "truth", "device_truth.NAME", or of a field of one of them (`hal.handle`)."""
        record, _, rest = name.partition(".")
        if record == "truth":
            return self.physics.records.handle(name)
        device, *path = rest.split(".")
        model = self.devices.get(device) if record == "device_truth" else None
        if model is None or model.TRUTH is None:
            raise KeyError(name)
        handle = Handle(model.TRUTH, f"{record}.{device}", model.truth)
        for part in path:
            handle = handle.field(part)
        return handle

    @property
    def t_ns(self) -> int:
        """Mission time reached [ns]."""
        return self.now_ns

    @property
    def due_ns(self) -> int:
        """Mission time of the next board cycle [ns]."""
        return self.cycle_ns

    def step(self, int64_t t_ns) -> None:
        """Advance to mission time `t_ns` [ns], with every board cycle up to and at that time."""
        while self.cycle_ns <= t_ns:
            self.cycle(self.cycle_ns)
            self.cycle_ns += self.period_ns
        if t_ns > self.now_ns:
            self.now_ns = t_ns

    cdef int cycle(self, int64_t t_ns) except -1:
        """One cycle at `t_ns`: truth up to then, then all boards and devices."""
        cdef StimulusPort port
        self.collect_answers()
        self.advance_truth(t_ns)
        self.switch_devices(t_ns)
        for port in self.ports:
            if t_ns >= port.next_ns:
                self.board_cycle(port, t_ns)
                port.next_ns = t_ns + port.period_ns
        self.link_cycle(t_ns)
        self.report()
        return 0

    cdef int advance_truth(self, int64_t t_ns) except -1:
        """Let actuators act until `t_ns`, then add loads, then advance what devices hold."""
        cdef Actuation actuation
        cdef DeviceModel model
        cdef const TruthRecord* truth = self.physics.truth
        cdef Surroundings* around = &self.around
        cdef int64_t dt_ns = t_ns - self.truth_ns
        if dt_ns <= 0:
            return 0
        begin(&actuation, dt_ns)
        for model in self.models:
            model.act(&actuation)
        self.physics.advance(&actuation)
        around.load_w = 0.0
        around.loads = 0
        for model in self.models:
            model.load(truth, around)
        for model in self.models:
            model.advance(dt_ns * 1e-9, truth, around)
        self.truth_ns = t_ns
        return 0

    cdef int switch_devices(self, int64_t t_ns) except -1:
        """Take power from the devices that have an outage now; those that never have one are left alone."""
        cdef int k, n
        if self.silence_count == 0:
            return 0
        for n in range(len(self.models)):
            listed = silent = False
            for k in range(self.silence_count):
                if self.silences[k].device == n:
                    listed = True
                    if self.silences[k].start_ns <= t_ns < self.silences[k].end_ns:
                        silent = True
            if listed:
                self.models[n].silent = silent
        return 0

    cdef int collect_answers(self) except -1:
        """In real time: put in force, from the last cycle on, what the boards have answered to it."""
        cdef int64_t room[PAYLOAD_WORDS]
        cdef StimulusPort port
        for port in self.ports:
            if port.runs and port.collect(room, port.answer_size):
                port.drive(<const uint8_t*>room, &self.around)
        return 0

    def cut_outputs(self, board: str) -> None:
        """What a board drives stops: it has lost its power."""
        cdef uint8_t nothing[PAYLOAD]
        cdef StimulusPort port
        memset(nothing, 0, sizeof(nothing))
        for port in self.ports:
            if port.name == board:
                port.drive(nothing, &self.around)

    cdef int board_cycle(self, StimulusPort port, int64_t t_ns) except -1:
        """Sample a board's devices, trigger its cycle, put in force what it drives."""
        cdef const TruthRecord* truth = self.physics.truth
        cdef Surroundings* around = &self.around
        cdef int64_t room[PAYLOAD_WORDS]
        cdef int64_t back[PAYLOAD_WORDS]
        cdef uint8_t* stimulus = <uint8_t*>room
        cdef uint16_t octets = port.bus_octets()
        cdef DeviceModel model
        cdef int k
        memset(room, 0, sizeof(room))
        room[0] = port.board_ns(t_ns)
        memcpy(&stimulus[port.bus_at], &octets, sizeof(octets))
        for k in range(3):
            around.driven_b_am2[k] = around.left_b_am2[k] = around.stuck_b_am2[k] = 0.0
        for model in self.models:
            model.show(around)
        for k, model in enumerate(port.devices):
            if port.reads[k] >= 0:
                model.sample(truth, around, &stimulus[port.reads[k]])
        if port.exchange(stimulus, port.stimulus_size, back, port.answer_size):
            port.drive(<const uint8_t*>back, around)
        return 0

    cdef int link_cycle(self, int64_t t_ns) except -1:
        """Let the devices on links of their own measure, and put on the links what has arrived by now."""
        cdef uint8_t message[MESSAGE_CAPACITY]
        cdef DeviceModel model
        cdef UnitLink link
        cdef int size
        for model, link in zip(self.link_models, self.links_of_models):
            model.measure(self.physics.truth)
            if link is None:
                continue
            size = model.due(t_ns, message)
            while size > 0:
                link.put(message, size)
                size = model.due(t_ns, message)
        for scripted in self.scripted:
            scripted.raise_failure()
        return 0

    cdef int report(self) except -1:
        """Refresh the records of all devices."""
        cdef DeviceModel model
        for model in self.models:
            model.report()
        return 0
