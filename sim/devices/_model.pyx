"""The interface of all device models, shipped ones and those of other packages."""

from __future__ import annotations

from hal.errors import InputError
from hal.extension_loading import RAISED, words
from hal.handle import Memory

from sim.devices._device cimport Device, take
from sim.physics._actuation cimport Action, add_action, begin

from sim.devices._device import bits_of, plain_of
from sim.physics.actuation import Action as PythonAction


MOST_LOADS = LOADS

cdef extern from "Python.h":
    ctypedef struct PyTypeObject:
        Py_ssize_t tp_basicsize
        unsigned long tp_flags
        PyTypeObject* tp_base
    PyTypeObject* Py_TYPE(object)
    unsigned long Py_TPFLAGS_HEAPTYPE


class ModelError(InputError, RuntimeError):
    """A model in Python raised an exception: what flies from there on is no truth."""


def is_plain(value: object) -> bool:
    """Whether a value is plain data of `hal.saved`."""
    if isinstance(value, (tuple, list)):
        return all(map(is_plain, value))
    if isinstance(value, dict):
        return all(is_plain(k) and is_plain(v) for k, v in value.items())
    return value is None or isinstance(value, (bool, int, float, str, bytes))


cdef class TruthKeeper(Kernel):
    """The record of what is true of the device `name`."""

    def __init__(self, record: object, name: str) -> None:
        self.record, self.name = record, name

    cdef int attach(self, pool) except -1:
        self.memory = self.hold(pool.handle(self.name), self.record.__module__, self.record.__name__)
        return 0

    def array(self):
        """The record as a zero-dimensional structured array: a view."""
        self.check()
        return self.handles[0].array


cdef class DeviceModel(Device):
    """Base of all models of devices.

    A class declares `TRUTH`, the record of what is true of the device (None: nothing that the truth does not say);
    `ACTIONS` and `LOADS`, how many actions and switched loads it adds in a cycle at most.
    """

    TRUTH = None
    ACTIONS = 0
    LOADS = 0

    def __init__(self, name: str, seed: int, errors: object = None) -> None:
        """`errors`: an object with one boolean attribute for each name in `ERRORS`; None switches all on."""
        Device.__init__(self, name, seed, errors)
        if self.TRUTH is not None:
            self.records = Memory({name: self.TRUTH})
            self.keeper = TruthKeeper(self.TRUTH, name)
            self.keeper.bind(self.records)
            self.keep(self.keeper.memory)

    def save(self):
        """Return the whole state, as plain data (`hal.saved`).

        The fields of a compiled class are plain numbers, but for the pointer that `keep` sets: they are one block.
        """
        cdef size_t size
        cdef void* own = self.fields(&size)
        self.keep(NULL)
        state = Device.save(self) | {"own": (<char*>own)[:size]}
        self.keep(NULL if self.keeper is None else self.keeper.memory)
        if self.keeper is not None:
            state["truth"] = self.truth.tobytes()
        return state

    def restore(self, state):
        """Continue from what a device with the same arguments saved; raise `SavedError` when it does not fit."""
        cdef size_t size
        cdef void* own = self.fields(&size)
        take(own, size, state["own"])
        self.keep(NULL if self.keeper is None else self.keeper.memory)
        if self.keeper is not None:
            take(self.keeper.memory, self.truth.nbytes, state["truth"])
        Device.restore(self, state)

    cdef void* fields(self, size_t* size) noexcept:
        """The fields that a compiled class adds to those of this one."""
        cdef PyTypeObject* type = Py_TYPE(self)
        while type.tp_flags & Py_TPFLAGS_HEAPTYPE:  # a class of Python's, whose attributes are elsewhere
            type = type.tp_base
        size[0] = type.tp_basicsize - (<PyTypeObject*>DeviceModel).tp_basicsize
        return <char*><void*>self + (<PyTypeObject*>DeviceModel).tp_basicsize

    @property
    def truth(self):
        """What is true of the device: a zero-dimensional structured array, a view; None when it has none."""
        return None if self.keeper is None else self.keeper.array()

    def actions_of(self, dt_ns: int) -> list[object]:
        """Let it act in a cycle of `dt_ns` without a world, and return its actions: for tests and tools."""
        cdef Actuation actuation
        begin(&actuation, dt_ns)
        self.act(&actuation)
        return [
            PythonAction(a.from_ns, a.to_ns, tuple([x for x in a.force_b_n]), tuple([x for x in a.torque_b_nm]),
                         tuple([x for x in a.dipole_b_am2]), a.mass_flow_kgps)
            for a in actuation.actions[:actuation.count]
        ]

    cdef void keep(self, void* record) noexcept:
        pass

    cdef void act(self, Actuation* actuation) noexcept nogil:
        pass

    cdef void load(self, const TruthRecord* truth, Surroundings* around) noexcept nogil:
        pass

    cdef void advance(self, double dt_s, const TruthRecord* truth, const Surroundings* around) noexcept nogil:
        pass

    cdef void show(self, Surroundings* around) noexcept nogil:
        pass

    cdef void sample(self, const TruthRecord* truth, const Surroundings* around, void* channels) noexcept nogil:
        pass

    cdef void drive(self, const void* channels, int duty_permille, Surroundings* around) noexcept nogil:
        pass

    cdef void measure(self, const TruthRecord* truth) noexcept nogil:
        pass

    cdef int due(self, int64_t t_ns, uint8_t* message) noexcept nogil:
        return 0

    cdef void report(self) noexcept nogil:
        pass

    cdef void add_switched(self, Surroundings* around, double power_w) noexcept nogil:
        if around.loads < LOADS:
            around.switched_w[around.loads] = power_w
            around.loads += 1


cdef class ScriptedModel(DeviceModel):
    """Base of models that are written in Python.

    `cycle(truth)` is called in each cycle of the world, after the truth has advanced; `truth` is the record
    (`sim.physics.records.TruthRecord`), a view. `actions(dt_ns)` returns what it does in the next cycle, at most `ACTIONS`
    of `sim.physics.actuation.Action`.
    """

    def cycle(self, truth) -> None:
        """Do what is due at the truth's time; this class does nothing."""

    def actions(self, dt_ns: int):
        """Return the actions of the next cycle, of `dt_ns`; this class has none."""
        return ()

    def save(self):
        """Return the state as plain data: the random stream `rng`, and all attributes that are plain data."""
        plain = {name: value for name, value in vars(self).items() if is_plain(value)}
        stream = plain_of(self.rng.bit_generator) if hasattr(self, "rng") else None
        return DeviceModel.save(self) | {"attributes": plain, "rng": stream}

    def restore(self, state):
        """Continue from what a model with the same arguments saved."""
        for name, value in state["attributes"].items():
            setattr(self, name, value)
        if state["rng"] is not None:
            self.rng.bit_generator.state = bits_of(state["rng"])
        DeviceModel.restore(self, state)

    cdef void* fields(self, size_t* size) noexcept:
        size[0] = 0
        return NULL

    def raise_failure(self) -> None:
        """Raise `ModelError` for what one of its methods raised since the last call."""
        failure, self.failure = self.failure, None
        if isinstance(failure, RAISED):
            raise ModelError(f"device {self.name}: {type(self).__name__} raised {words(failure)}") from failure
        if failure is not None:
            raise failure

    cdef void measure(self, const TruthRecord* truth) noexcept nogil:
        with gil:
            try:
                self.cycle(self.view)
            except BaseException as error:  # an exit() here would end the process
                self.failure = error

    cdef void act(self, Actuation* actuation) noexcept nogil:
        with gil:
            if self.ACTIONS == 0:
                return
            try:
                self.add_actions(actuation)
            except BaseException as error:  # an exit() here would end the process
                self.failure = error

    cdef int add_actions(self, Actuation* actuation) except -1:
        """Take over the actions of the next cycle."""
        cdef Action* action
        cdef int i
        found = self.actions(actuation.dt_ns)
        if len(found) > self.ACTIONS:
            raise ValueError(f"{self.name}: found {len(found)} actions in a cycle, expected at most {self.ACTIONS}")
        for a in found:
            action = add_action(actuation, a.from_ns, a.to_ns)
            for i in range(3):
                action.force_b_n[i] = a.force_b_n[i]
                action.torque_b_nm[i] = a.torque_b_nm[i]
                action.dipole_b_am2[i] = a.dipole_b_am2[i]
            action.mass_flow_kgps = a.mass_flow_kgps
        return 0
