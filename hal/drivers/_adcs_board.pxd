# The ADCS board: whatever devices its layout says (hal/devices/layout.py). Users: hal/drivers/adcs_board.py.
from libc.stdint cimport int64_t, uint8_t

from hal_samples cimport ActuatorCommand, Sample
from hal_wire cimport MAX_GROUPS, MAX_INPUTS, MAX_OUTPUTS, READINGS_MAX, SensorsHead
from hal.drivers._board cimport Board

cdef enum:
    MAX_VALUES = READINGS_MAX // 2

# One device's values in a packet: those that the board reads, or (`told`) what it drives.
cdef struct Group:
    Sample* head
    double* values           # of the sample, in SI
    int64_t* dt_ns           # of a sample of increments, which add up; NULL for others
    int type                 # hal.wire.CountType
    int at                   # octet of the payload
    int count
    int first                # of `scale` and `largest`
    bint told

# One device's outputs.
cdef struct Drive:
    const double* values     # of the command, in SI
    int type                 # hal.wire.OutputType
    int count
    int first                # of `count_worth` and `limit`

cdef class AdcsBoard(Board):
    cdef Group[2 * MAX_INPUTS] groups
    cdef Drive[MAX_GROUPS] drives
    cdef double[MAX_VALUES] scale            # what a count is worth, and the largest magnitude, of all groups
    cdef double[MAX_VALUES] largest
    cdef double[MAX_OUTPUTS] count_worth     # of all drives
    cdef int[MAX_OUTPUTS] limit
    cdef int group_count, drive_count, outputs
    cdef size_t whole_size, read_size        # of SENSORS: all of it, and what a board without configuration sends
    cdef object layout                       # hal.devices.layout.Layout
    cdef const ActuatorCommand* actuators
    cdef int hold_readings(self, object pool, str device, object readings) except -1
    cdef int hold_told(self, object pool, str device, object outputs) except -1
    cdef int hold_drive(self, object pool, object record, object outputs) except -1
    cdef Group* add_group(self, object pool, str name, str counts, int count) except NULL
    cdef bint sound(self) noexcept
    cdef void take_group(self, const Group* group, const uint8_t* counts, int64_t interval_ns) noexcept
