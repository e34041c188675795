"""The actuation application: the only writer of actuator commands and load switches."""

from __future__ import annotations

from collections.abc import Callable

from fsw.control import _actuate
from fsw.control.geometry import torquer_matrices
from fsw.core.pool import Pool
from hal.vehicle.vehicle import Vehicle


class Actuate:
    """Writes `CommandSection` every tick from `ControlSection`.

    The command is applied at the next exchange (`t_apply_ns`). Wheel torques and driven dipoles (the mean dipole over
    the duty, along each torquer's axis) are clamped to the devices' limits. `valid` is 0, with all outputs zero, in
    BOOT, in IDLE, when control did not run, and when a demand is not a finite number. In SAFE what flies is decided by
    the ADCS mode that the mode manager chooses: B-dot alone in DETUMBLE.

    Switches: the transmitter is always on, the wheels outside BOOT and IDLE, the payload in NOMINAL while the target
    is tracked; none that `FdirSection` holds off.
    """

    step: Callable[[], None]

    def __init__(self, pool: Pool, vehicle: Vehicle) -> None:
        kernel = _actuate.Actuate(vehicle, torquer_matrices(vehicle)[1])
        kernel.bind(pool)
        self.step = kernel.step
