# The world behind sim:// links: truth, devices and units in lock-step with the boards. Users: sim/spacecraft/spacecraft.py.

from libc.stdint cimport int64_t, uint8_t, uint16_t

from firmware_bindings._host cimport HostBoard
from hal_link_state cimport FRAME_CAPACITY, FrameStream
from sim.devices._model cimport DeviceModel, Surroundings
from sim.physics._physics cimport Physics

cdef enum:
    UNIT_CAPACITY = 4096         # octets that a unit's link holds for its reader
    OUTAGES = 32
    BOARD_DEVICES = 48           # most devices on one board
    PAYLOAD = 256                # octets of the longest stimulus or actuation
    PAYLOAD_WORDS = 32           # the same in words of 8


cdef struct BoardClock:
    double drift                 # rate error: board time gains this much a second
    int64_t offset_ns            # board time at mission time 0


cdef struct Silence:
    int device                   # which of the world's devices
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
    cdef object line             # a sim.spacecraft.lockstep.StimulusLine to wherever it runs
    cdef bint runs               # in real time: the answer is collected later (sim.spacecraft.real_time.RealTimeLine)
    cdef bint asked              # and an answer is owed,
    cdef int64_t asked_ns        # to the stimulus of this board time
    cdef BoardClock time
    cdef uint16_t apid           # of the stimulus; the answer's is one more
    cdef uint16_t count          # packet counter
    cdef FrameStream stream
    cdef uint8_t payload[PAYLOAD]    # of the newest answer
    cdef int payload_size
    cdef readonly str name       # of the board
    cdef int64_t period_ns
    cdef int64_t next_ns         # time of its next cycle
    cdef int stimulus_size, answer_size, bus_at, duty_at     # of the payloads, and octets at which fields begin; -1: none
    cdef int bare_size           # of the answer of a board without configuration, which has no outputs
    cdef tuple devices           # on this board
    cdef int reads[BOARD_DEVICES]    # octet of the stimulus at which a device's channels begin, -1: none
    cdef int drives[BOARD_DEVICES]   # the same, of the actuation

    # Put in force what the board answers.
    cdef int drive(self, const uint8_t* answer, Surroundings* around) except -1

    # Send one stimulus; fill `answer` (`answer_size` octets) and return 1, or return 0 without an answer.
    cdef int exchange(self, const void* stimulus, int size, void* answer, int answer_size) except -1
    cdef int exchange_line(self, const uint8_t* frame, size_t length, int64_t time_ns, int answer_size) except -1
    # In real time: fill `answer` and return 1 when the answer to the newest stimulus has come since; else 0.
    cdef int collect(self, void* answer, int answer_size) except -1
    cdef int ask(self, const uint8_t* frame, size_t length, int64_t time_ns) except -1
    cdef int take(self, const uint8_t* octets, size_t size, int64_t time_ns, int answer_size) noexcept nogil
    cdef uint16_t bus_octets(self) except? 0xFFFF        # put on the board's bus so far
    cdef int64_t board_ns(self, int64_t t_ns) noexcept nogil


cdef class SpacecraftKernel:
    cdef readonly Physics physics
    cdef readonly dict devices       # all models, by name, in the order of the vehicle's list
    cdef tuple models                # the same
    cdef tuple link_models           # those on links of their own,
    cdef tuple links_of_models       # and the UnitLink of each; None: it has its own
    cdef tuple scripted              # those that are written in Python
    cdef tuple ports                 # of all boards; the first sets the cycle
    cdef dict ports_by_name
    cdef Surroundings around
    cdef Silence silences[OUTAGES]
    cdef int silence_count
    cdef int64_t period_ns
    cdef int64_t now_ns          # mission time reached
    cdef int64_t cycle_ns        # time of the next board cycle
    cdef int64_t truth_ns        # time of the truth

    cdef int cycle(self, int64_t t_ns) except -1
    cdef int advance_truth(self, int64_t t_ns) except -1
    cdef int switch_devices(self, int64_t t_ns) except -1
    cdef int collect_answers(self) except -1
    cdef int board_cycle(self, StimulusPort port, int64_t t_ns) except -1
    cdef int link_cycle(self, int64_t t_ns) except -1
    cdef int report(self) except -1
