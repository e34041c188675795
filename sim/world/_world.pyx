"""Kernel of the world: one board cycle after another; `sim.world.world` is its public face."""

from __future__ import annotations

import sys

from hal.links.link import LinkError
from hal.wire import Apid

from cpython.bytes cimport PyBytes_FromStringAndSize
from libc.math cimport llround
from libc.string cimport memcmp, memcpy, memset

import numpy as np

from hal._packet cimport PACKET_CAPACITY, Packet, frame_encode, stream_next
from hal_wire cimport (
    APID_STAR_TRACKER, EPS_SWITCH_WHEELS, AdcsActuation_END, AdcsStimulus_END, EpsActuation_END, EpsStimulus_END, StarTrackerReport_END)
from hal_wire cimport AdcsActuation as AdcsActuationC
from hal_wire cimport AdcsStimulus as AdcsStimulusC
from hal_wire cimport EpsActuation as EpsActuationC
from hal_wire cimport EpsStimulus as EpsStimulusC
from hal_wire cimport StarTrackerReport as StarTrackerReportC
from sim.devices._gnss cimport UBX_PVT_OCTETS
from sim.physics._actuation cimport Actuation, add_action, begin
from sim_physics_records cimport TruthRecord

from hal.handle import Memory
from sim.devices.records import DeviceRecord as DeviceRecordClass
from sim_devices_records cimport bind_DeviceRecord

cdef enum:
    DEVICE_STAR_TRACKER = 0
    DEVICE_GNSS = 1

DEVICES = {"star_tracker": DEVICE_STAR_TRACKER, "gnss": DEVICE_GNSS}

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

    cdef int64_t board_ns(self, int64_t t_ns) noexcept nogil:
        return t_ns + self.time.offset_ns + llround(<double>t_ns * self.time.drift)

    cdef uint16_t bus_octets(self) except? 0xFFFF:
        return 0 if self.line is None else self.line.bus.written

    cdef int take(self, const uint8_t* octets, size_t size, int64_t time_ns, int answer_size) noexcept nogil:
        """Feed octets from the board; return 1 when they completed the answer to the stimulus of `time_ns`."""
        cdef uint8_t[PACKET_CAPACITY] decoded
        cdef Packet packet
        cdef size_t taken
        cdef int found = 0
        while size > 0:
            taken = stream_next(&self.stream, decoded, octets, size, &packet)
            octets += taken
            size -= taken
            if (
                packet.payload is not NULL and packet.apid == self.apid + 1 and packet.payload_size == answer_size
                and memcmp(packet.payload, &time_ns, sizeof(time_ns)) == 0  # both payloads begin with the board time
            ):
                memcpy(self.payload, packet.payload, answer_size)
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


cdef class WorldKernel:
    """Truth, devices, units and boards: in lock-step, or running in real time."""

    def _assemble(self, physics, devices, ports, links, outages, period_ns, eps_period_ns, cycle_models):
        """Take the parts; `devices` by name, `ports` (adcs, eps), `links` (star tracker, GNSS)."""
        self.cycle_models = cycle_models
        self.physics = physics
        self.gyro, self.magnetometer = devices["gyro"], devices["magnetometer"]
        self.sun_sensors, self.star_tracker = devices["sun_sensors"], devices["star_tracker"]
        self.gnss, self.wheels = devices["gnss"], devices["wheels"]
        self.torquers, self.power = devices["torquers"], devices["power"]
        self.adcs, self.eps = ports
        self.star_tracker_link, self.gnss_link = links
        self.records = Memory({"device_truth": DeviceRecordClass})
        self.bind(self.records)
        self.silence_count = len(outages)
        if self.silence_count > OUTAGES:
            raise ValueError(f"{self.silence_count} outages: expected at most {OUTAGES}")
        for k, (device, start_ns, end_ns) in enumerate(outages):
            self.silences[<int>k] = Silence(DEVICES[device], start_ns, end_ns)
        self.period_ns, self.eps_period_ns = period_ns, eps_period_ns
        self.report(0)

    @property
    def device_truth(self):
        """What is true of the devices: a zero-dimensional structured array (`DeviceRecord`), a view."""
        return self.records["device_truth"]

    def handle(self, str name):
        """Return the handle of "truth" or "device_truth", or of a field of them (`hal.handle`)."""
        return (self.physics.records if name.partition(".")[0] == "truth" else self.records).handle(name)

    cdef int attach(self, pool) except -1:
        self.devices = bind_DeviceRecord(self, pool, "device_truth")
        return 0

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
        self.check()
        while self.cycle_ns <= t_ns:
            self.cycle(self.cycle_ns)
            self.cycle_ns += self.period_ns
        if t_ns > self.now_ns:
            self.now_ns = t_ns

    cdef int cycle(self, int64_t t_ns) except -1:
        """One cycle at `t_ns`: truth up to then, all devices, boards and units."""
        self.collect_answers()
        self.advance_truth(t_ns)
        self.switch_units(t_ns)
        self.adcs_cycle(t_ns)
        if t_ns >= self.eps_cycle_ns:
            self.eps_cycle(t_ns)
            self.eps_cycle_ns = t_ns + self.eps_period_ns
        self.unit_cycle(t_ns)
        if self.cycle_models is not None:
            self.cycle_models()
        self.report(t_ns)
        return 0

    cdef void advance_truth(self, int64_t t_ns) noexcept nogil:
        """Two sub-intervals with the actuation in force: torquers driven for their duty, then off."""
        cdef Actuation actuation
        cdef int64_t dt_ns = t_ns - self.truth_ns
        cdef int64_t off_ns = dt_ns * self.duty_permille // 1000
        cdef double duty = self.duty_permille * 1e-3
        if dt_ns <= 0:
            return
        begin(&actuation, dt_ns)
        memcpy(add_action(&actuation, 0, off_ns).dipole_b_am2, self.torquers.driven_b_am2, 3 * sizeof(double))
        memcpy(add_action(&actuation, off_ns, dt_ns).dipole_b_am2, self.torquers.residual_b_am2, 3 * sizeof(double))
        memcpy(actuation.motor_nm, self.wheel_torque_nm, sizeof(actuation.motor_nm))
        self.physics.advance(&actuation)
        self.power.advance(dt_ns * 1e-9, self.physics.truth, self.switches, duty * self.torquers.power_w)
        self.truth_ns = t_ns

    cdef void switch_units(self, int64_t t_ns) noexcept nogil:
        """Take power from the units that have an outage now."""
        cdef bint silent[2]
        cdef int k
        if self.silence_count == 0:
            return
        silent[0] = silent[1] = False
        for k in range(self.silence_count):
            if self.silences[k].start_ns <= t_ns < self.silences[k].end_ns:
                silent[self.silences[k].device] = True
        self.star_tracker.silent = silent[DEVICE_STAR_TRACKER]
        self.gnss.silent = silent[DEVICE_GNSS]

    cdef int collect_answers(self) except -1:
        """In real time: put in force, from the last cycle on, what the boards have answered to it."""
        cdef AdcsActuationC adcs
        cdef EpsActuationC eps
        if self.adcs.runs and self.adcs.collect(&adcs, AdcsActuation_END):
            self.put_in_force(&adcs)
        if self.eps.runs and self.eps.collect(&eps, EpsActuation_END):
            self.switches = eps.switches
        return 0

    cdef void put_in_force(self, AdcsActuationC* answer) noexcept:
        """Drive torquers and wheels as the ADCS board says."""
        self.duty_permille = answer.duty_permille if answer.duty_permille < 1000 else 1000
        if self.duty_permille > 0:
            self.torquers.drive(answer.dipole_counts)
        self.wheels.drive(answer.wheel_torque_counts, self.switches & EPS_SWITCH_WHEELS != 0, self.wheel_torque_nm)

    def cut_outputs(self, board: str) -> None:
        """What a board ("adcs" or "eps") drives stops: it has lost its power."""
        cdef AdcsActuationC nothing
        memset(&nothing, 0, sizeof(nothing))
        if board == "adcs":
            self.put_in_force(&nothing)
        else:
            self.switches = 0

    cdef int adcs_cycle(self, int64_t t_ns) except -1:
        """Sample the ADCS board's devices, trigger its cycle, put its actuation in force."""
        cdef const TruthRecord* truth = self.physics.truth
        cdef AdcsStimulusC stimulus
        cdef AdcsActuationC answer
        memset(&stimulus, 0, sizeof(stimulus))
        stimulus.board_time_ns = self.adcs.board_ns(t_ns)
        stimulus.bus_octets = self.adcs.bus_octets()
        self.gyro.sample(truth, stimulus.gyro_counts)
        self.magnetometer.sample(truth, self.torquers.last_b_am2, self.torquers.stuck_b_am2, self.duty_permille >= 1000,
                                 stimulus.mag_counts)
        self.sun_sensors.sample(truth, stimulus.css_counts)
        self.wheels.sample(truth, stimulus.wheel_counts)
        if self.adcs.exchange(&stimulus, AdcsStimulus_END, &answer, AdcsActuation_END):
            self.put_in_force(&answer)
        return 0

    cdef int eps_cycle(self, int64_t t_ns) except -1:
        """Read the gauges, trigger the EPS board's cycle, put its switches in force."""
        cdef EpsStimulusC stimulus
        cdef EpsActuationC answer
        memset(&stimulus, 0, sizeof(stimulus))
        stimulus.board_time_ns = self.eps.board_ns(t_ns)
        stimulus.bus_octets = self.eps.bus_octets()
        self.power.sample(&stimulus)
        if self.eps.exchange(&stimulus, EpsStimulus_END, &answer, EpsActuation_END):
            self.switches = answer.switches
        return 0

    cdef void unit_cycle(self, int64_t t_ns) noexcept nogil:
        """Let the units measure, and put what has arrived by now on their links."""
        cdef uint8_t frame[FRAME_CAPACITY]
        cdef const StarTrackerReportC* report
        cdef const uint8_t* message
        cdef size_t length
        self.star_tracker.sample(self.physics.truth)
        self.gnss.sample(self.physics.truth)
        report = self.star_tracker.due(t_ns)
        while report is not NULL:
            length = frame_encode(
                frame, APID_STAR_TRACKER, 0, self.star_tracker_seq, <const uint8_t*>report, StarTrackerReport_END)
            self.star_tracker_seq = (self.star_tracker_seq + 1) & 0x3FFF
            self.devices.star_tracker_flags = report.flags
            self.star_tracker_link.put(frame, <int>length)
            report = self.star_tracker.due(t_ns)
        message = self.gnss.due(t_ns)
        while message is not NULL:
            self.gnss_link.put(message, UBX_PVT_OCTETS)
            message = self.gnss.due(t_ns)

    cdef void report(self, int64_t t_ns) noexcept nogil:
        """Refresh the devices' record."""
        cdef DeviceRecord* out = self.devices
        cdef int k
        out.t_ns = t_ns
        for k in range(3):
            out.gyro_bias_s_radps[k] = self.gyro.share(0) * self.gyro.bias[k] + self.gyro.walk[k]
        memcpy(out.dipole_driven_b_am2, self.torquers.driven_b_am2, sizeof(out.dipole_driven_b_am2))
        memcpy(out.dipole_residual_b_am2, self.torquers.residual_b_am2, sizeof(out.dipole_residual_b_am2))
        out.state_of_charge = self.power.soc
        out.bus_voltage_v = self.power.bus_v
        out.battery_current_a = self.power.current_a
        out.array_power_w = self.power.array_w
        out.load_power_w = self.power.load_w
        out.battery_temperature_k = self.power.temp_k
        out.switches = self.switches
        if self.star_tracker.silent or self.star_tracker.dead:
            out.star_tracker_flags = 0
