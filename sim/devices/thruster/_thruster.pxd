# Thrusters on one tank.

from libc.stdint cimport int64_t

from sim.devices._model cimport DeviceModel
from sim.physics._actuation cimport Actuation
from sim_devices_thruster_records cimport ThrusterTruth

cdef enum:
    NOZZLES = 16                     # hal.devices.thruster.kind.MAX_THRUSTERS


cdef class Thrusters(DeviceModel):
    cdef ThrusterTruth* out
    cdef int count
    cdef bint liquid
    cdef double position_b_m[NOZZLES][3]
    cdef double force_b[NOZZLES][3]      # declared direction
    cdef double turn[NOZZLES][2]         # turn-on misalignment about two axes across it [rad]
    cdef double scale_error[NOZZLES]
    cdef double true_force_b[NOZZLES][3] # with the errors that are on, magnitude 1 + scale error
    cdef double thrust_n[NOZZLES]
    cdef double pulse_s[NOZZLES]         # commanded for the next cycle
    cdef double full_kg, full_pa, ullage, exhaust_mps, pulse_min_s, pulse_count_s, pressure_count_pa, noise, valve_w
    cdef double propellant_kg
    cdef double load_mean_w              # of the last cycle
    cdef double impulse_ns
    cdef double mean_b_n[3]              # over the last cycle
    cdef double open_share
    cdef unsigned int open_valves        # by faults: one bit each
    cdef unsigned int closed_valves

    cdef double pressure(self) noexcept nogil
    # How long the valve of a nozzle is open in a cycle of dt_ns.
    cdef int64_t open_ns(self, int nozzle, int64_t dt_ns) noexcept nogil
    cdef void push(self, Actuation* actuation, int nozzle, int64_t open_ns, double ratio, double noise) noexcept nogil
