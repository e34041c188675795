# The GNSS receiver: only its record is written here, octets go to Python. Users: hal/drivers/gnss.py.
from hal_samples cimport GnssSample
from hal.drivers._driver cimport Driver

cdef class Gnss(Driver):
    cdef GnssSample* solution
