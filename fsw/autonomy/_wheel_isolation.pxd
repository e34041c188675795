# Isolation of wheels.
from fsw.autonomy._judgement cimport Scene

# Commanded torque and friction against the change of the tachometers.
cdef void watch_wheels(const Scene* it) noexcept nogil
