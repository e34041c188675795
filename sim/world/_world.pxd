# The world behind sim:// links: truth, devices and units in lock-step with the boards. Users: sim/world/world.py.

from libc.stdint cimport int16_t, int64_t, uint8_t, uint16_t, uint32_t

from firmware_bindings._host cimport HostBoard
from hal._handle cimport Kernel
from hal_link_state cimport FRAME_CAPACITY, FrameStream
from hal_wire cimport AdcsActuation
from sim.devices._actuators cimport Torquers, Wheels
from sim.devices._gnss cimport Gnss
from sim.devices._gyro cimport Gyro
from sim.devices._magnetometer cimport Magnetometer
from sim.devices._power cimport Power
from sim.devices._star_tracker cimport StarTracker
from sim.devices._sun_sensors cimport SunSensors
from sim.physics._physics cimport Physics
from sim_devices_records cimport DeviceRecord

cdef enum:
    UNIT_CAPACITY = 4096         # octets that a unit's link holds for its reader
    OUTAGES = 32


cdef struct BoardClock:
    double drift                 # rate error: board time gains this much a second
    int64_t offset_ns            # board time at mission time 0


cdef struct Silence:
    int device                   # 0 star tracker, 1 GNSS
    int64_t start_ns
    int64_t end_ns


# A unit's link as a ByteLink; what the reader does not fetch is dropped by whole messages and counted.
cdef class UnitLink:
    cdef readonly str name
    cdef readonly long given     # messages, those dropped included
    cdef readonly long dropped
    cdef readonly long unread    # messages that wait
    cdef bint closed
    cdef int waiting
    cdef uint8_t octets[UNIT_CAPACITY]

    # Put one message into the reader's buffer.
    cdef void put(self, const uint8_t* message, int size) noexcept nogil


# The simulator's end of one board: gives stimulus frames, keeps the actuation of the newest answer.
cdef class StimulusPort:
    cdef readonly long missed    # stimuli without an answer
    cdef HostBoard board         # in this process, or
    cdef object line             # a sim.world.lockstep.StimulusLine to wherever it runs
    cdef bint runs               # in real time: the answer is collected later (sim.world.real_time.RealTimeLine)
    cdef bint asked              # and an answer is owed,
    cdef int64_t asked_ns        # to the stimulus of this board time
    cdef BoardClock time
    cdef uint16_t apid           # of the stimulus; the answer's is one more
    cdef uint16_t count          # packet counter
    cdef FrameStream stream
    cdef uint8_t payload[256]    # of the newest answer
    cdef int payload_size

    # Send one stimulus; fill `answer` (`answer_size` octets) and return 1, or return 0 without an answer.
    cdef int exchange(self, const void* stimulus, int size, void* answer, int answer_size) except -1
    cdef int exchange_line(self, const uint8_t* frame, size_t length, int64_t time_ns, int answer_size) except -1
    # In real time: fill `answer` and return 1 when the answer to the newest stimulus has come since; else 0.
    cdef int collect(self, void* answer, int answer_size) except -1
    cdef int ask(self, const uint8_t* frame, size_t length, int64_t time_ns) except -1
    cdef int take(self, const uint8_t* octets, size_t size, int64_t time_ns, int answer_size) noexcept nogil
    cdef uint16_t bus_octets(self) except? 0xFFFF        # put on the board's bus so far
    cdef int64_t board_ns(self, int64_t t_ns) noexcept nogil


cdef class WorldKernel(Kernel):
    cdef readonly Physics physics
    cdef readonly Gyro gyro
    cdef readonly Magnetometer magnetometer
    cdef readonly SunSensors sun_sensors
    cdef readonly StarTracker star_tracker
    cdef readonly Gnss gnss
    cdef readonly Wheels wheels
    cdef readonly Torquers torquers
    cdef readonly Power power
    cdef readonly StimulusPort adcs, eps
    cdef readonly UnitLink star_tracker_link, gnss_link
    cdef object cycle_models     # of extension units, called with the truth; None when there are none
    cdef object records          # hal.handle.Memory, which owns `devices`
    cdef DeviceRecord* devices
    cdef Silence silences[OUTAGES]
    cdef int silence_count
    cdef int64_t period_ns, eps_period_ns
    cdef int64_t now_ns          # mission time reached
    cdef int64_t cycle_ns        # time of the next board cycle
    cdef int64_t eps_cycle_ns
    cdef int64_t truth_ns        # time of the truth
    cdef double wheel_torque_nm[4]
    cdef int duty_permille
    cdef uint16_t switches
    cdef uint16_t star_tracker_seq

    cdef int cycle(self, int64_t t_ns) except -1
    cdef void advance_truth(self, int64_t t_ns) noexcept nogil
    cdef void switch_units(self, int64_t t_ns) noexcept nogil
    cdef int collect_answers(self) except -1
    cdef void put_in_force(self, AdcsActuation* answer) noexcept
    cdef int adcs_cycle(self, int64_t t_ns) except -1
    cdef int eps_cycle(self, int64_t t_ns) except -1
    cdef void unit_cycle(self, int64_t t_ns) noexcept nogil
    cdef void report(self, int64_t t_ns) noexcept nogil
