# A device as the world and the others of its satellite see it. A kind overrides what it has; the rest does nothing.

from libc.stdint cimport int64_t, uint8_t, uint16_t

from hal._handle cimport Kernel
from sim.devices._device cimport Device
from sim.physics._actuation cimport Actuation
from sim_physics_records cimport TruthRecord

cdef enum:
    LOADS = 64                     # of all devices behind switches, in a cycle; checked when a world is made
    MESSAGE_CAPACITY = 512         # octets of the longest message of a device on a link of its own


cdef struct Surroundings:          # what the devices of one satellite do to each other
    uint16_t switches              # load switches in force (hal.wire.EpsSwitch); all of them without a power device
    double load_w                  # of devices without a switch, mean of the cycle
    double switched_w[LOADS]       # of the others, one by one
    int loads
    double driven_b_am2[3]         # dipoles that are driven while sensors are sampled
    double left_b_am2[3]           # dipoles driven before, off by then
    double stuck_b_am2[3]          # dipoles that cannot be switched off


# Holds the record of what is true of one device.
cdef class TruthKeeper(Kernel):
    cdef readonly object record
    cdef readonly str name
    cdef void* memory


cdef class DeviceModel(Device):
    cdef readonly object records   # hal.handle.Memory with what is true of the device, by its name; or None
    cdef TruthKeeper keeper

    # Take the memory of the record, which is a `TRUTH`; NULL while the fields are saved.
    cdef void keep(self, void* record) noexcept

    # The fields that a compiled class adds: plain numbers, but for what `keep` sets.
    cdef void* fields(self, size_t* size) noexcept

    # In each cycle, in this order. All devices: add actions; then, when the truth has advanced over the cycle, add
    # loads to what is around; then advance what the device holds itself.
    cdef void act(self, Actuation* actuation) noexcept nogil
    cdef void load(self, const TruthRecord* truth, Surroundings* around) noexcept nogil
    cdef void advance(self, double dt_s, const TruthRecord* truth, const Surroundings* around) noexcept nogil

    # A device on a board, when that board's cycle comes: show the dipoles that sensors see; put raw counts into its
    # channels; take what the board commands, with the duty of the cycle.
    cdef void show(self, Surroundings* around) noexcept nogil
    cdef void sample(self, const TruthRecord* truth, const Surroundings* around, void* channels) noexcept nogil
    cdef void drive(self, const void* channels, int duty_permille, Surroundings* around) noexcept nogil

    # A device on a link of its own: measure; then give the messages that have arrived by `t_ns`, one a call (octets
    # in `message`, 0 when there is none).
    cdef void measure(self, const TruthRecord* truth) noexcept nogil
    cdef int due(self, int64_t t_ns, uint8_t* message) noexcept nogil

    # Write what is true of the device now.
    cdef void report(self) noexcept nogil

    # Add a load behind a switch.
    cdef void add_switched(self, Surroundings* around, double power_w) noexcept nogil


# A model that is written in Python: the kernel's calls lead to its methods, and what they raise waits in `failure`.
cdef class ScriptedModel(DeviceModel):
    cdef public object view        # the truth, for its methods
    cdef object failure

    cdef int add_actions(self, Actuation* actuation) except -1
