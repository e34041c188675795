# Numbers of devices (`fsw.health.devices.Device`) by their place in the vehicle file.
from fsw_health_devices cimport (
    DEVICE_STAR_TRACKER, DEVICE_STAR_TRACKER_1, DEVICE_SUN_SENSOR_0, DEVICE_SUN_SENSOR_5, DEVICE_SUN_SENSOR_6,
)


cdef inline int tracker_device(int k) noexcept nogil:
    """The number of star tracker k, from 0 in the order of the vehicle file."""
    return DEVICE_STAR_TRACKER if k == 0 else DEVICE_STAR_TRACKER_1


cdef inline int cell_device(int k) noexcept nogil:
    """The number of coarse Sun sensor k, from 0 in the order of the vehicle file: the first six end before the wheels."""
    cdef int first = DEVICE_SUN_SENSOR_5 - DEVICE_SUN_SENSOR_0 + 1
    return DEVICE_SUN_SENSOR_0 + k if k < first else DEVICE_SUN_SENSOR_6 + k - first
