# The EPS board: load switches out, battery and array samples in. Users: hal/drivers/eps_board.py.
from libc.stdint cimport uint16_t

from hal_samples cimport EpsSample
from hal.drivers._board cimport Board

cdef struct EpsRange:             # what is out of range
    double voltage_low_v, voltage_high_v
    double array_power_high_w

cdef class EpsBoard(Board):
    cdef EpsRange limits
    cdef EpsSample* eps
    cdef const uint16_t* switches
