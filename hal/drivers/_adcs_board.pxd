# The ADCS board: gyro, magnetometer, coarse Sun sensors, wheels and torquers. Users: hal/drivers/adcs_board.py.
from libc.stdint cimport int64_t, uint8_t

from hal_samples cimport ActuatorCommand, CssSample, GyroSample, MagSample, TorquerSample, WheelSample
from hal_wire cimport AdcsSensors
from hal.drivers._board cimport Board

cdef struct AdcsScale:            # what a count is worth, and what is out of range; unused places are 0
    double gyro_count_rad, gyro_range_radps
    double mag_count_tesla, mag_range_tesla
    double css_range
    double[6] css_count
    double[4] speed_count_radps, speed_range_radps
    double[4] torque_count_nm
    double[3] dipole_count_am2
    int[4] torque_limit_counts
    int[3] dipole_limit_counts
    int sun_sensors, wheels, torquers

cdef class AdcsBoard(Board):
    cdef AdcsScale scale
    cdef const ActuatorCommand* actuators
    cdef GyroSample* gyro
    cdef MagSample* mag
    cdef CssSample* css
    cdef WheelSample* wheel
    cdef TorquerSample* torquer
    cdef void set_head(self, void* sample, bint valid) noexcept
    cdef void take_gyro(self, const AdcsSensors* packet, int64_t interval_ns) noexcept
    cdef void take_mag(self, const AdcsSensors* packet) noexcept
    cdef void take_cells(self, const AdcsSensors* packet) noexcept
    cdef void take_wheels(self, const AdcsSensors* packet) noexcept
    cdef void take_torquers(self, const AdcsSensors* packet) noexcept
