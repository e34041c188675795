# A board compiled for the host; see firmware_bindings/_host.pxd (kernels) and firmware_bindings/host.py (users).
from cpython.buffer cimport PyBUF_SIMPLE, PyBuffer_Release, PyObject_GetBuffer
from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from libc.stdint cimport uint32_t
from libc.string cimport memcpy, memset

from hal.links.link import LinkError
from hal.saved import SavedError, require_size
from hal.wire import BoardKind, ResetReason

cdef extern from "host.h" nogil:
    ctypedef struct Board:
        pass
    ctypedef size_t BusSource(void* context, uint32_t limit_ms, uint8_t* octets, size_t capacity) noexcept
    ctypedef enum PortId:
        PORT_BUS
        PORT_STIMULUS
    bint host_start(Board* board, uint8_t kind, uint8_t reset_reason)
    void host_write(Board* board, PortId port, const uint8_t* octets, size_t size)
    void host_bus_source(Board* board, BusSource* source, void* context)
    void host_hang(Board* board)
    void host_power_off(Board* board)
    size_t host_board_size()
    void host_save(const Board* board, void* state)
    bint host_restore(Board* board, const void* state)
    bint host_flip_bit(Board* board, size_t octet, unsigned int bit)
    size_t host_pending(const Board* board, PortId port)
    size_t host_read(Board* board, PortId port, uint8_t* octets, size_t capacity)
    bint host_sanitized()


cdef class _Memory:
    """The memory of one board."""

    cdef Board board

    def __cinit__(self):
        memset(&self.board, 0, sizeof(self.board))


cdef class HostPort:
    """One port of a board as a `ByteLink`: `write(octets)`, `read()`, `close()`; never blocks."""

    def __cinit__(self):
        self.closed = True

    def __init__(self):
        raise TypeError("a HostPort is made by HostBoard: use HostBoard(kind).bus or .stimulus")

    def write(self, octets):
        """Give octets (bytes-like) to the board, which handles them at once; raise `LinkError` when closed."""
        cdef Py_buffer view
        if self.closed:
            raise LinkError("board port: write on a closed link")
        if type(octets) is bytes:
            host_write(
                <Board*>self.board, <PortId>self.port,
                <const uint8_t*>PyBytes_AS_STRING(octets), PyBytes_GET_SIZE(octets),
            )
            return
        PyObject_GetBuffer(octets, &view, PyBUF_SIMPLE)
        host_write(<Board*>self.board, <PortId>self.port, <const uint8_t*>view.buf, view.len)
        PyBuffer_Release(&view)

    def read(self):
        """Everything that the board sent since the last call, `b""` if nothing; raise `LinkError` when closed."""
        cdef size_t size
        cdef bytes octets
        if self.closed:
            raise LinkError("board port: read on a closed link")
        size = host_pending(<Board*>self.board, <PortId>self.port)
        if size == 0:
            return b""
        octets = PyBytes_FromStringAndSize(NULL, size)
        host_read(<Board*>self.board, <PortId>self.port, <uint8_t*>PyBytes_AS_STRING(octets), size)
        return octets

    def close(self):
        """Close this end; the board itself runs on."""
        self.closed = True


cdef HostPort _port(_Memory memory, PortId which):
    cdef HostPort port = HostPort.__new__(HostPort)
    port.memory = memory
    port.board = &memory.board
    port.port = which
    port.closed = False
    return port


cdef size_t _from_source(void* context, uint32_t limit_ms, uint8_t* octets, size_t capacity) noexcept with gil:
    """Ask the board's bus source; what it raises is printed and counts as nothing."""
    cdef bytes found = (<HostBoard>context).bus_source(limit_ms, capacity)
    cdef size_t size = min(<size_t>len(found), capacity)
    memcpy(octets, <const uint8_t*>PyBytes_AS_STRING(found), size)
    return size


cdef class HostBoard:
    """A board that runs our firmware on the host: two ports of octets and a reset line."""

    def __cinit__(self, kind):
        cdef _Memory memory = _Memory()
        self.kind = BoardKind(kind)
        self.memory = memory
        self.board = &memory.board
        self.bus = _port(memory, PORT_BUS)
        self.stimulus = _port(memory, PORT_STIMULUS)
        if not host_start(&memory.board, self.kind, ResetReason.POWER_ON):
            raise ValueError(f"board kind {kind!r}: firmware_bindings/boards has no such board")

    def reset(self, reason=ResetReason.EXTERNAL):
        """Reset the board for `reason` (`hal.wire.ResetReason`), which also ends a hang and gives power again.

        It forgets everything but its time, and sends BOOT on the bus; octets it sent before can still be read.
        """
        host_start(<Board*>self.board, self.kind, ResetReason(reason))

    def hang(self):
        """Stop the main loop: the board takes octets and does nothing, until its watchdog resets it by board time."""
        host_hang(<Board*>self.board)

    def power_off(self):
        """Remove the board's power: its memory and its unread octets are lost, and it is silent."""
        host_power_off(<Board*>self.board)

    def power_on(self):
        """Restore the board's power: it starts as after `HostBoard(kind)`."""
        host_start(<Board*>self.board, self.kind, ResetReason.POWER_ON)

    def flip_bit(self, octet, bit):
        """Invert bit `bit` (0 to 7) of octet `octet` of its `BoardState`; raise `IndexError` beyond its end."""
        if octet < 0 or bit < 0 or not host_flip_bit(<Board*>self.board, octet, bit):
            raise IndexError(f"octet {octet}, bit {bit}: not in the memory of this board")

    def save(self):
        """Return all that the board remembers, unread octets included, as octets (`hal.saved`)."""
        octets = PyBytes_FromStringAndSize(NULL, host_board_size())
        host_save(<Board*>self.board, PyBytes_AS_STRING(octets))
        return octets

    def restore(self, state):
        """Continue from what a board of the same kind saved; raise `SavedError` when it does not fit."""
        require_size(f"board {self.kind.name}", state, host_board_size())
        if not host_restore(<Board*>self.board, PyBytes_AS_STRING(state)):
            raise SavedError(f"board {self.kind.name}: found the state of another kind of board")

    def wait_for_bus_with(self, source):
        """Let the board wait for bus octets that a stimulus announces: `source(limit_ms, capacity) -> bytes`.

        It is called while a stimulus is handled; it waits at most `limit_ms` of wall time for some octets, and returns
        at most `capacity` of them, `b""` when none came. Without a source the board does not wait.
        """
        self.bus_source = source
        host_bus_source(<Board*>self.board, _from_source, <void*>self)

    cdef int stimulus_exchange(
        self, const uint8_t* octets, size_t size, uint8_t* answer, size_t capacity,
    ) noexcept nogil:
        host_write(<Board*>self.board, PORT_STIMULUS, octets, size)
        return <int>host_read(<Board*>self.board, PORT_STIMULUS, answer, capacity)


def sanitized():
    """Whether this board was compiled under the address sanitizer (`make sanitize`)."""
    return host_sanitized()
