# An extension unit: its octets go to Python, its exceptions stay here. Users: hal/drivers/unit.py.
from hal.drivers._driver cimport Driver

cdef class Unit(Driver):
    cdef bint writes                 # it has octets for its unit: it is asked in every exchange
