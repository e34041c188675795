"""The base of all devices: a seeded random stream of their own, and error sources with named switches."""

from __future__ import annotations

import zlib

import numpy as np

from hal.saved import SavedError, require_size

from cpython.bytes cimport PyBytes_AS_STRING
from cpython.pycapsule cimport PyCapsule_GetPointer
from libc.math cimport rint
from libc.string cimport memcpy

from sim.physics._algebra cimport dcm

cdef extern from "numpy/random/distributions.h":
    double random_standard_normal(bitgen_t* stream) noexcept nogil


cdef int mount(object q_sb, double* c_sb) except -1:
    cdef double q[4]
    for k in range(4):
        q[k] = q_sb[k]
    dcm(q, c_sb)
    return 0


cdef int64_t to_counts(double value, double count, int64_t low, int64_t high) noexcept nogil:
    cdef double ratio = rint(value / count)
    if not ratio > <double>low:  # NaN reads as the lower end
        return low
    if ratio >= <double>high:
        return high
    return <int64_t>ratio


def stream_seed(seed: int, name: str) -> np.random.SeedSequence:
    """Seed of one device's stream: of the run's seed and the CRC-32 of its name, so that no device shifts another's."""
    return np.random.SeedSequence([seed, zlib.crc32(name.encode())])


cdef int take(void* memory, size_t size, bytes state) except -1:
    """Copy a block that was saved into the memory that it came from."""
    require_size("device", state, size)
    memcpy(memory, PyBytes_AS_STRING(state), size)
    return 0


def plain_of(bits: np.random.PCG64) -> dict[str, object]:
    """Return the state of a bit generator as plain data."""
    state = bits.state
    words = [state["state"][name].to_bytes(16, "little") for name in ("state", "inc")]
    return {"words": words, "has_uint32": state["has_uint32"], "uinteger": state["uinteger"]}


def bits_of(state: dict[str, object]) -> dict[str, object]:
    """Return what `plain_of` returned as the state of a bit generator."""
    number, increment = (int.from_bytes(word, "little") for word in state["words"])
    return {
        "bit_generator": "PCG64", "state": {"state": number, "inc": increment},
        "has_uint32": state["has_uint32"], "uinteger": state["uinteger"],
    }  # fmt: skip


cdef class Device:
    """Base of all devices.

    `ERRORS` names the error sources of a class. Random numbers are drawn whether or not a source is on, so switching
    one off leaves the others' numbers as they were.
    """

    ERRORS = ()

    def __init__(self, name: str, seed: int, errors: object = None) -> None:
        """`errors`: an object with one boolean attribute for each name in `ERRORS`; None switches all on."""
        self.name = name
        self.bits = np.random.PCG64(stream_seed(seed, name))
        self.stream = <bitgen_t*>PyCapsule_GetPointer(self.bits.capsule, "BitGenerator")
        self.on = 0
        for bit, error in enumerate(self.ERRORS):
            if errors is None or getattr(errors, error):
                self.on |= 1u << <unsigned int>bit

    @property
    def switches(self) -> dict[str, bool]:
        """State of each error source by name."""
        return {error: bool(self.on >> bit & 1) for bit, error in enumerate(self.ERRORS)}

    def switch(self, error: str, on: bool) -> None:
        """Switch one error source; raise `KeyError` for a name that is not in `ERRORS`."""
        if error not in self.ERRORS:
            raise KeyError(f"{self.name} has no error source {error!r}: expected one of {', '.join(self.ERRORS)}")
        cdef unsigned int mask = 1u << <unsigned int>self.ERRORS.index(error)
        self.on = self.on | mask if on else self.on & ~mask
        self.refresh()

    def save(self):
        """Return the whole state, as plain data (`hal.saved`): stream, switches, faults in force, and its own fields."""
        return {
            "bits": plain_of(self.bits), "on": self.on,
            "flags": (self.faulty, self.dead, self.without_power, self.disturbed), "stuck": self.stuck,
            "held": self.held, "zero": self.zero, "value": (<char*>self.value)[:sizeof(self.value)],
            "bias_fault": (<char*>self.bias_fault)[:sizeof(self.bias_fault)],
            "noise_fault": (<char*>self.noise_fault)[:sizeof(self.noise_fault)],
        }

    def restore(self, state):
        """Continue from what a device with the same arguments saved, after `disturb` with the same faults.

        Raises `SavedError` when it does not fit.
        """
        self.bits.state = bits_of(state["bits"])
        self.on = state["on"]
        self.faulty, self.dead, self.without_power, self.disturbed = state["flags"]
        self.stuck, self.held, self.zero = state["stuck"], state["held"], state["zero"]
        take(self.value, sizeof(self.value), state["value"])
        take(self.bias_fault, sizeof(self.bias_fault), state["bias_fault"])
        take(self.noise_fault, sizeof(self.noise_fault), state["noise_fault"])
        if self.fault_stream is NULL and any([self.noise_fault[k] != 0.0 for k in range(CHANNELS)]):
            raise SavedError(f"{self.name}: found noise of a fault, expected the fault to be in force")

    cdef double normal(self) noexcept nogil:
        return random_standard_normal(self.stream)

    def disturb(self, *, dead: bool = False, stuck: int = 0, zero: int = 0, bias: object = (), noise: object = (),
                bits: object = None) -> None:
        """Put faults in force (`sim/faults`), in place of all before.

        `dead`: gives nothing; `stuck`, `zero`: channels, one bit each, that stay at their next value or give 0; `bias`,
        `noise` (one a channel, SI): what is added to the physical value, and the standard deviation of more; `bits`:
        the bit generator that the noise is drawn from. The device's own stream is not touched.
        """
        self.dead = dead
        self.stuck, self.zero = stuck, zero
        self.held &= self.stuck
        for k in range(CHANNELS):
            self.bias_fault[k] = bias[k] if k < len(bias) else 0.0
            self.noise_fault[k] = noise[k] if k < len(noise) else 0.0
        if any(noise):
            self.fault_bits = bits
            self.fault_stream = <bitgen_t*>PyCapsule_GetPointer(bits.capsule, "BitGenerator")
        self.disturbed = dead or stuck or zero or any(bias) or any(noise)
        self.faulty = self.disturbed or self.without_power
        self.refresh()

    @property
    def silent(self) -> bool:
        """Whether it has no power: it gives nothing, and does nothing."""
        return self.without_power

    @silent.setter
    def silent(self, bint silent) -> None:
        if silent != self.without_power:
            self.without_power = silent
            self.faulty = self.disturbed or silent
            self.refresh()

    cdef double added(self, int channel) noexcept nogil:
        if self.noise_fault[channel] == 0.0:
            return self.bias_fault[channel]
        return self.bias_fault[channel] + self.noise_fault[channel] * random_standard_normal(self.fault_stream)

    cdef double shown(self, int channel, double value, double rail) noexcept nogil:
        cdef unsigned int bit = 1u << <unsigned int>channel
        if self.dead or self.without_power:
            return rail
        if self.zero & bit:
            return 0.0
        if not self.stuck & bit:
            return value
        if not self.held & bit:
            self.held |= bit
            self.value[channel] = value
        return self.value[channel]

    cdef double share(self, unsigned int bit) noexcept nogil:
        return 1.0 if self.on >> bit & 1 else 0.0

    cdef void refresh(self) noexcept:
        pass

    def _draw(self, *shape: int) -> np.ndarray:
        """Standard normal array from this device's stream, for turn-on values."""
        values = np.empty(shape)
        cdef double[::1] flat = values.reshape(-1)
        cdef Py_ssize_t k
        for k in range(flat.shape[0]):
            flat[k] = self.normal()
        return values
