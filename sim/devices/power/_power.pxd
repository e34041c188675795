# Battery, solar arrays and loads.

from libc.stdint cimport uint16_t

from sim.devices._model cimport DeviceModel, Surroundings
from sim_devices_power_records cimport PowerTruth
from sim_physics_records cimport TruthRecord

cdef enum:
    ARRAYS = 16                  # hal.devices.power.kind.MAX_ARRAYS


cdef class Power(DeviceModel):
    cdef PowerTruth* out
    cdef int arrays
    cdef double normal_b[ARRAYS][3]
    cdef double array_full_w[ARRAYS]
    cdef double array_share[ARRAYS]  # what faults left of each panel, 0 to 1
    cdef double capacity_full_c  # as built [C]
    cdef double capacity_c       # charge that a full battery holds [C]
    cdef double efficiency       # share of charging current that is stored
    cdef double resistance_ohm
    cdef double empty_v
    cdef double span_v
    cdef double base_w
    cdef double radio_w
    cdef double payload_w
    cdef double wheels_w
    cdef double gauge_error      # turn-on error of the gauge's state of charge
    cdef double soc              # true state of charge, 0 to 1
    cdef double temp_k
    cdef double bus_v
    cdef double current_a        # battery, positive charging
    cdef double array_w
    cdef double load_w

    cdef uint16_t switches       # in force

    # Array and load power at this instant.
    cdef void flows(self, const TruthRecord* truth, const Surroundings* around) noexcept nogil
