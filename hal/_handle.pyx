"""Kernel side of hal.handle: the one module that turns memory into typed pointers."""

from cpython.buffer cimport (
    PyBUF_C_CONTIGUOUS, PyBUF_FORMAT, PyBUF_WRITABLE, PyBuffer_Release, PyObject_GetBuffer,
)
from cpython.pycapsule cimport PyCapsule_New
from libc.stdint cimport int64_t

from hal.record import C_TYPES


class UnboundError(RuntimeError):
    """A kernel was used before `bind(pool)`."""


cdef class Handle:
    """See `hal.handle`."""

    def __init__(self, record, str name not None, array not None):
        expected = "<" + record if record in C_TYPES else record.dtype()
        if array.dtype != expected:
            raise TypeError(f"{name}: found an array of {array.dtype}, expected {kind_of(record)}")
        if array.ndim > 1 and not array.flags.c_contiguous:
            raise TypeError(f"{name}: found an array with gaps, expected a contiguous one")
        self.record, self.name, self._array = record, name, array
        self.count = array.size
        self.stride = array.strides[0] if array.ndim == 1 else array.itemsize
        self.begin = <char*><size_t>array.ctypes.data

    def __repr__(self):
        return f"Handle({kind_of(self.record)}, {self.name!r}, count={self.count}, stride={self.stride})"

    @property
    def array(self):
        """The memory as a NumPy array: for its owner, and for readers in Python."""
        return self._array

    def field(self, str name not None):
        """Return a handle on a field of this record; raise `TypeError` when it has no such field."""
        fields = getattr(self.record, "fields", ())
        for f in fields:
            if f.name == name:
                return Handle(f.kind, f"{self.name}.{name}", self._array[name])
        raise TypeError(f"{self.name}: {kind_of(self.record)} has no field {name!r}")


cdef str kind_of(record):
    return record if isinstance(record, str) else record.__name__


cdef class Kernel:
    """Base of all kernels that work on records of a pool in place: they are bound to it before their first step."""

    def bind(self, pool):
        """Take the records from `pool`, whose `handle(name)` returns a `Handle`, and keep their memory alive.

        Raises `TypeError` when a name leads to another record than the kernel works on.
        """
        self.bound = False
        self.handles = []
        self.attach(pool)
        self.bound = True

    @property
    def bound_to(self):
        """The handles of the records that the kernel works on, in the order in which it took them; () before `bind`."""
        return tuple(self.handles) if self.bound else ()

    cdef int attach(self, pool) except -1:
        raise TypeError(f"{type(self).__name__} has no records to bind")

    cdef void* hold(self, Handle handle, str module, str record) except NULL:
        for cls in getattr(handle.record, "__mro__", ()):
            if cls.__name__ == record and cls.__module__ == module:
                self.handles.append(handle)
                return handle.begin
        raise TypeError(f"{type(self).__name__}: {handle.name!r} is {kind_of(handle.record)}, expected {record}")

    cdef void* hold_values(self, Handle handle, str kind, Py_ssize_t count) except NULL:
        if handle.record != kind or (count >= 0 and handle.count != count):
            raise TypeError(
                f"{type(self).__name__}: {handle.name!r} is {handle.count} of {kind_of(handle.record)}, "
                f"expected {count if count >= 0 else 'any number'} of {kind}"
            )
        self.handles.append(handle)
        return handle.begin

    cdef char* hold_octets(self, Handle handle, Py_ssize_t begin, Py_ssize_t octets) except NULL:
        if handle.count > 1 and handle.stride != handle._array.itemsize:
            raise TypeError(f"{type(self).__name__}: {handle.name!r} has gaps, expected octets that lie together")
        if not 0 <= begin <= begin + octets <= handle._array.nbytes:
            raise TypeError(
                f"{type(self).__name__}: octets {begin} to {begin + octets} of {handle.name!r}, "
                f"which has {handle._array.nbytes}"
            )
        self.handles.append(handle)
        return handle.begin + begin


cdef void* bind_record(Kernel kernel, pool, const char* key, name, const char* module, const char* record) except NULL:
    return kernel.hold(pool.handle(name if key is NULL else key.decode()), module.decode(), record.decode())


cdef extern from "hal/binding.h":
    const char* HAL_BINDER

binder = PyCapsule_New(<void*>bind_record, HAL_BINDER, NULL)  # for kernels of other modules


cdef int unbound(Kernel kernel) except -1:
    raise UnboundError(f"{type(kernel).__name__}: used before bind(pool)")


cdef double* doubles(object array, Py_ssize_t count) except NULL:
    return <double*>values(array, b"d", "doubles", count, PyBUF_WRITABLE)


cdef const double* const_doubles(object array, Py_ssize_t count) except NULL:
    return <const double*>values(array, b"d", "doubles", count, 0)


cdef const int64_t* const_int64s(object array, Py_ssize_t count) except NULL:
    return <const int64_t*>values(array, b"lq", "64-bit integers", count, 0)


cdef void* values(object array, bytes formats, str kind, Py_ssize_t count, int flags) except NULL:
    cdef Py_buffer view
    cdef void* begin
    PyObject_GetBuffer(array, &view, PyBUF_C_CONTIGUOUS | PyBUF_FORMAT | flags)
    try:
        if view.itemsize != 8 or view.format not in formats or (count >= 0 and view.len != 8 * count):
            raise TypeError(
                f"found {view.len // view.itemsize} of {view.format.decode()!r}, "
                f"expected {count if count >= 0 else 'any number of'} {kind}"
            )
        begin = view.buf
    finally:
        PyBuffer_Release(&view)  # the caller holds the array
    return begin
